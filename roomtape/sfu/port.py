"""Owns what any SFU must offer to the rest of Roomtape: rooms, publishers, subscribers, captures, and its reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol


@dataclass(frozen=True)
class Handle:
    """A publisher's or subscriber's place in the SFU. Survives a restart of our server: keep it in the database."""

    session: int
    id: int


@dataclass(frozen=True)
class PublishedTrack:
    """An m-line the SFU accepted: `mindex` in the SDP, `mid`, and the codec's name in lower case (opus, vp8, ...).

    `audio_level_id` (RFC 6464), `orientation_id` (3GPP TS 26.114, 7.4.5) and `capture_time_id` (abs-capture-time) are
    the ids negotiated for these header extensions, None where they were not.
    """

    mindex: int
    mid: str
    kind: Literal["audio", "video"]
    codec: str
    audio_level_id: int | None = None
    orientation_id: int | None = None
    capture_time_id: int | None = None


@dataclass(frozen=True)
class Published:
    """The SFU's answer to a publisher; `answer` is SDP with all candidates in it.

    `capture_error` says why a running capture does not take a track that was added to it.
    """

    handle: Handle
    answer: str
    tracks: tuple[PublishedTrack, ...]
    capture_error: str | None = None


@dataclass(frozen=True)
class Wish:
    """A publisher's m-line that a subscriber wants; `layer` of its simulcast: 2 full, 1 half, 0 quarter size."""

    peer_id: str
    mid: str
    layer: int | None = None


@dataclass(frozen=True)
class SubscribedStream:
    """An m-line of a subscriber by its `mid` in the SFU's SDP, and what is on it: None when its source is gone."""

    mid: str
    peer_id: str | None
    peer_mid: str | None


@dataclass(frozen=True)
class Subscription:
    """What a subscriber gets; `offer` is the SFU's SDP that must be answered, None when nothing has changed."""

    handle: Handle
    offer: str | None
    streams: tuple[SubscribedStream, ...]


@dataclass(frozen=True)
class Candidate:
    """A trickled ICE candidate; an empty `candidate` ends the candidates of the m-line."""

    candidate: str
    mid: str | None
    mline: int | None


@dataclass(frozen=True)
class Up:
    """The media transport is up."""

    handle: Handle


@dataclass(frozen=True)
class Down:
    """The media transport is gone for good; `reason` in the SFU's words."""

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
        """Let a peer publish what `offer` (SDP) offers; with `capture_base` its packets are captured from the first on.

        `video_codec` (vp8, vp9, h264) is the one to take from the offer. With `presence` the packets are all that
        tells of the peer: when none comes for long it is reported as Down, and an offer must have a track to take.
        Raises InvalidRequest when the SFU finds the SDP unacceptable.
        """

    async def republish(self, handle: Handle, offer: str, capture_base: str | None) -> Published:
        """Take a publisher's new offer: m-lines were added, or became inactive. `tracks` are all active ones.

        A running capture takes in what was added; `capture_base` is its name, None when none runs.
        Raises InvalidRequest when the SFU finds the SDP unacceptable; all is then as before.
        """

    async def open_subscriber(self, room_id: str) -> Subscription:
        """Make a subscriber of placeholders that never send, one of audio and one of video: its offer has ICE and DTLS.

        Every offer must be answered by `answer_subscriber` before the next change.
        """

    async def subscribe(self, handle: Handle, wishes: list[Wish], drop: list[str]) -> Subscription:
        """Add m-lines to a subscriber, after taking off those with the mids `drop`.

        Raises NotFound when a wished one is not there; nothing is changed then.
        """

    async def unsubscribe(self, handle: Handle, mids: list[str]) -> Subscription:
        """Take m-lines off a subscriber, by their mids in the SFU's SDP."""

    async def answer_subscriber(self, handle: Handle, answer: str) -> None:
        """Give the SFU the SDP answer to its offer. Raises InvalidRequest when it finds that unacceptable."""

    async def choose_layer(self, handle: Handle, mid: str, layer: int) -> None:
        """Choose which simulcast layer a subscriber gets on an m-line: 2 full, 1 half, 0 quarter size."""

    async def trickle(self, handle: Handle, candidates: list[Candidate]) -> None:
        """Add the peer's ICE candidates."""

    async def start_capture(self, handle: Handle, capture_base: str) -> None:
        """Write the publisher's packets to `<capture_base>-<kind>-<mindex>.mjr` in the room's folder from now on."""

    async def stop_capture(self, handle: Handle) -> None:
        """Stop writing; after the return the files have all their packets."""

    async def request_keyframe(self, handle: Handle, mid: str | None = None) -> None:
        """Ask the publisher for a keyframe of the video track `mid`, of each one without it."""

    async def unpublish(self, handle: Handle) -> None:
        """Put the publisher or subscriber out. One that is gone already is no error."""

    async def alive(self, handle: Handle, tracks: tuple[PublishedTrack, ...] | None = None) -> bool:
        """Tell whether the publisher's media transport still stands (used after a restart).

        With `tracks`, what it publishes, known from elsewhere, its silence says nothing of its presence.
        """

    async def subscriber_alive(self, handle: Handle) -> bool:
        """Tell whether the subscriber is still there (used after a restart)."""
