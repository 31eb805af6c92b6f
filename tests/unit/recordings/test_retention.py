import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import structlog.testing

from roomtape.capture.paths import capture_dir
from roomtape.clock import now_us, to_datetime
from roomtape.db import recordings as rows
from roomtape.db import sessions
from roomtape.db.database import Database
from roomtape.domain.meeting import SessionStatus
from roomtape.domain.recording import Status
from roomtape.domain.recording_config import RecordingConfig
from roomtape.errors import StorageError
from roomtape.recordings import work
from roomtape.recordings.retention import STILL_THERE, Retention, keeps_files, kept_for
from roomtape.settings import Settings
from roomtape.storage.bucket import FolderBucket
from roomtape.storage.signedlinks import SignedLinks
from tests.support.fakestorage import STORAGE
from tests.support.recording_fakes import APP, make_database, meeting, recording, session_row

WEEK = timedelta(days=7)


@dataclass
class Shelf:
    folder: Path
    db: Database
    bucket: FolderBucket

    def retention(self, **settings: Any) -> Retention:
        return Retention(Settings(data_dir=self.folder, **settings), self.db, self.bucket)

    @property
    def capture(self) -> Path:
        return capture_dir(self.folder, "sess-1")

    async def end_session(self) -> None:
        now = to_datetime(now_us())
        await sessions.change(self.db, "sess-1", now, status=SessionStatus.ENDED, ended_at=now)


@pytest_asyncio.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    db = await make_database(tmp_path, meeting())
    await sessions.insert(db, session_row("sess-1"))
    bucket = FolderBucket(tmp_path / "bucket", SignedLinks(lambda: "http://h", b"k" * 32))
    made = Shelf(tmp_path, db, bucket)
    made.capture.mkdir(parents=True)
    yield made
    await db.close()


async def test_files_go_when_they_expire_and_not_before(shelf: Shelf) -> None:
    now = to_datetime(now_us())
    (shelf.folder / "f.mp4").write_bytes(b"x")
    for name, expires_at in (("old", now - timedelta(seconds=1)), ("new", now + timedelta(hours=1))):
        await rows.insert(shelf.db, recording(name, status=Status.UPLOADED, expires_at=expires_at, download="http://x"))
        await shelf.bucket.put(f"{APP.id}/{name}/f.mp4", shelf.folder / "f.mp4")
    await shelf.retention().expire()
    assert await shelf.bucket.names(APP.id) == [f"{APP.id}/new/f.mp4"]
    old, new = await rows.get(shelf.db, "old"), await rows.get(shelf.db, "new")
    assert old is not None
    assert new is not None
    assert (old.expired, old.download) == (True, None)
    assert (new.expired, new.download) == (False, "http://x")


