"""What tests of a real Janus need: a simulated participant that publishes straight into an `Sfu`, and what it reported.

No HTTP server: the participant's WHIP client speaks to a transport that calls the SFU's methods.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import httpx

from roomtape.domain.ids import new_id
from roomtape.settings import Settings
from roomtape.sfu.port import Published, Sfu, SfuEvent
from roomtape.simulate.participant import Media, SimulatedParticipant

ADDRESS = "127.0.0.2"
"""Of the interface that `scripts/loopback` makes: Janus gathers nothing else, so media never leaves loopback."""

Reported = TypeVar("Reported", bound=SfuEvent)


def settings(data_dir: Path, **more: object) -> Settings:
    """Settings for a Janus of this folder that keeps its media on loopback."""
    return Settings(data_dir=data_dir, ice_addresses=(ADDRESS,), **more)  # type: ignore[arg-type]


class Reports:
    """An SFU listener that remembers."""

    def __init__(self) -> None:
        self.events: list[SfuEvent] = []
        self._came = asyncio.Event()

    def __call__(self, event: SfuEvent) -> None:
        self.events.append(event)
        self._came.set()

    async def wait(self, kind: type[Reported], *, after: int = 0, within_s: float = 10) -> Reported:
        """Return the first event of a kind among those from index `after` on, waiting for it to come."""
        async with asyncio.timeout(within_s):
            while True:
                for event in self.events[after:]:
                    if isinstance(event, kind):
                        return event
                self._came.clear()
                await self._came.wait()


class _Door(httpx.AsyncBaseTransport):
    def __init__(self, sfu: Sfu, room_id: str, peer_id: str, video_codec: str | None, base: str | None) -> None:
        self._sfu = sfu
        self._how = (room_id, peer_id, video_codec, base)
        self.published: Published | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            room_id, peer_id, codec, base = self._how
            offer = (await request.aread()).decode()
            self.published = await self._sfu.publish(room_id, peer_id, "tester", offer, codec, base)
            return httpx.Response(201, headers={"location": "/resource"}, text=self.published.answer)
        return httpx.Response(200)


class Publisher:
    """A simulated participant in a room of the SFU; leaving it does not unpublish."""

    def __init__(
        self,
        sfu: Sfu,
        room_id: str,
        media: Media | None = None,
        *,
        base: str | None = None,
        video_codec: str | None = None,
    ) -> None:
        self.peer_id = new_id()
        self._door = _Door(sfu, room_id, self.peer_id, video_codec, base)
        self.participant = SimulatedParticipant(
            "http://sfu.invalid/whip",
            "token",
            media or Media(width=320, height=180, loop_seconds=1),
            local_addresses=(ADDRESS,),
            client=httpx.AsyncClient(transport=self._door),
        )

    async def __aenter__(self) -> Publisher:
        await self.participant.join()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.participant.leave()

    @property
    def published(self) -> Published:
        """What the SFU answered."""
        assert self._door.published is not None
        return self._door.published


async def eventually(holds: Callable[[], bool], within_s: float = 10) -> None:
    """Return once `holds()`; fail with AssertionError after `within_s`."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)
