import asyncio
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest

from roomtape.db import recordings as rows
from roomtape.domain.recording import Recording, Status
from roomtape.domain.recording_config import RecordingConfig
from roomtape.errors import Conflict, StorageError
from roomtape.recordings import patience, work
from roomtape.recordings.finalize import Finalizer
from roomtape.recordings.retention import Retention
from roomtape.settings import Settings
from tests.support.fakestorage import STORAGE
from tests.support.finalize_bench import Bench
from tests.support.recording_fakes import APP
from tests.support.wait import until


async def test_with_an_own_bucket_files_lie_in_both(bench: Bench) -> None:
    await bench.stopped(config=RecordingConfig(storage=STORAGE))
    finalizer = bench.finalizer()
    for step in (finalizer.render, finalizer.deliver, finalizer.tidy):
        assert await step("rec-1") == ""
    done = await bench.until(Status.UPLOADED)
    assert done.download == f"{APP.id}/rec-1/weekly_1.mp4"
    assert bench.bucket_files() == [done.download]
    assert bench.storages.files == {"in/weekly_1.mp4": b"moving pictures"}


async def test_files_stay_as_long_as_the_app_says_and_the_row_for_good(bench: Bench) -> None:
    bench.runner.content |= {"weekly_1.manifest.json": b"{}"}
    await bench.stopped(config=RecordingConfig(retention_days=0.2 / 86_400))
    finalizer = bench.finalizer()
    for step in (finalizer.render, finalizer.deliver):
        assert await step("rec-1") == ""
    assert len(bench.bucket_files()) == 2
    await asyncio.sleep(0.25)
    await Retention(Settings(data_dir=bench.folder), bench.db, bench.bucket).expire()
    assert bench.bucket_files() == []
    found, total = await rows.find(bench.db, APP.id, expired=True)
    assert (total, found[0].id, found[0].download, found[0].status) == (1, "rec-1", None, Status.UPLOADED)
    assert (await rows.find(bench.db, APP.id, expired=False))[1] == 0


