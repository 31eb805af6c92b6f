"""Owns the studio: a tab of the recorder's browser that publishes the recorded tab's picture and sound."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, Route

from roomtape.browser.job import PageJob
from roomtape.browser.whip import WhipRefused, WhipSession, most_bits, tuned

ADDRESS = "https://studio.roomtape.invalid/"
"""An origin that no page can have (RFC 6761, 6.4) and where a page may capture: it is answered by routing only."""

CAPTURE_WITHIN_S = 30.0
PUBLISH_WITHIN_S = 45.0
ASKED_WITHIN_S = 10.0
# H264 takes a third of VP8's processor time in Chromium; where it is missing, VP8 is not.
CODECS = ["h264", "vp8"]
_PAGE = Path(__file__).with_name("studio.html")


@dataclass(frozen=True)
class Health:
    """What the studio measures: the state of its connection, whether it has tracks, and running sums."""

    state: str
    captured: bool
    bytes: int
    energy: float
    frames: int


class Studio:
    """Publishes what it captures by `whip`. Every call is bounded in time, and raises Playwright's Error."""

    def __init__(self, browser: Browser, job: PageJob, whip: WhipSession) -> None:
        self._browser = browser
        self._job = job
        self._whip = whip
        self._context: BrowserContext | None = None
        self._page: Page | None = None
        self._refused: WhipRefused | None = None

    async def open(self) -> None:
        """Open the tab, in a window of its own: a window that another one hides paints late."""
        self._context = await self._browser.new_context(
            viewport={"width": 320, "height": 180},
            accept_downloads=False,
            # Nothing is taken of it: who may use it offers its addresses, not names that only mDNS could resolve.
            permissions=["microphone", "local-network-access"],
        )
        page = await self._context.new_page()
        await page.route("**/*", _answer)
        await page.expose_function("roomtapeOffer", self._offered)
        await page.goto(ADDRESS)
        self._page = page

    async def capture(self) -> None:
        """Take the tab that has the title which Chromium was told at its start. Raises TimeoutError."""
        size = {"width": self._job.width, "height": self._job.height, "fps": self._job.fps}
        await self._call("capture", size, CAPTURE_WITHIN_S)

    async def publish(self) -> str:
        """Publish what is captured, in place of what was published before; return the peer's id.

        Raises WhipRefused, TimeoutError.
        """
        await self._whip.leave()
        self._refused = None
        bits = most_bits(self._job.width, self._job.height)
        try:
            await self._call("publish", {"bits": bits, "fps": self._job.fps, "codecs": CODECS}, PUBLISH_WITHIN_S)
        except Exception:
            await self._whip.leave()
            if self._refused is not None:
                raise self._refused from None
            raise
        return self._whip.peer_id

    async def show(self, on: bool) -> None:
        """Send picture and sound, or nothing."""
        await self._call("show", on, ASKED_WITHIN_S)

    async def health(self) -> Health:
        """Return what is measured. Raises TimeoutError."""
        return Health(**await self._call("health", None, ASKED_WITHIN_S))

    async def _call(self, name: str, argument: Any, within_s: float) -> Any:
        assert self._page is not None
        async with asyncio.timeout(within_s):
            return await self._page.evaluate(f"argument => {name}(argument)", argument)

    async def _offered(self, offer: str) -> str:
        try:
            answer = await self._whip.publish(offer)
        except WhipRefused as error:
            self._refused = error
            raise
        return tuned(answer, most_bits(self._job.width, self._job.height))


async def _answer(route: Route) -> None:
    if route.request.url == ADDRESS:
        await route.fulfill(body=_PAGE.read_text("utf-8"), content_type="text/html")
    else:
        await route.abort()
