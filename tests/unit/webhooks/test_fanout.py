from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from roomtape.db import apps, deliveries, meetings, outbox, sessions, webhooks
from roomtape.db.database import Database
from roomtape.domain.meeting import App, Meeting, MeetingStatus, Session, SessionStatus
from roomtape.domain.webhook import Delivery, EndReason, Webhook
from roomtape.webhooks import fanout
from roomtape.webhooks.fanout import fan_out
from tests.support.database import APP, NOW, database

MEETING = Meeting("meeting-1", APP.id, "Weekly", MeetingStatus.ACTIVE, False, None, None, NOW, NOW)
SESSION = Session("s-1", APP.id, MEETING.id, "Weekly", SessionStatus.LIVE, NOW, None, NOW, 0, 0, NOW, NOW)
HOOK = Webhook("w-1", APP.id, "n", "https://h.test/", ("all",), True, NOW, NOW)
PATIENCE = timedelta(hours=24)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with database(tmp_path) as made:
        await meetings.save(made, MEETING)
        yield made


async def told(db: Database, webhook: str) -> list[Delivery]:
    return (await deliveries.find(db, webhook))[0][::-1]


async def out(db: Database) -> int:
    return await fan_out(db, lambda path, until: path, PATIENCE)


async def test_each_webhook_of_the_app_gets_the_events_that_it_wants(db: Database) -> None:
    await apps.insert(db, App("app-2", APP.account_id, "Second", NOW))
    for hook in (
        HOOK,
        replace(HOOK, id="w-ends", events=("meeting.ended",)),
        replace(HOOK, id="w-off", enabled=False),
        replace(HOOK, id="w-other", app_id="app-2"),
    ):
        await webhooks.add(db, hook, 9)
    await sessions.insert(db, SESSION)
    await sessions.end(db, "s-1", NOW, EndReason.EMPTY)
    assert await out(db) == 2
    assert await out(db) == 0
    assert [d.event for d in await told(db, "w-1")] == ["meeting.started", "meeting.ended"]
    (ends,) = await told(db, "w-ends")
    assert json.loads(ends.body)["reason"] == "ALL_PARTICIPANTS_LEFT"
    assert ends.give_up_at - ends.created_at == PATIENCE
    assert await told(db, "w-off") == await told(db, "w-other") == []
    assert len({d.id for w in ("w-1", "w-ends") for d in await told(db, w)}) == 3


async def test_what_happens_while_nobody_listens_is_not_kept(db: Database) -> None:
    await sessions.insert(db, SESSION)
    assert await out(db) == 1
    await webhooks.add(db, HOOK, 9)
    assert await out(db) == 0
    assert await told(db, "w-1") == []


async def test_a_title_is_that_of_the_meeting_and_the_event_that_of_its_moment(db: Database) -> None:
    await webhooks.add(db, HOOK, 9)
    await sessions.insert(db, SESSION)
    await sessions.end(db, "s-1", NOW, EndReason.EMPTY)
    await out(db)
    started = json.loads((await told(db, "w-1"))[0].body)
    assert started["meeting"]["title"] == "Weekly"
    assert "endedAt" not in started["meeting"]


@pytest.mark.parametrize(
    "damaged",
    [{"session_id": "s-1", "meeting_id": MEETING.id, "id": "r"}, {"session_id": "gone", "meeting_id": MEETING.id}, {}],
)
async def test_an_entry_that_makes_no_sense_does_not_hold_up_the_others(db: Database, damaged: dict[str, Any]) -> None:
    await webhooks.add(db, HOOK, 9)
    async with db.transaction() as tx:
        outbox.add(tx, APP.id, "recording.statusUpdate", damaged)
    await sessions.insert(db, SESSION)
    with structlog.testing.capture_logs() as logs:
        assert await out(db) == 2
    assert [d.event for d in await told(db, "w-1")] == ["meeting.started"]
    assert [entry["log_level"] for entry in logs] == ["error"]


async def test_a_long_outbox_is_turned_in_parts(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout, "AT_ONCE", 1)
    await webhooks.add(db, HOOK, 9)
    await sessions.insert(db, SESSION)
    await sessions.end(db, "s-1", NOW, EndReason.EMPTY)
    assert [await out(db), await out(db), await out(db)] == [1, 1, 0]
    assert [d.event for d in await told(db, "w-1")] == ["meeting.started", "meeting.ended"]
