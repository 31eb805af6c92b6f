from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from roomtape.db import apps, meetings
from roomtape.domain.meeting import Meeting, MeetingStatus
from roomtape.errors import NotFound
from tests.support.database import APP, NOW, database

MEETING = Meeting(
    id="meeting-1",
    app_id=APP.id,
    title="Weekly 📼",
    status=MeetingStatus.ACTIVE,
    record_on_start=True,
    keep_alive_s=12.5,
    recording_config={"max_seconds": 60},
    created_at=NOW,
    updated_at=NOW,
    options={"persist_chat": True},
)


async def test_a_meeting_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        await meetings.save(db, MEETING)
        assert await meetings.get(db, MEETING.id) == MEETING
        bare = replace(MEETING, title=None, keep_alive_s=None, recording_config=None, options={})
        await meetings.save(db, bare)
        assert await meetings.get(db, MEETING.id) == bare
        assert await meetings.get(db, "meeting-2") is None
        assert await meetings.by_ids(db, [MEETING.id, "meeting-2"]) == {MEETING.id: bare}
        assert await meetings.by_ids(db, []) == {}


async def test_meetings_are_found(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        await apps.insert(db, replace(APP, id="app-2"))
        made = [replace(MEETING, id=f"m{n}", title=f"Week {n}", created_at=NOW + timedelta(hours=n)) for n in range(4)]
        made[2] = replace(made[2], status=MeetingStatus.INACTIVE)
        for meeting in [*made, replace(MEETING, app_id="app-2")]:
            await meetings.save(db, meeting)

        async def found(**filters: object) -> list[str]:
            rows, total = await meetings.find(db, APP.id, **filters)  # type: ignore[arg-type]
            assert total == len(rows)
            return [m.id for m in rows]

        assert await found() == ["m3", "m2", "m1", "m0"]
        assert await found(status=MeetingStatus.INACTIVE) == ["m2"]
        assert await found(search="k 1") == ["m1"]
        assert await found(search="m0") == ["m0"]
        assert await found(search="_") == []
        assert await found(start=NOW + timedelta(hours=2)) == ["m3", "m2"]
        assert await found(end=NOW + timedelta(hours=1)) == ["m1", "m0"]
        assert await meetings.find(db, APP.id, offset=1, limit=2) == ([made[2], made[1]], 4)


async def test_many_at_once_wait_for_one_another(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        made = [replace(MEETING, id=f"m{n}") for n in range(30)]
        await asyncio.gather(*(meetings.save(db, meeting) for meeting in made))
        await asyncio.gather(*(meetings.save(db, replace(meeting, title="changed")) for meeting in made))
        rows, total = await meetings.find(db, APP.id, limit=100)
        assert total == 30
        assert {m.title for m in rows} == {"changed"}


async def test_a_meeting_that_two_change_at_once_has_both_changes(tmp_path: Path) -> None:
    def put(name: str) -> Callable[[Meeting], Meeting]:
        return lambda meeting: replace(meeting, options=meeting.options | {name: True})

    async with database(tmp_path) as db:
        await meetings.save(db, MEETING)
        names = [f"o{n}" for n in range(10)]
        await asyncio.gather(*(meetings.change(db, MEETING.id, put(name)) for name in names))
        found = await meetings.get(db, MEETING.id)
        assert found is not None
        assert found.options == {"persist_chat": True} | dict.fromkeys(names, True)
        config = {"live_streaming_config": {"rtmp_url": "rtmp://a.example/b/canary"}}
        changed = await meetings.change(db, MEETING.id, lambda meeting: replace(meeting, recording_config=config))
        assert (await meetings.get(db, MEETING.id)) == changed == replace(found, recording_config=config)
        with pytest.raises(NotFound):
            await meetings.change(db, "meeting-2", put("o"))
        await db.close()
        assert all(b"canary" not in file.read_bytes() for file in tmp_path.iterdir())
