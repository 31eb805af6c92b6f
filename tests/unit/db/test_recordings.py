import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text

from roomtape.db import recordings as rows
from roomtape.db import sessions
from roomtape.db.database import Database
from roomtape.domain.recording import Caller, CallerType, Kind, Status, Step, StopCause
from roomtape.domain.recording_config import Layer, RecordingConfig
from roomtape.errors import Conflict, NotFound
from tests.support.fakestorage import STORAGE
from tests.support.recording_fakes import APP, NOW, make_database, meeting, recording, session_row

ANNA = Caller(CallerType.USER, "Anna", "user-anna")


@pytest_asyncio.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    made = await make_database(tmp_path, meeting(), meeting("meet-2"))
    await sessions.insert(made, session_row("sess-1"))
    await sessions.insert(made, session_row("sess-2", "meet-2"))
    yield made
    await made.close()


async def test_a_recording_comes_back_as_it_was(db: Database) -> None:
    config = RecordingConfig(layers=(Layer("x", "y", "video"),), user_ids=("a", "b"), max_seconds=61)
    given = recording(config=config, start_caller=ANNA, kind=Kind.TRACK, warnings=("w",))
    await rows.insert(db, given)
    assert await rows.get(db, "rec-1") == given
    assert await rows.get(db, "rec-2") is None


async def test_a_streams_address_is_sealed_in_the_row(db: Database) -> None:
    given = recording(config=RecordingConfig(rtmp_url="rtmp://live.example.com/app/secret-key"))
    await rows.insert(db, given)
    assert await rows.get(db, "rec-1") == given
    assert "secret-key" not in repr(given)
    async with db.engine.connect() as connection:
        row = (await connection.execute(text("SELECT * FROM recordings"))).one()
    assert "sealed:" in str(tuple(row))
    assert "secret-key" not in str(tuple(row))


async def test_a_step_changes_status_and_columns_together(db: Database) -> None:
    await rows.insert(db, recording(status=Status.RECORDING, started_at=NOW))
    after = await rows.step(
        db, "rec-1", Step.STOP, stopped_at=NOW, stop_cause=StopCause.API_CALL, stop_caller=ANNA, warnings=("x",)
    )
    assert (after.status, after.stop_caller, after.stop_cause) == (Status.UPLOADING, ANNA, StopCause.API_CALL)
    assert await rows.get(db, "rec-1") == after


async def test_how_long_it_is_changes_nothing_else(db: Database) -> None:
    given = recording(status=Status.UPLOADING, started_at=NOW)
    await rows.insert(db, given)
    await rows.set_duration(db, "rec-1", 90_500)
    assert await rows.get(db, "rec-1") == replace(given, duration_ms=90_500)


async def test_an_illegal_step_changes_nothing(db: Database) -> None:
    await rows.insert(db, recording(status=Status.UPLOADED))
    with pytest.raises(Conflict, match="UPLOADED cannot stop"):
        await rows.step(db, "rec-1", Step.STOP, stopped_at=NOW)
    found = await rows.get(db, "rec-1")
    assert found is not None
    assert (found.status, found.stopped_at) == (Status.UPLOADED, None)
    with pytest.raises(NotFound):
        await rows.step(db, "nobody", Step.STOP)


async def test_of_many_stops_at_once_one_wins_and_no_warning_is_lost(db: Database) -> None:
    await rows.insert(db, recording(status=Status.RECORDING))
    stops = [rows.step(db, "rec-1", Step.STOP, stop_caller=ANNA) for _ in range(8)]
    warns = [rows.warn(db, "rec-1", f"warning {i % 6}") for i in range(12)]
    answers = await asyncio.gather(*stops, *warns, return_exceptions=True)
    assert sum(isinstance(a, Conflict) for a in answers) == 7
    assert [a for a in answers if isinstance(a, BaseException) and not isinstance(a, Conflict)] == []
    found = await rows.get(db, "rec-1")
    assert found is not None
    assert sorted(found.warnings) == [f"warning {i}" for i in range(6)]


async def test_live_unfinished_and_expiring_ones_are_found(db: Database) -> None:
    for number, status in enumerate(Status):
        await rows.insert(
            db,
            recording(f"rec-{status.value}", status=status, invoked_at=NOW + timedelta(seconds=number), expires_at=NOW),
        )
    await rows.insert(db, recording("other", meeting_id="meet-2", session_id="sess-2", status=Status.PAUSED))
    assert [r.id for r in await rows.active_of(db, "meet-1")] == ["rec-INVOKED", "rec-RECORDING", "rec-PAUSED"]
    assert len(await rows.active(db)) == 4
    assert [r.id for r in await rows.unfinished(db)] == ["rec-UPLOADING"]
    assert [r.id for r in await rows.of_session(db, "sess-2")] == ["other"]
    assert [r.id for r in await rows.expiring(db, NOW)] == ["rec-UPLOADED", "rec-ERRORED"]
    assert await rows.expiring(db, NOW - timedelta(seconds=1)) == []
    await rows.expire(db, "rec-UPLOADED")
    await rows.expire(db, "rec-ERRORED")
    assert await rows.expiring(db, NOW) == []


