"""Owns what the SDK's socket asks of the media side: one peer's transports, producers and consumers, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from roomtape.capture.events import MediaKind, StreamKind
from roomtape.rooms.admission import Admission
from roomtape.rooms.live import LivePeer, LiveSession


@dataclass(frozen=True)
class ProducerInfo:
    """One published track as others may consume it; WHIP publishers have them too (`app_data` is "{}" there).

    `mime_type` is audio/opus, video/VP8, video/VP9 or video/H264.
    """

    producer_id: str
    peer_id: str
    kind: MediaKind
    source: StreamKind
    paused: bool
    mime_type: str
    app_data: str
    transport_id: str


class PeerMedia(Protocol):
    """One SDK peer. Calls may overlap: each waits for its turn by itself.

    So `renegotiate` must not wait behind a `consume`, which may be waiting for it.

    Every method raises Conflict when the peer is out, InvalidRequest for SDP that cannot be used (the message names
    the cause), SfuError when Janus is away, StorageError when the log or a wanted capture cannot be written.
    """

    @property
    def peer(self) -> LivePeer:
        """The peer; in `session.peers` once `enter` returned."""

    @property
    def session(self) -> LiveSession: ...

    @property
    def entered(self) -> bool:
        """Whether the peer is in the session: others see it, a recording has a tile for it."""

    def has_transport(self, consuming: bool) -> bool:
        """Whether a transport of that direction stands, so that a client may re-use it."""

    async def enter(self, name: str) -> None:
        """Come into the session (room.joinRoom) as `name`; renames when the peer is in already."""

    async def rename(self, name: str, by_peer_id: str) -> None:
        """Change the shown name; observers get `peer_renamed`."""

    async def create_transport(self, consuming: bool, offer: str) -> tuple[str, str]:
        """Return (transport id, SDP answer). Replaces an earlier one of that direction, closing its producers."""

    async def produce(
        self, offer: str, kind: str, mid: str | None, screen_share: bool, paused: bool, app_data: str, mime_type: str
    ) -> tuple[ProducerInfo, str]:
        """Publish one more track; return it with the SDP answer, once others can consume it.

        Raises Forbidden when the preset does not let the peer produce this kind, Conflict before `enter`.
        """

    async def toggle(self, producer_id: str, paused: bool, by_peer_id: str | None = None) -> ProducerInfo:
        """Mute or unmute a producer of this peer; `by_peer_id` is the host who did it. Raises NotFound."""

    async def close_producer(self, producer_id: str, offer: str | None) -> tuple[ProducerInfo, str | None]:
        """End a producer; with the client's new `offer` the SDP answer to it. Raises NotFound."""

    async def close_producers(self) -> list[ProducerInfo]:
        """End all producers of this peer: a client that comes back over a new socket produces anew."""

    def producers(self) -> list[ProducerInfo]:
        """This peer's producers."""

    async def consume(self, wants: list[tuple[str, str | None]]) -> tuple[dict[str, str], list[str], str | None]:
        """Receive tracks: `wants` is [(producer id, preferred rid)]. Conflict (Backend error) wants a new transport.

        Return ({producer id: the client's mid}, [producer ids that are not there], the SDP offer; None when nothing
        of it is there). The next `consume` waits until `renegotiate` brought the answer, 10 s at most.
        """

    async def renegotiate(self, answer: str) -> None:
        """Take the client's answer to the offer of `consume`."""

    async def close_consumers(self, mids: list[str], offer: str) -> str:
        """Receive no longer what is on these mids; return the SDP answer to the client's offer."""

    async def prefer_layers(self, wants: list[tuple[str, str]]) -> None:
        """Choose simulcast layers: [(producer id, rid)], rid f, h or q (full, half, quarter size)."""

    def socket_lost(self) -> None:
        """The socket is gone without a goodbye: media stays for `GRACE_S`, then the peer leaves ("media_lost").

        `MediaRooms.open` with the same peer id ends the wait.
        """

    async def close(self, reason: str) -> None:
        """Leave for good: transports end, the peer leaves the session; nothing happens when it has left already."""


class MediaRooms(Protocol):
    """All SDK peers' media of this server: `rooms.service.Rooms.sdk_media`."""

    async def open(self, session: LiveSession, admission: Admission, peer_id: str) -> PeerMedia:
        """Return the media of the peer, whether new, in its grace period, or recovered after a restart.

        `peer_id` is the client's own: a UUID. Raises InvalidRequest when it is none, Conflict when it belongs to
        another participant, when the session has ended, or when it was used by a peer that left.
        """
