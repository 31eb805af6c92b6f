"""Owns the regular look at running captures: synced to the disk, switched as wanted, and the disk not full."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from roomtape.clock import now_us, to_datetime
from roomtape.db import recordings as rows
from roomtape.db.database import Database
from roomtape.domain.recording import Status
from roomtape.errors import RoomtapeError, StorageError
from roomtape.recordings import disk
from roomtape.recordings.captures import Captures
from roomtape.recordings.port import Rooms
from roomtape.recordings.rounds import Rounds
from roomtape.rooms.live import LiveSession

log = structlog.get_logger()


@dataclass(frozen=True)
class _Trouble:
    """What is wrong with the disk; `broken`: writes fail already."""

    sentence: str
    broken: bool


class CaptureWatch:
    """One round each `interval_s` over the sessions with a running recording."""

    def __init__(self, interval_s: float, db: Database, rooms: Rooms, captures: Captures) -> None:
        self._db = db
        self._rooms = rooms
        self._captures = captures
        self._trouble: dict[str, _Trouble] = {}
        self._told: dict[str, set[_Trouble]] = {}  # by recording
        self._rounds = Rounds("looking after captures", interval_s)

    def start(self) -> None:
        """Begin the rounds."""
        self._rounds.start(self._look_at_all)

    async def stop(self) -> None:
        """End the rounds."""
        await self._rounds.stop()

    async def _look_at_all(self) -> None:
        for session in list(self._rooms.sessions.values()):
            try:
                await self.look(session)
            except RoomtapeError as error:
                log.warning("captures not looked after", session_id=session.id, error=str(error))
            except Exception:
                log.exception("captures not looked after", session_id=session.id)

    async def look(self, session: LiveSession) -> None:
        """One round over a session: sync, probe, tell its recordings of trouble that came or went, switch again."""
        running = [r for r in self._captures.of_session(session.id) if r.status is Status.RECORDING]
        if not running:
            self._trouble.pop(session.id, None)
        else:
            self._told = {id: told for id, told in self._told.items() if id in self._captures.active}
            bases = [peer.base for peer in session.peers.values() if peer.base is not None]
            await self._judge(session, await asyncio.to_thread(_check, session, bases))
        if not session.ended and self._captures.differ(session):
            for peer_id, error in (await self._captures.apply(session)).items():
                log.warning("capture not as wanted", session_id=session.id, peer_id=peer_id, error=str(error))

    async def _judge(self, session: LiveSession, trouble: _Trouble | None) -> None:
        before = self._trouble.pop(session.id, None)
        if trouble is not None:
            self._trouble[session.id] = trouble
            if trouble != before:
                log.error("captures in danger", session_id=session.id, trouble=trouble.sentence)
            await self._tell(session, trouble)
        if before is not None and before.broken and not (trouble is not None and trouble.broken):
            for peer_id, error in (await self._captures.renew(session)).items():
                log.warning("capture not renewed", session_id=session.id, peer_id=peer_id, error=str(error))
            await self._tell_of_the_end(session)

    async def _tell(self, session: LiveSession, trouble: _Trouble) -> None:
        """Each recording is told once, also one that began when the trouble was there already."""
        for recording in self._captures.of_session(session.id):
            told = self._told.setdefault(recording.id, set())
            if trouble not in told:
                told.add(trouble)
                await rows.warn(self._db, recording.id, trouble.sentence)

    async def _tell_of_the_end(self, session: LiveSession) -> None:
        for recording in self._captures.of_session(session.id):
            if any(told.broken for told in self._told.pop(recording.id, ())):
                again = f"captures are written again since {to_datetime(now_us()):%H:%M:%S} UTC"
                await rows.warn(self._db, recording.id, again)


def _check(session: LiveSession, bases: list[str]) -> _Trouble | None:
    """Sync the running takes and return what is wrong with the disk, or None."""
    try:
        disk.sync_takes(session.capture_dir, bases)
        disk.probe(session.capture_dir)
    except StorageError as error:
        return _Trouble(str(error), broken=True)
    short = disk.shortage(session.capture_dir)
    return None if short is None else _Trouble(short, broken=False)
