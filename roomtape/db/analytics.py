"""Owns the queries behind figures over many sessions and recordings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from roomtape.db.database import Database
from roomtape.db.models import PeerRow, RecordingRow, SessionRow
from roomtape.db.sessions import seconds_in


@dataclass
class Day:
    """How many things began on a day (UTC), and how long they lasted together."""

    count: int = 0
    seconds: float = 0.0


async def sessions_by_day(db: Database, app_id: str, start: datetime, end: datetime, now: datetime) -> dict[date, Day]:
    """Return the sessions that began in `start` ≤ moment < `end` by day; a day without any is left out.

    `seconds` is how long their peers were in, summed, to the second for each one's last stay and up to `now` for those
    who still are; hidden peers do not count.
    """
    mine = (PeerRow.session_id == SessionRow.id) & ~PeerRow.hidden
    query = (
        select(SessionRow.started_at, func.coalesce(func.sum(seconds_in(now)), 0))
        .outerjoin(PeerRow, mine)
        .where(SessionRow.app_id == app_id, SessionRow.started_at >= start, SessionRow.started_at < end)
        .group_by(SessionRow.id, SessionRow.started_at)
    )
    async with db.transaction() as tx:
        return _by_day((at, float(seconds)) for at, seconds in await tx.execute(query))


async def recordings_by_day(db: Database, app_id: str, start: datetime, end: datetime) -> dict[date, Day]:
    """Return the recordings that were asked for in `start` ≤ moment < `end` by day; a day without any is left out.

    `seconds` is what was recorded, pauses left out; a recording that is not rendered yet counts 0.
    """
    query = select(RecordingRow.invoked_at, RecordingRow.duration_ms).where(
        RecordingRow.app_id == app_id, RecordingRow.invoked_at >= start, RecordingRow.invoked_at < end
    )
    async with db.transaction() as tx:
        return _by_day((at, (ms or 0) / 1000) for at, ms in await tx.execute(query))


def _by_day(found: Iterable[tuple[datetime, float]]) -> dict[date, Day]:
    days: dict[date, Day] = {}
    for at, seconds in found:
        day = days.setdefault(at.date(), Day())
        day.count += 1
        day.seconds += seconds
    return days