async def test_without_an_own_bucket_they_are_never_there(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    put = AsyncMock()
    monkeypatch.setattr(bench.bucket, "put", put)
    await bench.stopped(config=RecordingConfig(storage=STORAGE, own_bucket=False))
    finalizer = bench.finalizer()
    for step in (finalizer.render, finalizer.deliver, finalizer.tidy):
        assert await step("rec-1") == ""
    done = await bench.until(Status.UPLOADED)
    assert (done.download, done.audio_download, done.expires_at) == (None, None, None)
    assert done.file_size == 15
    assert not put.called
    assert not work.folder(bench.folder, "rec-1").exists()


async def test_an_own_bucket_that_is_off_keeps_them_while_the_storage_fails(bench: Bench) -> None:
    await bench.stopped(config=RecordingConfig(storage=STORAGE, own_bucket=False))
    bench.storages.refuses = "aws://b/in: the service answered 503"
    finalizer = bench.finalizer()
    assert await finalizer.render("rec-1") == ""
    delivering = asyncio.create_task(finalizer.deliver("rec-1"))
    await until(lambda: bench.bucket_files() == [f"{APP.id}/rec-1/weekly_1.mp4"])
    waits = await rows.get(bench.db, "rec-1")
    assert waits is not None
    assert (waits.status, waits.download) == (Status.UPLOADING, None)
    assert "kept in the own bucket" in waits.warnings[0]
    bench.storages.refuses = None
    assert await delivering == ""
    assert await finalizer.tidy("rec-1") == ""
    assert bench.bucket_files() == []
    done = await bench.until(Status.UPLOADED)
    assert (done.download, done.audio_download, done.expires_at, done.expired) == (None, None, None, False)
    assert not work.folder(bench.folder, "rec-1").exists()


async def _refused(bench: Bench, monkeypatch: pytest.MonkeyPatch, finalizer: Finalizer, **config: Any) -> Recording:
    """Deliver a recording to a storage that refuses it until patience is over."""
    monkeypatch.setattr(patience, "STORAGE_PATIENCE_S", 0.0)
    await bench.stopped(config=RecordingConfig(storage=STORAGE, **config))
    bench.storages.refuses = "aws://b/in: the service answered 403 Forbidden"
    for step in (finalizer.render, finalizer.deliver, finalizer.tidy):
        assert await step("rec-1") == ""
    return await bench.until(Status.UPLOADED)


@pytest.mark.parametrize("own_bucket", [True, False])
async def test_what_a_storage_never_took_stays_in_the_own_bucket(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, own_bucket: bool
) -> None:
    bench.patience_s = 0.0
    done = await _refused(bench, monkeypatch, bench.finalizer(), own_bucket=own_bucket)
    assert done.download == f"{APP.id}/rec-1/weekly_1.mp4"
    assert done.expires_at is not None
    assert bench.bucket_files() == [done.download]
    assert "403 Forbidden" in done.warnings[0]


@pytest.mark.parametrize("own_bucket", [True, False])
async def test_a_storage_that_took_nothing_gets_the_files_once_it_is_corrected(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, own_bucket: bool
) -> None:
    bench.patience_s = 0.0
    finalizer = bench.finalizer()
    before = await _refused(bench, monkeypatch, finalizer, own_bucket=own_bucket)
    kept = {entry.name for entry in work.folder(bench.folder, "rec-1").iterdir()}
    assert kept == {"out", "result.json", "published.jsonl", "delivered.jsonl"}
    bench.storages.refuses = None
    await finalizer.start()
    try:
        after = await bench.delivery.correct("rec-1", replace(STORAGE, path="there"))
        assert (after.status, after.download, after.expires_at) == (
            Status.UPLOADING, before.download, before.expires_at,
        )  # fmt: skip
        done = await bench.until(Status.UPLOADED)
        assert bench.storages.files["there/weekly_1.mp4"] == b"moving pictures"
        assert done.warnings == ()
        async with asyncio.timeout(20):
            while work.folder(bench.folder, "rec-1").exists():
                await asyncio.sleep(0.01)
    finally:
        await finalizer.close()
    assert bench.runner.runs == 1
    await Retention(Settings(data_dir=bench.folder), bench.db, bench.bucket).expire()
    now = await bench.until(Status.UPLOADED)
    kept_here = (before.download, before.expires_at) if own_bucket else (None, None)
    assert (now.download, now.expires_at, now.expired) == (*kept_here, False)
    assert bench.bucket_files() == ([before.download] if own_bucket else [])
    with pytest.raises(Conflict):
        await bench.delivery.correct("rec-1", STORAGE)


async def test_one_that_is_refused_again_is_where_it_was(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.patience_s = 0.0
    finalizer = bench.finalizer()
    before = await _refused(bench, monkeypatch, finalizer)
    await bench.delivery.correct("rec-1", STORAGE)
    for step in (finalizer.render, finalizer.deliver, finalizer.tidy):
        assert await step("rec-1") == ""
    assert await bench.until(Status.UPLOADED) == before
    shutil.rmtree(work.folder(bench.folder, "rec-1"))  # as after a restore without render/
    await bench.delivery.correct("rec-1", STORAGE)
    for step in (finalizer.render, finalizer.deliver, finalizer.tidy):
        assert await step("rec-1") == ""
    after = await bench.until(Status.UPLOADED)
    assert (after.download, after.expires_at) == (before.download, before.expires_at)
    assert "not in the server's work folder" in after.warnings[0]


def _broken(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def put(path: str, _file: Path) -> None:
        raise StorageError(f"{path} cannot be written: No space left on device")

    monkeypatch.setattr(bench.bucket, "put", put)


@pytest.mark.parametrize("own_bucket", [True, False])
async def test_a_broken_own_bucket_keeps_nothing_from_the_storage(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, own_bucket: bool
) -> None:
    _broken(bench, monkeypatch)
    await bench.stopped(config=RecordingConfig(storage=STORAGE, own_bucket=own_bucket))
    finalizer = bench.finalizer()
    assert await finalizer.render("rec-1") == ""
    delivering = asyncio.create_task(finalizer.deliver("rec-1"))
    await until(lambda: "in/weekly_1.mp4" in bench.storages.files)
    if own_bucket:
        async with asyncio.timeout(20):
            while not (await bench.until(Status.UPLOADING)).warnings:
                await asyncio.sleep(0.01)
        (said,) = (await bench.until(Status.UPLOADING)).warnings
        assert said.startswith("the own bucket cannot be used: ")
        delivering.cancel()
        await asyncio.gather(delivering, return_exceptions=True)
        monkeypatch.setattr(patience, "STORAGE_PATIENCE_S", 0.0)
        delivering = asyncio.create_task(finalizer.deliver("rec-1"))
    assert await delivering == ""
    assert await finalizer.tidy("rec-1") == ""
    await Retention(Settings(data_dir=bench.folder), bench.db, bench.bucket).expire()
    done = await bench.until(Status.UPLOADED)
    assert (done.download, done.expires_at, done.expired) == (None, None, False)
    assert [("only the storage has the files" in warning) for warning in done.warnings] == [True] * own_bucket
    assert bench.storages.puts == {"in/weekly_1.mp4": 1}


@pytest.mark.parametrize("config", [RecordingConfig(), RecordingConfig(storage=STORAGE, own_bucket=False)])
async def test_only_what_no_place_took_is_an_error_and_its_files_are_kept(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, config: RecordingConfig
) -> None:
    monkeypatch.setattr(patience, "STORAGE_PATIENCE_S", 0.0)
    _broken(bench, monkeypatch)
    bench.patience_s = 0.0
    bench.storages.refuses = "away"
    await bench.stopped(config=config)
    finalizer = bench.finalizer()
    assert await finalizer.render("rec-1") == ""
    problem = await finalizer.deliver("rec-1")
    assert "No space left on device" in problem
    assert await finalizer.fail("rec-1", problem) == ""
    assert await finalizer.tidy("rec-1") == ""
    failed = await bench.until(Status.ERRORED)
    out = work.folder(bench.folder, "rec-1") / "out"
    assert failed.error is not None
    assert failed.error.endswith(f" and what was rendered in {out} for 7 days")
    assert (out / "weekly_1.mp4").read_bytes() == b"moving pictures"
    await Retention(Settings(data_dir=bench.folder), bench.db, bench.bucket).expire()
    assert (await bench.until(Status.ERRORED)).expired is False
    await Retention(Settings(data_dir=bench.folder), bench.db, bench.bucket).forget_work()
    assert out.exists()
    await Retention(Settings(data_dir=bench.folder, retention_days=1e-9), bench.db, bench.bucket).forget_work()
    assert not work.folder(bench.folder, "rec-1").exists()


async def test_a_correction_at_the_last_moment_counts(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    await bench.stopped(config=RecordingConfig(storage=STORAGE))
    finalizer, other = bench.finalizer(), replace(STORAGE, bucket="other", path="there")
    deliver = rows.deliver

    async def late(*arguments: Any, **changes: Any) -> bool:
        monkeypatch.setattr(rows, "deliver", deliver)
        await bench.delivery.correct("rec-1", other)
        return await deliver(*arguments, **changes)

    monkeypatch.setattr(rows, "deliver", late)
    for step in (finalizer.render, finalizer.deliver):
        assert await step("rec-1") == ""
    assert (await bench.until(Status.UPLOADED)).config.storage == other
    assert set(bench.storages.files) == {"in/weekly_1.mp4", "there/weekly_1.mp4"}


async def test_a_correction_while_the_own_bucket_is_waited_for_counts(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "STORAGE_PATIENCE_S", 0.0)
    bench.patience_s = 0.0
    await bench.stopped(config=RecordingConfig(storage=STORAGE, own_bucket=False))
    bench.storages.refuses = "away"

    async def put(_path: str, _file: Path) -> None:
        bench.storages.refuses = None
        await bench.delivery.correct("rec-1", replace(STORAGE, path="there"))
        raise StorageError("the disk is full")

    monkeypatch.setattr(bench.bucket, "put", put)
    finalizer = bench.finalizer()
    for step in (finalizer.render, finalizer.deliver):
        assert await step("rec-1") == ""
    assert (await bench.until(Status.UPLOADED)).download is None
    assert set(bench.storages.files) == {"there/weekly_1.mp4"}
