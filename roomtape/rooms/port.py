"""Owns what live meetings ask of whoever records them; rooms know nothing else of recordings."""

from __future__ import annotations

from typing import Protocol

from roomtape.rooms.live import LivePeer, LiveSession


class RoomListener(Protocol):
    """Told of what happens in live sessions. Errors that a method raises are logged and disturb no meeting."""

    async def session_started(self, session: LiveSession) -> None:
        """A session began; its first peer is about to join."""

    def wants_capture(self, session: LiveSession, peer: LivePeer) -> bool:
        """Tell whether this peer's packets shall reach the disk from its first one on."""

    def joined(self, session: LiveSession, peer: LivePeer) -> None:
        """The peer is in now, whether or not it sends anything."""

    def broadcasted(self, session: LiveSession, peer_id: str, name: str, payload: bytes, at_us: int) -> None:
        """A client has broadcast a message (JSON) called `name`; it arrived at `at_us`. It must not block."""

    async def emptied(self, session: LiveSession) -> None:
        """The last peer left; `session.empty_since_us` says when."""

    async def filled(self, session: LiveSession) -> None:
        """Somebody is in again."""

    async def session_ending(self, session: LiveSession) -> None:
        """The session is about to end for good; recordings of it must stop now (awaited)."""

    async def session_ended(self, session: LiveSession) -> None:
        """The session is over: its event log is closed and nothing writes to its capture any more."""

    async def capture_failed(self, session: LiveSession, peer: LivePeer, message: str) -> None:
        """A peer that should be captured is not; `message` says why and what to do."""
