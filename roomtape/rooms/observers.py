"""Owns what a door of a meeting is told of: who comes and goes, what they publish, what is recorded.

Calls are made in the event loop, in the order things happened, after the session has changed; they must not block.
`session_ending` alone is waited for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import structlog

if TYPE_CHECKING:
    from roomtape.rooms.live import LivePeer, LiveSession
    from roomtape.rooms.realtimekit.media_port import ProducerInfo

log = structlog.get_logger()


class RoomObserver(Protocol):
    """Put one into `session.observers`."""

    def peer_joined(self, session: LiveSession, peer: LivePeer) -> None:
        """A WHIP or SDK peer is in `session.peers` now."""

    def peer_left(self, session: LiveSession, peer: LivePeer, reason: str) -> None:
        """The peer is out; its producers were removed before (`producer_removed` is called for each first).

        `reason`: as in `capture.events.PeerLeft`.
        """

    def peer_renamed(self, session: LiveSession, peer: LivePeer) -> None:
        """`peer.name` is new."""

    def producer_added(self, session: LiveSession, producer: ProducerInfo) -> None:
        """The track can be consumed now."""

    def producer_changed(self, session: LiveSession, producer: ProducerInfo, by_peer_id: str) -> None:
        """The track was muted or unmuted, by its owner or by a host."""

    def producer_removed(self, session: LiveSession, producer: ProducerInfo) -> None:
        """The track is gone."""

    def participant_removed(self, session: LiveSession, participant_id: str) -> None:
        """The participant is gone for good; their peers that were in have left before."""

    def recording_changed(self, session: LiveSession, recording_id: str, kind: str, status: str) -> None:
        """A recording of the session is in another state: `kind` COMPOSITE or TRACK, `status` as the API names it."""

    async def session_ending(self, session: LiveSession) -> None:
        """The session will be over for the database on return: write now what must be on the disk by then."""

    def session_ended(self, session: LiveSession, reason: str) -> None:
        """The session is over (`reason`: empty, kicked_all or sfu_lost); nobody is in it any more."""


class Observers(list[RoomObserver]):
    """The observers of one session; one that fails is logged and disturbs neither the others nor the meeting."""

    def _tell(self, method: str, *args: object) -> None:
        for observer in list(self):
            try:
                getattr(observer, method)(*args)
            except Exception:
                log.exception("an observer of a meeting failed", during=method)

    def peer_joined(self, session: LiveSession, peer: LivePeer) -> None:
        self._tell("peer_joined", session, peer)

    def peer_left(self, session: LiveSession, peer: LivePeer, reason: str) -> None:
        self._tell("peer_left", session, peer, reason)

    def peer_renamed(self, session: LiveSession, peer: LivePeer) -> None:
        self._tell("peer_renamed", session, peer)

    def producer_added(self, session: LiveSession, producer: ProducerInfo) -> None:
        self._tell("producer_added", session, producer)

    def producer_changed(self, session: LiveSession, producer: ProducerInfo, by_peer_id: str) -> None:
        self._tell("producer_changed", session, producer, by_peer_id)

    def producer_removed(self, session: LiveSession, producer: ProducerInfo) -> None:
        self._tell("producer_removed", session, producer)

    def participant_removed(self, session: LiveSession, participant_id: str) -> None:
        self._tell("participant_removed", session, participant_id)

    def recording_changed(self, session: LiveSession, recording_id: str, kind: str, status: str) -> None:
        self._tell("recording_changed", session, recording_id, kind, status)

    async def session_ending(self, session: LiveSession) -> None:
        for observer in list(self):
            try:
                await observer.session_ending(session)
            except Exception:
                log.exception("an observer of a meeting failed", during="session_ending")

    def session_ended(self, session: LiveSession, reason: str) -> None:
        self._tell("session_ended", session, reason)
