"""Owns an SFU without media for unit tests of rooms: it remembers what it was told and fails when asked to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from roomtape.errors import SfuError, StorageError
from roomtape.sfu.port import Candidate, Handle, Published, PublishedTrack, SfuEvent


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
        self, room_id: str, peer_id: str, display: str, offer: str, video_codec: str | None, capture_base: str | None
    ) -> Published:
        self._called("publish")
        handle = Handle(self.session_id, 100 + len(self.published))
        self.published[handle] = peer_id
        if capture_base is not None:
            self._write(room_id, capture_base)
            self.captures[handle] = capture_base
        return Published(handle, "v=0 answer", (PublishedTrack(0, "0", "audio", "opus"),))

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

    async def request_keyframe(self, handle: Handle) -> None:
        self._called("request_keyframe")

    async def unpublish(self, handle: Handle) -> None:
        self._called("unpublish")
        self.published.pop(handle, None)
        self.captures.pop(handle, None)

    async def alive(self, handle: Handle) -> bool:
        return handle not in self.dead
