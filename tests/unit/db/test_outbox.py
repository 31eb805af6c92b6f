from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from roomtape.db import deliveries, meetings, outbox, recordings, sessions, webhooks
from roomtape.db.database import Database
from roomtape.domain.meeting import Meeting, MeetingStatus, Peer, Session, SessionStatus
from roomtape.domain.recording import Status, Step
from roomtape.domain.recording_config import RecordingConfig
from roomtape.domain.webhook import Delivery, EndReason, Webhook
from roomtape.errors import Conflict
from tests.support.api import a_recording
from tests.support.database import APP, NOW, database

MEETING = Meeting("meeting-1", APP.id, "Weekly", MeetingStatus.ACTIVE, False, None, None, NOW, NOW)
SESSION = Session("s-1", APP.id, MEETING.id, "Weekly", SessionStatus.LIVE, NOW, None, NOW, 0, 0, NOW, NOW)
PEER = Peer("p-1", "s-1", "part", "user-1", "Ada", None, "host", False, NOW, None, None, 1, 2, 0, False)
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with database(tmp_path) as made:
        await meetings.save(made, MEETING)
        yield made


async def told(db: Database) -> list[tuple[str, dict[str, Any]]]:
    """Return what the outbox holds, and empty it."""
    found = await outbox.oldest(db, 100)
    for entry in found:
        assert entry.app_id == APP.id
        assert await outbox.take(db, entry.id, [])
    return [(entry.event, entry.subject) for entry in found]


async def test_a_sessions_life_is_told_once(db: Database) -> None:
    await sessions.insert(db, SESSION)
    await sessions.add_peer(db, PEER)
    await sessions.change_peer(db, "s-1", "p-1", name="Ada L.")
    await sessions.change_peer(db, "s-1", "p-1", left_at=LATER, leave_reason="left")
    await sessions.end(db, "s-1", LATER, EndReason.HOST)
    await sessions.end(db, "s-1", LATER + timedelta(1), EndReason.EMPTY)
    found = await told(db)
    assert [event for event, _ in found] == [
        "meeting.started",
        "meeting.participantJoined",
        "meeting.participantLeft",
        "meeting.ended",
    ]
    where = {"meeting_id": MEETING.id, "session_id": "s-1"}
    assert all(subject.items() >= where.items() for _, subject in found)
    left = found[2][1]["peer"]
    assert (left["name"], left["left_us"] - left["joined_us"]) == ("Ada L.", 60_000_000)
    assert found[3][1]["reason"] == "HOST_ENDED_MEETING"
    ended = await sessions.get(db, "s-1")
    assert ended is not None
    assert (ended.status, ended.ended_at, ended.live_participants) == (SessionStatus.ENDED, LATER, 0)


async def test_nobody_is_told_of_hidden_peers(db: Database) -> None:
    await sessions.insert(db, SESSION)
    await told(db)
    await sessions.add_peer(db, Peer(**{**vars(PEER), "hidden": True}))
    await sessions.change_peer(db, "s-1", "p-1", left_at=LATER)
    assert await told(db) == []


async def test_each_status_of_a_recording_is_told_as_it_was_and_no_secret(db: Database) -> None:
    await sessions.insert(db, SESSION)
    await told(db)
    config = RecordingConfig(rtmp_url="rtmp://live.example.com/secret")
    made = a_recording(APP.id, MEETING.id, "s-1", config=config)
    await recordings.insert(db, made)
    await recordings.step(db, made.id, Step.CONFIRM, started_at=NOW)
    await recordings.step(db, made.id, Step.STOP, stopped_at=LATER)
    with pytest.raises(Conflict):
        await recordings.step(db, made.id, Step.PAUSE)
    await recordings.step(db, made.id, Step.DELIVER, file_size=7, download="a/b.mp4", expires_at=LATER)
    found = await told(db)
    assert {event for event, _ in found} == {"recording.statusUpdate"}
    assert [s["status"] for _, s in found] == [
        Status.INVOKED, Status.RECORDING, Status.UPLOADING, Status.UPLOADED,
    ]  # fmt: skip
    assert [s["file_size"] for _, s in found] == [None, None, None, 7]
    assert [s["stopped_us"] is None for _, s in found] == [True, True, False, False]
    assert found[3][1]["download"] == "a/b.mp4"
    assert "secret" not in str(found)


async def test_what_is_rolled_back_is_not_told(db: Database) -> None:
    async def fails() -> None:
        async with db.transaction() as tx:
            outbox.add(tx, APP.id, "meeting.started", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails()
    assert await outbox.oldest(db, 1) == []


async def test_an_entry_is_taken_by_one(db: Database) -> None:
    await webhooks.add(db, Webhook("w", APP.id, "n", "https://h.test/", ("all",), True, NOW, NOW), 9)
    async with db.transaction() as tx:
        outbox.add(tx, APP.id, "meeting.started", {})
    (entry,) = await outbox.oldest(db, 1)
    one, two = (Delivery(d, "w", "e", "s", "{}", NOW, NOW, LATER) for d in ("d-1", "d-2"))
    assert await outbox.take(db, entry.id, [one])
    assert not await outbox.take(db, entry.id, [two])
    assert (await deliveries.find(db, "w"))[0] == [one]


async def test_nothing_is_kept_for_webhooks_that_were_switched_off_or_deleted_meanwhile(db: Database) -> None:
    hook = Webhook("w", APP.id, "n", "https://h.test/", ("all",), True, NOW, NOW)
    for name in ("w", "off", "gone"):
        await webhooks.add(db, replace(hook, id=name), 9)
    async with db.transaction() as tx:
        outbox.add(tx, APP.id, "meeting.started", {})
    (entry,) = await outbox.oldest(db, 1)
    made = [Delivery(f"d-{w}", w, "e", "s", "{}", NOW, NOW, LATER) for w in ("off", "gone", "w")]
    await webhooks.change(db, "off", NOW, enabled=False)
    await webhooks.delete(db, "gone")
    assert await outbox.take(db, entry.id, made)
    assert [(await deliveries.find(db, w))[1] for w in ("off", "gone", "w")] == [0, 0, 1]
