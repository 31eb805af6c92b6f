"""Owns real browsers as publishers: one headless Chromium, a page for each participant, all controls awaitable."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from roomtape.media import testpicture
from roomtape.media.testsignal import BEEP_HZ
from roomtape.simulate import whip
from tests.support.asgi import listening

EXECUTABLE = "/usr/bin/chromium"
FIXTURES = Path(__file__).parents[1] / "fixtures"
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream=fps=15",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    # Many pages publish at once, and only one can be in front.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
]
LACKING = ("WebRtcHideLocalIpsWithMdns", "WebUIOmniboxPopup", "WebUIOmniboxAimPopup")
"""Features of Chromium: with the first one candidates are mDNS names, which nobody resolves on a machine without mDNS.
The others are pages for the pop-ups of an address bar that nobody sees, half of what a start costs."""


@dataclass
class Publisher:
    """One page that publishes."""

    page: Page

    async def mute(self) -> None:
        await self.page.evaluate("roomtape.mute(true)")

    async def unmute(self) -> None:
        await self.page.evaluate("roomtape.mute(false)")

    async def camera_off(self) -> None:
        """Disable the video track: the browser then sends black frames, one a second."""
        await self.page.evaluate("roomtape.camera(false)")

    async def camera_on(self) -> None:
        await self.page.evaluate("roomtape.camera(true)")

    async def beeps(self) -> list[int]:
        """Return when each beep was given to the audio graph to sound at, in µs since the Unix epoch."""
        return list(await self.page.evaluate("roomtape.beeps"))

    async def flashes(self) -> list[int]:
        """Return when each flash was drawn, in µs since the Unix epoch."""
        return list(await self.page.evaluate("roomtape.flashes"))

    async def states(self) -> list[tuple[int, str, str]]:
        """Return every change of state so far: (ms since the Unix epoch, "connection" or "ice", state)."""
        return [tuple(entry) for entry in await self.page.evaluate("roomtape.states")]

    async def stats(self) -> list[dict[str, Any]]:
        """Return the entries of RTCPeerConnection.getStats()."""
        return list(await self.page.evaluate("roomtape.stats()"))

    async def never_reconnected(self) -> bool:
        """Tell whether media connected once and has stayed connected."""
        states = [state for _, kind, state in await self.states() if kind == "connection"]
        return states.count("connected") == 1 and states[-1] == "connected"

    async def stop(self) -> None:
        """DELETE the WHIP resource and close the page with its window."""
        await self.page.evaluate("roomtape.stop()")
        await self.page.context.close()


@dataclass
class Chromium:
    """A browser whose pages publish."""

    context: BrowserContext
    base: str

    async def page(self) -> Page:
        """Open the publisher's page without publishing, in a window of its own: one behind another paints late."""
        browser = self.context.browser
        assert browser is not None
        page = await (await browser.new_context()).new_page()
        await page.goto(f"{self.base}/whip.html")
        await page.wait_for_function("window.roomtapeReady === true", timeout=15_000)
        return page

    async def publish(
        self,
        url: str,
        token: str,
        *,
        tone: int | None = 440,
        beep: int = BEEP_HZ,
        video: str | None = "vp8",
        size: tuple[int, int] = (640, 360),
        fps: int = 30,
        identity: int = 0,
        colour: tuple[int, int, int] | None = None,
        bitrate: int = 600_000,
        aligned: bool = False,
    ) -> Publisher:
        """Publish from a new page and return once media is connected. Raises playwright's Error with the reason.

        `aligned` beeps and flashes at the whole seconds of the wall clock, as every other aligned page does.
        """
        page = await self.page()
        options = {"url": whip.endpoint(url), "token": token, "tone": tone, "beep": beep, "video": video, "fps": fps}
        options |= {"width": size[0], "height": size[1], "identity": identity, "colour": colour, "bitrate": bitrate}
        options["aligned"] = aligned
        await page.evaluate("options => roomtape.start(options)", options)
        return Publisher(page)


@asynccontextmanager
async def launched(*more: str, lacking: tuple[str, ...] = ()) -> AsyncIterator[Browser]:
    """Run a Chromium whose sound is not muted, with `more` flags, and `lacking` more of its features."""
    flags = [*FLAGS, f"--disable-features={','.join((*LACKING, *lacking))}", *more]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=EXECUTABLE, args=flags, ignore_default_args=["--mute-audio"]
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def chromium() -> AsyncIterator[Chromium]:
    """Run a Chromium and the small server of its page, both on loopback, until the end of the block."""
    routes = [
        Route("/whip.html", _file),
        Route("/signal.js", _file),
        Route("/geometry.json", _geometry),
    ]
    async with listening(Starlette(routes=routes)) as host, launched() as browser:
        yield Chromium(await browser.new_context(), f"http://{host}")


async def _file(request: Request) -> Response:
    return FileResponse(FIXTURES / request.url.path.strip("/"))


async def _geometry(_: Request) -> Response:
    return JSONResponse(testpicture.geometry())
