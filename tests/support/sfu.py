"""Owns an SFU without media for unit tests of rooms: it remembers what it was told and fails when asked to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from roomtape.errors import SfuError, StorageError
from roomtape.sfu.port import Candidate, Down, Handle, Published, PublishedTrack, SfuEvent, Subscription, Up, Wish
from tests.support.subscriber import FakeSubscriber, active_tracks, answer_to


@dataclass
class FakeSfu:
    """`dead` handles are not alive after a restart; `failing` names methods that raise SfuError; `full` is the disk."""

    session_id: int = 1
    claimable: bool = True
    rooms: dict[str, Path] = field(default_factory=dict)
    captures: dict[Handle, str] = field(default_factory=dict)
    published: dict[Handle, str] = field(default_factory=dict)
    dead: set[Handle] = field(default_factory=set)
    failing: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    trickled: list[Candidate] = field(default_factory=list)
    listener: Callable[[SfuEvent], None] | None = None
    stopped: bool = False
    full: bool = False
    subscribers: dict[Handle, FakeSubscriber] = field(default_factory=dict)
    layers: list[tuple[str, int]] = field(default_factory=list)
    comes_up: bool = True
    extensions: dict[str, int] = field(default_factory=dict)

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name in self.failing:
            raise SfuError(f"{name} fails")

    def _write(self, room_id: str, base: str) -> None:
        if self.full:
            raise StorageError("the disk is full")
        (self.rooms[room_id] / f"{base}-audio-0.mjr").touch()

    async def start(self, listener: Callable[[SfuEvent], None], claim: int | None) -> bool:
        self.listener = listener
        return self.claimable and claim == self.session_id

    async def stop(self, *, keep_media: bool) -> None:
        self.stopped = True

    @property
    def session(self) -> int | None:
        return self.session_id

    async def open_room(self, room_id: str, capture_dir: Path) -> None:
        self._called("open_room")
        self.rooms[room_id] = capture_dir

    async def close_room(self, room_id: str) -> None:
        self._called("close_room")
        self.rooms.pop(room_id, None)

    async def publish(
        self,
        room_id: str,
        peer_id: str,
        display: str,
        offer: str,
        video_codec: str | None,
        capture_base: str | None,
        *,
        presence: bool = True,
    ) -> Published:
        self._called("publish")
        handle = Handle(self.session_id, 100 + len(self.published))
        self.published[handle] = peer_id
        if capture_base is not None:
            self._write(room_id, capture_base)
            self.captures[handle] = capture_base
        if not presence:
            if self.comes_up:
                asyncio.get_running_loop().call_soon(self.report, Up(handle))
            return Published(handle, answer_to(offer), active_tracks(offer))
        return Published(handle, "v=0 answer", (PublishedTrack(0, "0", "audio", "opus", **self.extensions),))

    def report(self, event: SfuEvent) -> None:
        """Report an event as Janus would."""
        assert self.listener is not None
        self.listener(event)

    def hang_up(self, handle: Handle) -> None:
        """End a transport."""
        self.report(Down(handle, "test"))

    async def republish(self, handle: Handle, offer: str, capture_base: str | None) -> Published:
        self._called("republish")
        tracks = active_tracks(offer)
        if capture_base is not None:
            for folder in self.rooms.values():
                for track in tracks:
                    (folder / f"{capture_base}-{track.kind}-{track.mindex}.mjr").touch()
        for subscriber in self.subscribers.values():
            subscriber.published(self.published[handle], {track.mid for track in tracks})
        return Published(handle, answer_to(offer), tracks)

    async def open_subscriber(self, room_id: str) -> Subscription:
        self._called("open_subscriber")
        handle = Handle(self.session_id, 500 + len(self.subscribers))
        made = self.subscribers[handle] = FakeSubscriber()
        return made.subscription(handle)

    async def subscribe(self, handle: Handle, wishes: list[Wish], drop: list[str]) -> Subscription:
        self._called("subscribe")
        self.subscribers[handle].update([(w.peer_id, w.mid) for w in wishes], drop)
        return self.subscribers[handle].subscription(handle)

    async def unsubscribe(self, handle: Handle, mids: list[str]) -> Subscription:
        self._called("unsubscribe")
        self.subscribers[handle].update([], mids)
        return self.subscribers[handle].subscription(handle)

    async def answer_subscriber(self, handle: Handle, answer: str) -> None:
        self._called("answer_subscriber")
        self.subscribers[handle].answered(answer)

    async def choose_layer(self, handle: Handle, mid: str, layer: int) -> None:
        self.layers.append((mid, layer))

    async def subscriber_alive(self, handle: Handle) -> bool:
        return handle in self.subscribers and handle not in self.dead

    async def trickle(self, handle: Handle, candidates: list[Candidate]) -> None:
        self.trickled += candidates

    async def start_capture(self, handle: Handle, capture_base: str) -> None:
        self._called("start_capture")
        for room_id in self.rooms:
            self._write(room_id, capture_base)
        self.captures[handle] = capture_base

    async def stop_capture(self, handle: Handle) -> None:
        self._called("stop_capture")
        self.captures.pop(handle, None)

    async def request_keyframe(self, handle: Handle, mid: str | None = None) -> None:
        self._called("request_keyframe")

    async def unpublish(self, handle: Handle) -> None:
        self._called("unpublish")
        self.subscribers.pop(handle, None)
        self.published.pop(handle, None)
        self.captures.pop(handle, None)

    async def alive(self, handle: Handle, tracks: tuple[PublishedTrack, ...] | None = None) -> bool:
        return handle not in self.dead
