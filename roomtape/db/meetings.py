"""Owns the queries for meetings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from roomtape.db.database import Database
from roomtape.db.locking import locked
from roomtape.db.models import MeetingRow
from roomtape.domain.meeting import Meeting, MeetingStatus
from roomtape.vault import Vault


def _meeting(row: MeetingRow, vault: Vault) -> Meeting:
    return Meeting(
        id=row.id,
        app_id=row.app_id,
        title=row.title,
        status=MeetingStatus(row.status),
        record_on_start=row.record_on_start,
        keep_alive_s=row.keep_alive_s,
        recording_config=vault.opened(row.recording_config),
        created_at=row.created_at,
        updated_at=row.updated_at,
        options=row.options,
    )


def _values(meeting: Meeting, vault: Vault) -> dict[str, Any]:
    values = {name: getattr(meeting, name) for name in Meeting.__dataclass_fields__}
    return values | {"recording_config": vault.sealed(meeting.recording_config)}


async def save(db: Database, meeting: Meeting) -> None:
    """Remember a meeting as it is here, whatever was known of it; to change one, use `change`."""
    async with db.transaction() as tx:
        await tx.merge(MeetingRow(**_values(meeting, db.vault)))


async def change(db: Database, meeting_id: str, to: Callable[[Meeting], Meeting]) -> Meeting:
    """Change a meeting to what `to` makes of it, and return that; whoever else changes it waits.

    Raises NotFound for an unknown id, and what `to` raises; nothing is changed then.
    """
    async with db.transaction() as tx:
        row = await locked(tx, MeetingRow, meeting_id)
        changed = to(_meeting(row, db.vault))
        for name, value in _values(changed, db.vault).items():
            setattr(row, name, value)
        return changed


async def get(db: Database, meeting_id: str) -> Meeting | None:
    """Return the meeting, or None."""
    async with db.transaction() as tx:
        row = await tx.get(MeetingRow, meeting_id)
        return _meeting(row, db.vault) if row else None


async def by_ids(db: Database, meeting_ids: Iterable[str]) -> dict[str, Meeting]:
    """Return the meetings with these ids, by id; unknown ids are left out."""
    query = select(MeetingRow).where(MeetingRow.id.in_(set(meeting_ids)))
    async with db.transaction() as tx:
        return {row.id: _meeting(row, db.vault) for row in await tx.scalars(query)}


async def find(
    db: Database,
    app_id: str,
    *,
    status: MeetingStatus | None = None,
    search: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    offset: int = 0,
    limit: int = 25,
) -> tuple[list[Meeting], int]:
    """Return one page of an app's meetings, the newest first, and how many match in all.

    `search` looks in title and id; `start` and `end` bound the creation, both included.
    """
    query = select(MeetingRow).where(MeetingRow.app_id == app_id)
    if status:
        query = query.where(MeetingRow.status == status)
    if search:
        query = query.where(or_(MeetingRow.title.icontains(search, autoescape=True), MeetingRow.id == search))
    if start:
        query = query.where(MeetingRow.created_at >= start)
    if end:
        query = query.where(MeetingRow.created_at <= end)
    async with db.transaction() as tx:
        total = await tx.scalar(select(func.count()).select_from(query.subquery())) or 0
        rows = await tx.scalars(query.order_by(MeetingRow.created_at.desc(), MeetingRow.id).offset(offset).limit(limit))
        return [_meeting(row, db.vault) for row in rows], total