async def test_one_that_cannot_be_deleted_does_not_keep_the_others(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = to_datetime(now_us())
    (shelf.folder / "f.mp4").write_bytes(b"x")
    for number, name in enumerate(("locked", "second")):
        made = recording(name, status=Status.UPLOADED, expires_at=now, invoked_at=now + timedelta(seconds=number))
        await rows.insert(shelf.db, made)
        await shelf.bucket.put(f"{APP.id}/{name}/f.mp4", shelf.folder / "f.mp4")
    delete = shelf.bucket.delete

    async def refusing(path: str) -> None:
        if path.endswith("/locked"):
            raise StorageError("403 AccessDenied")
        await delete(path)

    monkeypatch.setattr(shelf.bucket, "delete", refusing)
    with structlog.testing.capture_logs() as logs:
        await shelf.retention().expire()
    assert [said["recording_id"] for said in logs if said["log_level"] == "error"] == ["locked"]
    assert await shelf.bucket.names(APP.id) == [f"{APP.id}/locked/f.mp4"]
    assert [r.id for r in await rows.expiring(shelf.db, now)] == ["locked"]
    locked = await rows.get(shelf.db, "locked")
    assert locked is not None
    assert locked.warnings == (f"{STILL_THERE}403 AccessDenied. It is tried again",)
    monkeypatch.undo()
    await shelf.retention().expire()
    assert await shelf.bucket.names(APP.id) == []
    locked = await rows.get(shelf.db, "locked")
    assert locked is not None
    assert locked.warnings == ()


async def test_a_capture_goes_when_session_and_recordings_are_over(shelf: Shelf) -> None:
    retention = shelf.retention()
    delivered = to_datetime(now_us()) - timedelta(minutes=1)
    await rows.insert(shelf.db, recording("done", status=Status.UPLOADED, expires_at=delivered + WEEK))
    await rows.insert(shelf.db, recording("busy", status=Status.UPLOADING))
    await retention.forget_captures()
    assert shelf.capture.exists()  # the session is live
    await shelf.end_session()
    await retention.forget_captures()
    assert shelf.capture.exists()  # a recording is not finished
    await rows.step(shelf.db, "busy", rows.Step.DELIVER, expires_at=delivered + WEEK)
    await retention.forget_captures()
    assert not shelf.capture.exists()


@pytest.mark.parametrize(("hours", "there"), [(0.01, False), (1, True)])
async def test_a_capture_stays_for_its_hours_after_the_delivery(shelf: Shelf, hours: float, there: bool) -> None:
    delivered = to_datetime(now_us()) - timedelta(minutes=10)
    await rows.insert(shelf.db, recording(status=Status.UPLOADED, expires_at=delivered + WEEK))
    await shelf.end_session()
    await shelf.retention(capture_retention_hours=hours).forget_captures()
    assert shelf.capture.exists() is there


@pytest.mark.parametrize(("days", "there"), [(6, True), (8, False)])
async def test_the_capture_of_a_failed_recording_is_all_there_is_of_it(shelf: Shelf, days: int, there: bool) -> None:
    stopped = to_datetime(now_us()) - timedelta(days=days)
    await rows.insert(shelf.db, recording(status=Status.ERRORED, stopped_at=stopped))
    await shelf.end_session()
    await shelf.retention().forget_capture("sess-1")
    assert shelf.capture.exists() is there


async def test_a_folder_of_no_session_is_left_alone(shelf: Shelf) -> None:
    foreign = capture_dir(shelf.folder, "something-else")
    foreign.mkdir()
    await shelf.retention().forget_captures()
    assert foreign.exists()


async def test_sweeps_begin_at_once_and_end_when_told(shelf: Shelf) -> None:
    swept = asyncio.Event()

    async def also() -> None:
        swept.set()

    retention = shelf.retention()
    retention.start(also)
    async with asyncio.timeout(20):
        await swept.wait()
    await retention.stop()


async def test_an_apps_own_retention_counts_for_what_was_started_under_it(shelf: Shelf) -> None:
    settings = Settings(data_dir=shelf.folder, retention_days=7)
    mine = recording("mine", config=RecordingConfig(retention_days=0.5))
    assert kept_for(mine, settings) == timedelta(hours=12)
    assert kept_for(recording("other"), settings) == WEEK


async def test_a_failed_recordings_capture_stays_as_long_as_its_app_says(shelf: Shelf) -> None:
    now = to_datetime(now_us())
    await shelf.end_session()
    config = RecordingConfig(retention_days=30)
    await rows.insert(shelf.db, recording("a", status=Status.ERRORED, stopped_at=now - WEEK, config=config))
    await shelf.retention(retention_days=1).forget_captures()
    assert shelf.capture.exists()


async def test_rendered_files_stay_while_they_may_be_sent_or_are_all_there_is(shelf: Shelf) -> None:
    now = now_us()
    stopped = to_datetime(now) - timedelta(days=6)
    settings = Settings(data_dir=shelf.folder)
    refused = recording(
        "refused",
        status=Status.UPLOADED,
        stopped_at=stopped,
        expires_at=stopped + WEEK,
        config=RecordingConfig(storage=STORAGE),
        warnings=("storage aws://b: 403",),
    )
    failed = recording("failed", status=Status.ERRORED, stopped_at=stopped)
    for made in (refused, failed, recording("delivered", status=Status.UPLOADED), recording("running")):
        await rows.insert(shelf.db, made)
    for name in ("refused", "failed", "delivered", "running", "of-nobody"):
        work.folder(shelf.folder, name).mkdir(parents=True)
    await shelf.retention().forget_work()
    left = {folder.name for folder in work.folder(shelf.folder, "x").parent.iterdir()}
    assert left == {"refused", "failed", "running", "of-nobody"}
    assert not keeps_files(replace(refused, warnings=()), settings, now)
    assert not keeps_files(replace(refused, expired=True), settings, now)
    assert not keeps_files(failed, settings, now + 2 * 86_400_000_000)


async def test_the_capture_of_what_only_its_storage_has_stays_for_its_hours(shelf: Shelf) -> None:
    stopped = to_datetime(now_us()) - timedelta(minutes=10)
    await shelf.end_session()
    await rows.insert(shelf.db, recording(status=Status.UPLOADED, stopped_at=stopped, expires_at=to_datetime(now_us())))
    await shelf.retention(capture_retention_hours=1).forget_captures()
    assert shelf.capture.exists()
    await shelf.retention(capture_retention_hours=0.1).forget_captures()
    assert not shelf.capture.exists()