async def test_expiring_takes_the_links(db: Database) -> None:
    await rows.insert(db, recording(status=Status.UPLOADED, download="http://x", audio_download="http://y"))
    await rows.expire(db, "rec-1")
    found = await rows.get(db, "rec-1")
    assert found is not None
    assert (found.expired, found.download, found.audio_download, found.status) == (True, None, None, Status.UPLOADED)


async def test_remains_of_an_upload_go_and_nothing_is_said_to_have_expired(db: Database) -> None:
    await rows.insert(db, recording(status=Status.ERRORED, expires_at=NOW))
    await rows.expire(db, "rec-1")
    found = await rows.get(db, "rec-1")
    assert found is not None
    assert (found.expired, found.expires_at) == (False, None)


async def test_a_delivery_counts_only_for_the_storage_that_was_tried(db: Database) -> None:
    await rows.insert(db, recording(status=Status.UPLOADING, config=RecordingConfig(storage=STORAGE)))
    assert not await rows.deliver(db, "rec-1", replace(STORAGE, secret="old"), file_size=1)
    assert not await rows.deliver(db, "rec-1", None, file_size=1)
    found = await rows.get(db, "rec-1")
    assert found is not None
    assert (found.status, found.file_size) == (Status.UPLOADING, None)
    assert await rows.deliver(db, "rec-1", STORAGE, file_size=1)
    found = await rows.get(db, "rec-1")
    assert found is not None
    assert (found.status, found.file_size) == (Status.UPLOADED, 1)


@pytest.mark.parametrize("given_up", [True, False])
async def test_a_delivered_recording_gets_another_storage_only_if_it_was_given_up(db: Database, given_up: bool) -> None:
    await rows.insert(db, recording(status=Status.UPLOADED, config=RecordingConfig(storage=STORAGE)))
    other = replace(STORAGE, bucket="other")
    if given_up:
        after = await rows.set_storage(db, "rec-1", other, lambda _: True)
        assert (after.status, after.config.storage) == (Status.UPLOADING, other)
    else:
        with pytest.raises(Conflict):
            await rows.set_storage(db, "rec-1", other, lambda _: False)


async def test_the_list_is_filtered_ordered_and_paged(db: Database) -> None:
    for n in range(5):
        await rows.insert(db, recording(f"r{n}", invoked_at=NOW + timedelta(hours=n), status=Status.UPLOADED))
    await rows.insert(
        db, recording("r9", meeting_id="meet-2", session_id="sess-2", expired=True, invoked_at=NOW + timedelta(hours=9))
    )

    async def ids(**given: object) -> list[str]:
        found, total = await rows.find(db, APP.id, **given)  # type: ignore[arg-type]
        assert total >= len(found)
        return [r.id for r in found]

    assert await ids() == ["r9", "r4", "r3", "r2", "r1", "r0"]
    assert await ids(newest_first=False, offset=1, limit=2) == ["r1", "r2"]
    assert await ids(meeting_id="meet-2") == ["r9"]
    assert await ids(statuses=[Status.INVOKED, Status.ERRORED]) == ["r9"]
    assert await ids(search="MEET-2") == ["r9"]
    assert await ids(search="weekly") == ["r9", "r4", "r3", "r2", "r1", "r0"]
    assert await ids(search="100%") == []
    assert await ids(start=NOW + timedelta(hours=1), end=NOW + timedelta(hours=3)) == ["r3", "r2", "r1"]
    assert await ids(expired=True) == ["r9"]
    assert len(await ids(expired=False)) == 5
    assert (await rows.find(db, "another app"))[1] == 0


async def test_recordings_are_counted_by_status(db: Database) -> None:
    assert set((await rows.count_by_status(db)).values()) == {0}
    for number, status in enumerate((Status.PAUSED, Status.UPLOADED, Status.UPLOADED)):
        await rows.insert(db, recording(f"r{number}", status=status))
    counts = await rows.count_by_status(db)
    assert (counts[Status.PAUSED], counts[Status.UPLOADED], counts[Status.ERRORED]) == (1, 2, 0)
    assert set(counts) == set(Status)
