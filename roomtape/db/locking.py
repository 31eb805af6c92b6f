"""Owns taking a row for oneself, so that what is read and written in one transaction loses nobody's change."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from roomtape.db.models import AppRow, MeetingRow, RecordingRow
from roomtape.errors import NotFound

Row = TypeVar("Row", AppRow, MeetingRow, RecordingRow)


async def locked(tx: AsyncSession, kind: type[Row], row_id: str) -> Row:
    """Return the row, locked until the transaction ends. Raises NotFound.

    The update that changes nothing takes the lock in both databases: SQLite has no SELECT FOR UPDATE, and a
    transaction there that begins by reading fails when another one wrote before its first write.
    """
    mine = kind.id == row_id
    await tx.execute(update(kind).where(mine).values(id=row_id))
    row = (await tx.scalars(select(kind).where(mine))).first()
    if row is None:
        raise NotFound(f"there is no {kind.__tablename__.removesuffix('s')} {row_id}")
    return row
