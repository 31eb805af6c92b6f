"""Owns making the SFU write exactly the packets that the live recordings want, no peer's more and none less."""

from __future__ import annotations

import asyncio
import time
from weakref import WeakValueDictionary

from roomtape.domain.recording import Recording
from roomtape.errors import RoomtapeError, StorageError
from roomtape.recordings import selection
from roomtape.recordings.port import Rooms
from roomtape.rooms.live import LivePeer, LiveSession

SWITCH_WITHIN_S = 10.0
RETRY_AFTER_S = 5.0


class Captures:
    """`active` holds the live recordings by id; whoever changes it calls `apply` for the session. `unbegun` are those
    whose page has not begun: of them nothing is written."""

    def __init__(self, rooms: Rooms) -> None:
        self.active: dict[str, Recording] = {}
        self.unbegun: set[str] = set()
        self._rooms = rooms
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._retry_at: dict[str, float] = {}

    def of_session(self, session_id: str) -> list[Recording]:
        """Return the live recordings of a session."""
        return [r for r in self.active.values() if r.session_id == session_id]

    def wants(self, session: LiveSession, peer: LivePeer) -> bool:
        """Tell whether the peer's packets must be written now."""
        return selection.wanted((r for r in self.of_session(session.id) if r.id not in self.unbegun), peer)

    def differ(self, session: LiveSession) -> bool:
        """Tell whether some peer is captured and should not be, or the other way round, and it is time to try again."""
        now = time.monotonic()
        return any(p for p in self._wrong(session) if self._retry_at.get(p.id, 0.0) <= now)

    async def apply(self, session: LiveSession) -> dict[str, RoomtapeError]:
        """Switch every peer whose capture is not as wanted; return the errors by peer id.

        One call at a time for a session, each with the recordings of its moment: the last one has the last word.
        """
        async with self._locks.setdefault(session.id, asyncio.Lock()):
            wrong = self._wrong(session)
            done = await asyncio.gather(*(self._switch(session, peer, self.wants(session, peer)) for peer in wrong))
            errors = {peer.id: error for peer, error in zip(wrong, done, strict=True) if error is not None}
        for peer_id in errors:
            self._retry_at[peer_id] = time.monotonic() + RETRY_AFTER_S
        return errors

    async def renew(self, session: LiveSession) -> dict[str, RoomtapeError]:
        """Begin new files for everybody who is captured; return the errors by peer id.

        After a write that failed half way, a file has a torn packet in it, and what follows that is hard to find.
        """
        async with self._locks.setdefault(session.id, asyncio.Lock()):
            captured = [peer for peer in session.peers.values() if peer.base is not None]
            await asyncio.gather(*(self._switch(session, peer, False) for peer in captured))
        return await self.apply(session)

    def _wrong(self, session: LiveSession) -> list[LivePeer]:
        return [
            p for p in session.peers.values() if p.handle is not None and (p.base is not None) != self.wants(session, p)
        ]

    async def _switch(self, session: LiveSession, peer: LivePeer, on: bool) -> RoomtapeError | None:
        try:
            async with asyncio.timeout(SWITCH_WITHIN_S):
                await self._rooms.capture(session, peer.id, on)
        except RoomtapeError as error:
            return error
        except OSError as error:  # TimeoutError is one of them
            why = error.strerror or f"no answer within {SWITCH_WITHIN_S:.0f} s"
            return StorageError(f"the capture of {peer.name} could not be switched: {why}")
        self._retry_at.pop(peer.id, None)
        return None
