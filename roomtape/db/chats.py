"""Owns the queries for the chat logs of sessions that are over: where each lies in the bucket, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, update

from roomtape.clock import to_us
from roomtape.db import outbox
from roomtape.db.database import Database
from roomtape.db.models import SessionRow
from roomtape.domain.webhook import Event


@dataclass(frozen=True)
class ChatLog:
    """`path` in the own bucket is None once the file has expired."""

    session_id: str
    path: str | None
    expires_at: datetime


async def keep(db: Database, log: ChatLog) -> None:
    """Remember where a session's chat lies and have webhooks told; doing nothing when it is remembered already."""
    mine = SessionRow.id == log.session_id, SessionRow.chat_expires_at.is_(None)
    values = {"chat_path": log.path, "chat_expires_at": log.expires_at}
    async with db.transaction() as tx:
        row = (await tx.scalars(update(SessionRow).where(*mine).values(**values).returning(SessionRow))).first()
        if row is not None:
            subject = {"meeting_id": row.meeting_id, "session_id": row.id}
            place = {"path": log.path, "expires_us": to_us(log.expires_at)}
            outbox.add(tx, row.app_id, Event.CHAT_SYNCED, subject | place)


async def get(db: Database, session_id: str) -> ChatLog | None:
    """Return what is known of a session's chat log, None when it has none (yet)."""
    mine = SessionRow.id == session_id, SessionRow.chat_expires_at.is_not(None)
    return next(iter(await _found(db, *mine)), None)


async def expiring(db: Database, now: datetime) -> list[ChatLog]:
    """Return the chat logs whose time is over at `now` and whose files are not gone yet."""
    due = SessionRow.chat_path.is_not(None), SessionRow.chat_expires_at <= now
    return await _found(db, *due)


async def expire(db: Database, session_id: str) -> None:
    """Mark that a chat log's file is gone."""
    async with db.transaction() as tx:
        await tx.execute(update(SessionRow).where(SessionRow.id == session_id).values(chat_path=None))


async def _found(db: Database, *conditions: ColumnElement[bool]) -> list[ChatLog]:
    query = select(SessionRow.id, SessionRow.chat_path, SessionRow.chat_expires_at).where(*conditions)
    async with db.transaction() as tx:
        found = (await tx.execute(query)).all()
    return [ChatLog(session_id, path, expires_at) for session_id, path, expires_at in found if expires_at is not None]
