"""Owns the analytics endpoint: sessions and recordings of an app, day by day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query

from roomtape.api.auth import WithApp
from roomtape.api.paging import success
from roomtape.api.paths import APP
from roomtape.clock import now_us, to_datetime
from roomtape.db import analytics
from roomtape.db.analytics import Day
from roomtape.errors import InvalidRequest

router = APIRouter(prefix=APP + "/analytics", tags=["Analytics"])

USUAL_DAYS, MOST_DAYS = 30, 366
_EARLIEST = date(1970, 1, 1)
_DAY = r"^\d{4}-\d{2}-\d{2}$"

DayText = Annotated[str, Query(pattern=_DAY, json_schema_extra={"format": "date"}, description="YYYY-MM-DD, UTC.")]


@router.get("/daywise", summary="Get sessions and recordings by day")
async def daywise(
    access: WithApp, start_date: DayText | None = None, end_date: DayText | None = None
) -> dict[str, Any]:
    """Count by the day (UTC) on which each began, both days included; without dates the last 30 days.

    Session minutes are those of all participants together; recording minutes leave pauses out.
    """
    now = to_datetime(now_us())
    last = _day(end_date, "end_date") if end_date else now.date()
    usual = max(last, _EARLIEST + timedelta(days=USUAL_DAYS)) - timedelta(days=USUAL_DAYS - 1)
    first = _day(start_date, "start_date") if start_date else usual
    if first > last:
        raise InvalidRequest("must not come after end_date", "start_date")
    count = (last - first).days + 1
    if count > MOST_DAYS:
        raise InvalidRequest(f"ask for {MOST_DAYS} days at most", "start_date")
    days = [first + timedelta(days=index) for index in range(count)]
    start = datetime.combine(first, time(), UTC)
    db, app_id = access.deps.db, access.app.id
    end = start + timedelta(days=count)
    sessions = await analytics.sessions_by_day(db, app_id, start, end, now)
    recordings = await analytics.recordings_by_day(db, app_id, start, end)
    return success({"session_stats": _sessions(days, sessions), "recording_stats": _recordings(days, recordings)})


def _day(text: str, field: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise InvalidRequest("there is no such day", field) from error
    if not _EARLIEST <= found <= date(9000, 1, 1):
        raise InvalidRequest("lies too far away", field)
    return found


def _minutes(days: dict[date, Day]) -> float:
    return round(sum(day.seconds for day in days.values()) / 60, 3)


def _sessions(days: list[date], found: dict[date, Day]) -> dict[str, Any]:
    none = Day()
    return {
        "sessions_count": sum(day.count for day in found.values()),
        "sessions_minutes_consumed": _minutes(found),
        "day_stats": [
            {
                "day": day.isoformat(),
                "total_sessions": found.get(day, none).count,
                "total_session_minutes": round(found.get(day, none).seconds / 60, 3),
            }
            for day in days
        ],
    }


def _recordings(days: list[date], found: dict[date, Day]) -> dict[str, Any]:
    none = Day()
    return {
        "recording_count": sum(day.count for day in found.values()),
        "recording_minutes_consumed": _minutes(found),
        "day_stats": [
            {
                "day": day.isoformat(),
                "total_recordings": found.get(day, none).count,
                "total_recording_minutes": round(found.get(day, none).seconds / 60),
            }
            for day in days
        ],
    }
