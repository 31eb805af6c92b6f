"""Owns participants with the official browser SDK, unmodified, from node_modules: headless Chromium, made-up devices.

Each participant is a browser context of its own: a microphone with a tone, a camera with the numbered test picture of
its identity, a screen with that of another. What others see and hear of it is read from their browsers by decoding.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from playwright.async_api import (
    Browser,
    BrowserContext,
    Error,
    Page,
    Request,
    Response,
    Route,
    WebSocket,
)

from roomtape.media import testpicture
from roomtape.media.testsignal import BEEP_HZ
from tests.support.chromium import FIXTURES, launched
from tests.support.detect import read_code

NODE_MODULES = Path(__file__).parents[2] / "node_modules"
SDK = NODE_MODULES / "@cloudflare" / "realtimekit"
FOLDER = "/sdk-test/"
"""Where our page lies on the server's own origin; the browser answers for it, the server never sees it."""

WITHIN_S = 20
"""How long anything may take to be seen: many times what it takes, for a machine whose cores others use."""

SCREENS = 32
"""Identities of shared screens begin here."""

Kind = Literal["audio", "video", "screen"]


@dataclass
class Devices:
    """What a participant's microphone, camera and screen give; `tone` in Hz."""

    tone: int = 440
    identity: int = 1
    width: int = 320
    height: int = 180
    fps: int = 15
    beep: int = BEEP_HZ

    @property
    def screen(self) -> int:
        return SCREENS + self.identity


