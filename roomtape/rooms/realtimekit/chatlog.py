"""Owns the chat log of a session that is over: a CSV of its public messages in the own bucket, told to webhooks.

Source: "CSV chat dump format" of RealtimeKit's chat guide. Private messages are left out: the format has no column that
says to whom a message went, so what two people told each other would stand there as if everybody had read it.
"""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Container, Iterable
from datetime import timedelta
from pathlib import Path

import structlog

from roomtape.clock import now_us, to_datetime
from roomtape.db import apps, chats, sessions
from roomtape.db.chats import ChatLog
from roomtape.db.database import Database
from roomtape.domain.meeting import Session, SessionStatus
from roomtape.errors import RoomtapeError
from roomtape.rooms.realtimekit.chat import Type, is_public
from roomtape.rooms.realtimekit.memory import RoomFiles
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb
from roomtape.storage.port import Bucket

log = structlog.get_logger()

NAME = "chat.csv"
COLUMNS = (
    "id",
    "participantId",
    "sessionId",
    "meetingId",
    "displayName",
    "pinned",
    "isEdited",
    "payloadType",
    "payload",
    "createdAt",
)


def write(file: Path, session: Session, messages: Iterable[pb.ChatMessage]) -> int:
    """Write the public ones of `messages` as CSV (RFC 4180, UTF-8) and return how many they are. Raises OSError."""
    count = 0
    with file.open("w", encoding="utf-8", newline="") as writing:
        rows = csv.writer(writing)
        rows.writerow(COLUMNS)
        for message in messages:
            if is_public(message):
                rows.writerow(_row(session, message))
                count += 1
    return count


def _row(session: Session, message: pb.ChatMessage) -> tuple[str, ...]:
    sent = to_datetime(message.created_at_ms * 1000).isoformat(timespec="milliseconds")
    return (
        message.chat_id,
        message.user_id,
        session.id,
        session.meeting_id,
        message.display_name,
        "true" if message.pinned else "false",
        "true" if message.is_edited else "false",
        f"{Type(message.payload_type).name}_MESSAGE",
        message.payload,
        sent.replace("+00:00", "Z"),
    )


class ChatLogs:
    """Makes the logs from `files`, what rooms remember, which are forgotten only when the log is where it belongs.

    So a server that is killed at any moment makes the log at its next start. Logs stay as long as the app's recordings
    do, `retention_days` where the app says nothing.
    """

    def __init__(self, db: Database, files: RoomFiles, bucket: Bucket, retention_days: float) -> None:
        self.files = files
        self._db = db
        self._bucket = bucket
        self._retention_days = retention_days
        self._lock = asyncio.Lock()

    async def sweep(self, live: Container[str]) -> None:
        """Make the logs of all sessions but those that are `live`, and delete those whose time is over."""
        for session_id in await asyncio.to_thread(self.files.sessions):
            if session_id not in live:
                await self.make(session_id)
        for due in await chats.expiring(self._db, to_datetime(now_us())):
            try:
                await self._bucket.delete(due.path or "")
            except RoomtapeError as error:
                log.warning("chat log not deleted yet", session_id=due.session_id, error=str(error))
            else:
                await chats.expire(self._db, due.session_id)
                log.info("chat log expired", session_id=due.session_id)

    async def make(self, session_id: str) -> None:
        """Make the log of a session that is over, once; what could not be written is tried again at the next sweep."""
        async with self._lock:
            session = await sessions.get(self._db, session_id)
            if session is not None and session.status is SessionStatus.LIVE:
                return
            try:
                if session is not None and await chats.get(self._db, session_id) is None:
                    await self._made(session)
                await asyncio.to_thread(self.files.forget, session_id)
            except ValueError as error:
                log.error(
                    "chat log cannot be made; what is left of it is kept", session_id=session_id, error=str(error)
                )
                await asyncio.to_thread(self.files.set_aside, session_id)
            except (OSError, RoomtapeError) as error:
                log.warning("chat log not made yet", session_id=session_id, error=str(error))

    async def _made(self, session: Session) -> None:
        file = self.files.folder / f"{session.id}.csv"
        # One that a crash left may be the very file that lies in the bucket, under its second name.
        file.unlink(missing_ok=True)
        count = await asyncio.to_thread(lambda: write(file, session, self.files.chat(session.id)))
        if count == 0:
            return
        path = f"{session.app_id}/{session.id}/{NAME}"
        await self._bucket.put(path, file)
        expires_at = to_datetime(now_us()) + await self._stays(session)
        await chats.keep(self._db, ChatLog(session.id, path, expires_at))
        log.info("chat log made", session_id=session.id, messages=count)

    async def _stays(self, session: Session) -> timedelta:
        app = await apps.get(self._db, session.app_id)
        config = (app.recording_config if app is not None else None) or {}
        return timedelta(days=config.get("retention_days") or self._retention_days)
