"""Owns what any SFU must offer to the rest of Roomtape: rooms, publishers, capture on and off, and what it reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol


@dataclass(frozen=True)
class Handle:
    """One publisher's place in the SFU. Survives a restart of our server: keep it in the database."""

    session: int
    id: int


@dataclass(frozen=True)
class PublishedTrack:
    """An m-line the SFU accepted: `mindex` in the SDP, `mid`, and the codec's name in lower case (opus, vp8, ...)."""

    mindex: int
    mid: str
    kind: Literal["audio", "video"]
    codec: str


@dataclass(frozen=True)
class Published:
    """The SFU's answer to a publisher; `answer` is SDP with all candidates in it."""

    handle: Handle
    answer: str
    tracks: tuple[PublishedTrack, ...]


@dataclass(frozen=True)
class Candidate:
    """A trickled ICE candidate; an empty `candidate` ends the candidates of the m-line."""

    candidate: str
    mid: str | None
    mline: int | None


@dataclass(frozen=True)
class Up:
    """The publisher's media transport is up."""

    handle: Handle


@dataclass(frozen=True)
class Down:
    """The publisher's media transport is gone for good; `reason` in the SFU's words."""

    handle: Handle
    reason: str


@dataclass(frozen=True)
class Receiving:
    """Packets of one m-line started (`active`) or stopped arriving."""

    handle: Handle
    mid: str
    kind: str
    active: bool


@dataclass(frozen=True)
class Lost:
    """The SFU lost all its state (it died, or our claim came too late): every room and handle is void."""


@dataclass(frozen=True)
class Ready:
    """The SFU takes requests (again)."""


SfuEvent = Up | Down | Receiving | Lost | Ready


class Sfu(Protocol):
    """Every method raises SfuError when the SFU refuses, is away, or does not answer within its bound."""

    async def start(self, listener: Callable[[SfuEvent], None], claim: int | None) -> bool:
        """Connect, claiming the SFU session `claim` of an earlier run; return whether that session lives on.

        `listener` is called in the event loop and must not block.
        """

    async def stop(self, *, keep_media: bool) -> None:
        """Disconnect; with `keep_media` the SFU goes on without us, else it is shut down if it is our child."""

    @property
    def session(self) -> int | None:
        """The SFU session that all handles belong to; to be kept for `start`'s `claim`."""

    async def open_room(self, room_id: str, capture_dir: Path) -> None:
        """Make the room, or find it made already. Captures of its publishers go into `capture_dir`."""

    async def close_room(self, room_id: str) -> None:
        """Remove the room and everybody in it. A room that is not there is no error."""

    async def publish(
        self, room_id: str, peer_id: str, display: str, offer: str, video_codec: str | None, capture_base: str | None
    ) -> Published:
        """Let a peer publish what `offer` (SDP) offers; with `capture_base` its packets are captured from the first on.

        `video_codec` (vp8, vp9, h264) is the one to take from the offer.
        Raises InvalidRequest when the SFU finds the SDP unacceptable.
        """

    async def trickle(self, handle: Handle, candidates: list[Candidate]) -> None:
        """Add the peer's ICE candidates."""

    async def start_capture(self, handle: Handle, capture_base: str) -> None:
        """Write the publisher's packets to `<capture_base>-<kind>-<mindex>.mjr` in the room's folder from now on."""

    async def stop_capture(self, handle: Handle) -> None:
        """Stop writing; after the return the files have all their packets."""

    async def request_keyframe(self, handle: Handle) -> None:
        """Ask the publisher for a keyframe of each video track."""

    async def unpublish(self, handle: Handle) -> None:
        """Put the publisher out. One that is gone already is no error."""

    async def alive(self, handle: Handle) -> bool:
        """Tell whether the handle's media transport still stands (used after a restart)."""