@dataclass
class Log:
    """What the browser complained about (console errors, errors nobody caught, requests that failed or got >= 400),
    and what it asked: addresses, those of sockets, and binary frames sent over these."""

    console: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)
    sockets: list[str] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", lambda m: self.console.append(f"{m.type}: {m.text}") if m.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)
        page.on("request", lambda request: self.requested.append(request.url))
        page.on("websocket", self._connected)

    def _connected(self, socket: WebSocket) -> None:
        self.sockets.append(socket.url)
        socket.on("framesent", lambda data: self.sent.append(data) if isinstance(data, bytes) else None)

    def _failed(self, request: Request) -> None:
        self.failed.append(f"{request.method} {request.url.split('?')[0]}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.failed.append(f"{response.request.method} {response.url.split('?')[0]}: {response.status}")


@dataclass
class SdkPeer:
    """One participant; `id` is its peer id."""

    page: Page
    devices: Devices
    log: Log
    id: str = ""

    async def run(self, script: str, argument: Any = None, within_s: float = 30) -> Any:
        """Evaluate a function of the SDK's client and `argument`: `(meeting, x) => …`."""
        code = f"argument => ({script})(peer.meeting, argument)"
        return await asyncio.wait_for(self.page.evaluate(code, argument), within_s)

    async def join(self) -> None:
        await self.run("meeting => meeting.join()")

    async def mute(self) -> None:
        await self.run("meeting => meeting.self.disableAudio()")

    async def unmute(self) -> None:
        await self.run("meeting => meeting.self.enableAudio()")

    async def camera_off(self) -> None:
        await self.run("meeting => meeting.self.disableVideo()")

    async def camera_on(self) -> None:
        await self.run("meeting => meeting.self.enableVideo()")

    async def share(self) -> None:
        await self.run("meeting => meeting.self.enableScreenShare()")

    async def unshare(self) -> None:
        await self.run("meeting => meeting.self.disableScreenShare()")

    async def rename(self, name: str) -> None:
        await self.run("(meeting, name) => meeting.self.setName(name)", name)

    async def kick(self, peer: SdkPeer) -> None:
        await self.run("(meeting, id) => meeting.participants.joined.get(id).kick()", peer.id)

    async def mute_other(self, peer: SdkPeer) -> None:
        await self.run("(meeting, id) => meeting.participants.joined.get(id).disableAudio()", peer.id)

    async def leave(self) -> None:
        await self.run("meeting => meeting.leave()")

    async def start_recording(self) -> None:
        await self.run("meeting => meeting.recording.start()")

    async def stop_recording(self) -> None:
        await self.run("meeting => meeting.recording.stop()")

    async def me(self) -> dict[str, Any]:
        """Return id, name, roomState, audio, video, screen, recording (state), recordings, socket, media."""
        return dict(await self.page.evaluate("peer.self()"))

    async def others(self) -> dict[str, dict[str, Any]]:
        """Return everybody else: {peer id: {name, userId, customId, preset, audio, video, screen}}."""
        return dict(await self.page.evaluate("peer.others()"))

    async def events(self, what: str | None = None, event: str | None = None) -> list[list[Any]]:
        """Return [ms since the epoch, what, event, detail] of what the SDK told its application."""
        log = await self.page.evaluate("peer.log")
        return [e for e in log if what in (None, e[1]) and event in (None, e[2])]

    async def received(self, peer_id: str, kind: Kind) -> dict[str, float]:
        """Return frames, energy, seconds, packets, width received of one track; zeros where it is not received."""
        zeros = {"frames": 0, "energy": 0, "seconds": 0, "packets": 0, "width": 0}
        return zeros | (await self.page.evaluate("([id, kind]) => peer.received(id, kind)", [peer_id, kind]) or {})

    async def tone_of(self, peer_id: str) -> float | None:
        """Return the loudest frequency in Hz that is heard of a peer right now; None for silence."""
        found = await self.page.evaluate("id => peer.tone(id)", peer_id)
        return None if found is None else float(found)

    async def picture_of(self, peer_id: str, kind: Kind = "video") -> tuple[int, int] | None:
        """Return (identity, counter) that is seen of a peer right now; None where there is none."""
        found = await self.page.evaluate("([id, kind]) => peer.picture(id, kind)", [peer_id, kind])
        if found is None:
            return None
        luma = np.frombuffer(base64.b64decode(found["luma"]), np.uint8).reshape(found["height"], found["width"])
        return read_code(luma, (0, 0, found["width"], found["height"]))

    async def hears(self, peer_id: str, tone: int, within_s: float = WITHIN_S) -> None:
        """Wait until the tone is what is heard of a peer, and sound's energy grows."""
        await self._until(lambda: self._hears(peer_id, tone), within_s, f"does not hear {tone} Hz of {peer_id}")

    async def _hears(self, peer_id: str, tone: int) -> bool:
        heard = await self.tone_of(peer_id)
        before = (await self.received(peer_id, "audio"))["energy"]
        await asyncio.sleep(0.1)
        after = (await self.received(peer_id, "audio"))["energy"]
        return heard is not None and abs(heard - tone) < 12 and after > before

    async def hears_nothing(self, peer_id: str, within_s: float = WITHIN_S) -> None:
        await self._until(lambda: self._silent(peer_id), within_s, f"still hears {peer_id}")

    async def _silent(self, peer_id: str) -> bool:
        before = (await self.received(peer_id, "audio"))["energy"]
        await asyncio.sleep(0.3)
        after = (await self.received(peer_id, "audio"))["energy"]
        return bool(after - before < 1e-6)

    async def sees(self, peer_id: str, identity: int, kind: Kind = "video", within_s: float = WITHIN_S) -> None:
        """Wait until a peer's picture is that of `identity`, and advances."""
        message = f"does not see the moving {kind} {identity} of {peer_id}"
        await self._until(lambda: self._sees(peer_id, identity, kind), within_s, message)

    async def _sees(self, peer_id: str, identity: int, kind: Kind) -> bool:
        first = await self.picture_of(peer_id, kind)
        frames = (await self.received(peer_id, kind))["frames"]
        await asyncio.sleep(0.25)
        second = await self.picture_of(peer_id, kind)
        more = (await self.received(peer_id, kind))["frames"]
        if first is None or second is None:
            return False
        return first[0] == second[0] == identity and first[1] != second[1] and more > frames

    async def until(self, script: str, argument: Any = None, within_s: float = WITHIN_S) -> Any:
        """Wait until a function of the SDK's client (and `argument`) returns something true; return that."""
        deadline = time.monotonic() + within_s
        while not (found := await self.run(script, argument)):
            assert time.monotonic() < deadline, f"not within {within_s} s: {script} ({argument})"
            await asyncio.sleep(0.1)
        return found

    async def until_other(self, peer_id: str, within_s: float = WITHIN_S, **expected: Any) -> None:
        """Wait until a peer is there and shows `expected` of `others`."""
        message = f"{peer_id} does not become {expected}"
        await self._until(lambda: self._shows(peer_id, expected), within_s, message)

    async def _shows(self, peer_id: str, expected: dict[str, Any]) -> bool:
        found = (await self.others()).get(peer_id)
        return found is not None and all(found[key] == value for key, value in expected.items())

    async def until_gone(self, peer_id: str, within_s: float = WITHIN_S) -> None:
        await self._until(lambda: self._gone(peer_id), within_s, f"{peer_id} is still there")

    async def _gone(self, peer_id: str) -> bool:
        return peer_id not in await self.others()

    async def _until(self, condition: Callable[[], Any], within_s: float, message: str) -> None:
        deadline = time.monotonic() + within_s
        while not await condition():
            assert time.monotonic() < deadline, (
                f"{message} after {within_s} s\nothers: {json.dumps(await self.others())}\n"
                f"complaints: {self.log.errors[-3:]} {self.log.failed[-3:]} {self.log.console[-3:]}"
            )
            await asyncio.sleep(0.1)

    async def close(self) -> None:
        """Close the browser window without a word to the server."""
        await self.page.context.close()


@dataclass
class SdkBrowser:
    """A Chromium whose windows are participants."""

    browser: Browser

    async def context(self, devices: Devices) -> BrowserContext:
        """Open a browser window's own profile with these devices."""
        context = await self.browser.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 720})
        geometry = json.dumps(testpicture.geometry())
        who = json.dumps({**asdict(devices), "screen": devices.screen})
        script = (FIXTURES / "signal.js").read_text() + (FIXTURES / "fakemedia.js").read_text()
        await context.add_init_script(script + f"\nglobalThis.media = fakeMedia({geometry}, {who});")
        return context

    async def init(
        self, origin: str, token: str, devices: Devices | None = None, base: str | None = None, **options: Any
    ) -> SdkPeer:
        """Initialise the SDK on a page of `origin` without joining; `base` is a baseURI of real host names.

        Raises playwright's Error with the SDK's own reason.
        """
        devices = devices or Devices()
        context = await self.context(devices)
        await context.route(f"**{FOLDER}*", _serve)
        page = await context.new_page()
        peer = SdkPeer(page, devices, Log())
        peer.log.watch(page)
        await page.goto(f"{origin}{FOLDER}sdk.html" + (f"?base={base}" if base else ""))
        options = {"authToken": token, "defaults": {"audio": True, "video": True}} | options
        try:
            await asyncio.wait_for(page.evaluate("options => peer.init(options)", options), 30)
            peer.id = str(await page.evaluate("peer.meeting.self.id"))
        except (Error, TimeoutError) as error:
            error.add_note(f"{peer.log}")
            await context.close()
            raise
        return peer

    async def join(self, origin: str, token: str, devices: Devices | None = None, **options: Any) -> SdkPeer:
        """Initialise and join."""
        peer = await self.init(origin, token, devices, **options)
        await peer.join()
        return peer


async def _serve(route: Route) -> None:
    name = route.request.url.split("?")[0].rsplit("/", 1)[1]
    await route.fulfill(path=SDK / "dist" / name if name == "browser.js" else FIXTURES / name)


@asynccontextmanager
async def sdk_browser() -> AsyncIterator[SdkBrowser]:
    """Run a Chromium in which every name of rtk.test is this machine, and a self-made certificate is good."""
    names = "--host-resolver-rules=MAP rtk.test 127.0.0.1, MAP *.rtk.test 127.0.0.1"
    # Our page comes from no address at all, so that Chromium takes it for one from the Internet that attacks loopback.
    async with launched(names, "--ignore-certificate-errors", lacking=("LocalNetworkAccessChecks",)) as browser:
        yield SdkBrowser(browser)
