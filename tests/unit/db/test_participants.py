from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from roomtape.db import meetings, participants
from roomtape.domain.meeting import Meeting, MeetingStatus, Participant
from tests.support.database import APP, NOW, database

MEETING = Meeting("meeting-1", APP.id, None, MeetingStatus.ACTIVE, False, None, None, NOW, NOW)
ADA = Participant("p-1", MEETING.id, "user-1", "Ada", None, "group_call_host", NOW, NOW)


async def test_a_participant_is_kept_changed_listed_and_forgotten(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        await meetings.save(db, MEETING)
        await meetings.save(db, replace(MEETING, id="meeting-2"))
        await participants.save(db, ADA)
        assert await participants.get(db, ADA.id) == ADA
        renamed = replace(ADA, name=None, picture="https://a.example/p.png")
        await participants.save(db, renamed)
        bob = replace(ADA, id="p-2", created_at=NOW + timedelta(seconds=1))
        await participants.save(db, bob)
        await participants.save(db, replace(ADA, id="p-3", meeting_id="meeting-2"))
        assert await participants.find(db, MEETING.id) == ([renamed, bob], 2)
        assert await participants.find(db, MEETING.id, offset=1, limit=1) == ([bob], 2)
        await participants.delete(db, ADA.id)
        assert await participants.get(db, ADA.id) is None
        assert await participants.find(db, MEETING.id) == ([bob], 1)


async def test_recorders_are_found_and_forgotten_but_not_listed(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        await meetings.save(db, MEETING)
        await participants.save(db, ADA)
        recorders = [replace(ADA, id=f"r-{n}", recorder_of=f"rec-{n}") for n in range(3)]
        for one in recorders:
            await participants.save(db, one)
        assert await participants.find(db, MEETING.id) == ([ADA], 1)
        assert await participants.get(db, "r-1") == recorders[1]
        assert await participants.recorder_of(db, "rec-1") == recorders[1]
        await participants.forget_recorders(db, of="rec-1")
        assert await participants.recorder_of(db, "rec-1") is None
        await participants.forget_recorders(db, but_of=["rec-2"])
        assert await participants.recorder_of(db, "rec-0") is None
        assert await participants.recorder_of(db, "rec-2") == recorders[2]
        await participants.forget_recorders(db)
        assert await participants.recorder_of(db, "rec-2") is None
        assert await participants.get(db, ADA.id) == ADA
