"""Owns what the protocol asks of the outside, as values: frames to send, sockets to close, work of the media side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from roomtape.errors import RoomtapeError


@dataclass(frozen=True, slots=True)
class Send:
    """Send a frame to a peer, if it has a socket."""

    to: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """Close a peer's socket after what was sent to it, `after_s` from now, unless the client did so by then.

    Codes are those of RFC 6455, section 7.4; the SDK connects again after any but 1000.
    """

    to: str
    code: int
    reason: str
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Enter:
    """The peer comes into the session as `name`."""

    name: str


@dataclass(frozen=True, slots=True)
class Rename:
    name: str


@dataclass(frozen=True, slots=True)
class CreateTransport:
    consuming: bool
    offer: str


@dataclass(frozen=True, slots=True)
class Produce:
    offer: str
    kind: str
    mid: str | None
    screen_share: bool
    paused: bool
    app_data: str
    mime_type: str


@dataclass(frozen=True, slots=True)
class Toggle:
    """Mute or unmute a producer of `owner`, who may be another peer: then a host does it."""

    owner: str
    producer_id: str
    paused: bool


@dataclass(frozen=True, slots=True)
class CloseProducer:
    """End a producer of `owner`; `offer` is its owner's new one, None when a host ends a screen share."""

    owner: str
    producer_id: str
    offer: str | None


@dataclass(frozen=True, slots=True)
class Silence:
    """Mute and end several producers, one after another: a host does it to others."""

    steps: tuple[Toggle | CloseProducer, ...]


@dataclass(frozen=True, slots=True)
class CloseProducers:
    """End all producers of the peer."""


@dataclass(frozen=True, slots=True)
class Consume:
    wants: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Renegotiate:
    answer: str


@dataclass(frozen=True, slots=True)
class CloseConsumers:
    mids: tuple[str, ...]
    offer: str


@dataclass(frozen=True, slots=True)
class PreferLayers:
    wants: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Leave:
    """The peer leaves for good."""


@dataclass(frozen=True, slots=True)
class Kick:
    """Put peers out of the session."""

    peer_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KickAll:
    """Put everybody out and end the session."""


@dataclass(frozen=True, slots=True)
class Broadcasted:
    """The peer has sent a broadcast called `name` to others; `payload` is JSON, as it came."""

    name: str
    payload: bytes


Work = (
    Enter
    | Rename
    | CreateTransport
    | Produce
    | Toggle
    | CloseProducer
    | CloseProducers
    | Silence
    | Consume
    | Renegotiate
    | CloseConsumers
    | PreferLayers
    | Leave
    | Kick
    | KickAll
)


@dataclass(frozen=True, slots=True)
class Do:
    """Carry out `work` for a peer; its result goes to `then`, its error to `failed`, whose actions come next."""

    work: Work
    then: Callable[[Any], list[Action]]
    failed: Callable[[RoomtapeError], list[Action]]


Action = Send | Close | Do | Broadcasted
