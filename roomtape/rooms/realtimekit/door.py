"""Owns the way from an admitted participant to the sockets of their session, which it starts when there is none."""

from __future__ import annotations

import asyncio
from typing import Protocol

from roomtape.db import recordings
from roomtape.db.database import Database
from roomtape.domain.meeting import Meeting
from roomtape.rooms.admission import Admission
from roomtape.rooms.live import LiveSession
from roomtape.rooms.realtimekit.chatlog import ChatLogs
from roomtape.rooms.realtimekit.media_port import MediaRooms
from roomtape.rooms.realtimekit.session_door import House, Seat, SessionDoor


class Opening(House, Protocol):
    """What the door needs of the rooms (`rooms.service.Rooms`)."""

    @property
    def sessions(self) -> dict[str, LiveSession]: ...

    @property
    def sdk_media(self) -> MediaRooms: ...

    async def open(self, meeting: Meeting) -> LiveSession: ...


class Door:
    """The sessions that have had a socket, each with its door."""

    def __init__(self, rooms: Opening, db: Database, chat_logs: ChatLogs) -> None:
        self._rooms = rooms
        self._db = db
        self._chat_logs = chat_logs
        self._doors: dict[str, SessionDoor] = {}
        self._opening = asyncio.Lock()

    async def attach(self, admission: Admission, peer_id: str) -> tuple[SessionDoor, Seat]:
        """Seat a participant's client. Raises as `Rooms.open` and `MediaRooms.open` do."""
        session = await self._rooms.open(admission.meeting)
        door = await self._of(session)
        door.check_free(admission.participant.id, peer_id)
        media = await self._rooms.sdk_media.open(session, admission, peer_id)
        return door, door.attach(admission, media)

    async def _of(self, session: LiveSession) -> SessionDoor:
        async with self._opening:
            found = self._doors.get(session.id)
            if found is None:
                running = await recordings.active_of(self._db, session.meeting_id)
                here = [r for r in running if r.session_id == session.id]
                self._doors = {i: d for i, d in self._doors.items() if not d.session.ended}
                found = SessionDoor(self._rooms, session, here, self._chat_logs)
                await asyncio.to_thread(self._chat_logs.files.load, session.id, found.room)
                self._doors[session.id] = found
            return found
