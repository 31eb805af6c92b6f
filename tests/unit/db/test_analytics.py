from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from roomtape.db import analytics, meetings, sessions
from roomtape.db.analytics import Day
from roomtape.domain.meeting import Meeting, MeetingStatus
from tests.support.api import a_peer, a_session
from tests.support.database import APP, database

MEETING = Meeting(
    "m-1", APP.id, None, MeetingStatus.ACTIVE, False, None, None, datetime(2026, 3, 1, tzinfo=UTC), datetime.now(UTC)
)
MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)


async def test_sessions_count_for_the_day_they_began_from_its_first_moment_to_its_last(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        await meetings.save(db, MEETING)
        for at in (MIDNIGHT - timedelta(microseconds=1), MIDNIGHT, MIDNIGHT + timedelta(days=1, microseconds=-1)):
            session = replace(a_session(APP.id, MEETING.id), started_at=at)
            await sessions.insert(db, session)
        now = MIDNIGHT + timedelta(days=2)
        still_in = replace(a_peer(session.id), joined_at=now - timedelta(seconds=90))
        await sessions.add_peer(db, still_in)
        await sessions.add_peer(db, replace(still_in, id="hidden", hidden=True))
        twice = replace(still_in, id="twice", joined_at=MIDNIGHT, left_at=MIDNIGHT + timedelta(seconds=20))
        await sessions.add_peer(db, twice)
        await sessions.add_peer(db, replace(twice, joined_at=now - timedelta(seconds=10), left_at=None))
        found = await analytics.sessions_by_day(db, APP.id, MIDNIGHT, MIDNIGHT + timedelta(days=1), now)
        assert found == {date(2026, 3, 1): Day(2, 120)}
        assert await analytics.sessions_by_day(db, "another-app", MIDNIGHT, now, now) == {}
        assert await analytics.recordings_by_day(db, APP.id, MIDNIGHT, now) == {}
        assert await sessions.minutes_of(db, [session.id, "none"], now) == {session.id: 2, "none": 0}
