from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from roomtape.clock import now_us, to_datetime
from roomtape.db import recordings as rows
from roomtape.db import sessions
from roomtape.db.database import Database
from roomtape.domain.recording import Status
from roomtape.domain.recording_config import RecordingConfig
from roomtape.errors import Conflict
from roomtape.recordings import delivery as module
from roomtape.recordings import patience, work
from roomtape.recordings.delivery import STATE, Delivery
from roomtape.render.job import RenderResult
from tests.support.fakestorage import STORAGE, FakeStorages
from tests.support.recording_fakes import FakeRunner, make_database, meeting, recording, session_row
from tests.support.wait import until

FILES = {"one.mp4": b"1" * 1000, "two.mp4": b"2" * 2000}


class Bench:
    def __init__(self, folder: Path, db: Database, result: RenderResult) -> None:
        self.work = folder / "work"
        self.db = db
        self.result = result
        self.storages = FakeStorages()
        self.patience_s = 3600.0

    def delivery(self) -> Delivery:
        return Delivery(self.db, self.storages, self.patience_s)

    async def deliver(self, delivery: Delivery | None = None) -> bool:
        async with asyncio.timeout(20):
            sent = await (delivery or self.delivery()).deliver("rec-1", self.work, self.result)
        assert sent is not None
        return sent.arrived

    async def warnings(self) -> list[str]:
        found = await rows.get(self.db, "rec-1")
        assert found is not None
        return list(found.warnings)

    async def until_refused(self) -> str:
        async with asyncio.timeout(20):
            while not (found := await self.warnings()):
                await asyncio.sleep(0.005)
        return found[0]


@pytest_asyncio.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.01)
    db = await make_database(tmp_path, meeting())
    await sessions.insert(db, session_row("sess-1"))
    now = to_datetime(now_us())
    config = RecordingConfig(storage=STORAGE)
    made = recording(status=Status.UPLOADING, started_at=now, stopped_at=now, config=config)
    await rows.insert(db, made)
    runner = FakeRunner(FILES)
    work.prepare(tmp_path / "work", made, tmp_path / "capture")
    yield Bench(tmp_path, db, await runner.run(tmp_path / "work"))
    await db.close()


async def test_every_file_arrives_once(bench: Bench) -> None:
    assert await bench.deliver()
    assert {name: bench.storages.files[f"in/{name}"] for name in FILES} == FILES
    assert await bench.deliver()  # the step may be done twice
    assert set(bench.storages.puts.values()) == {1}
    assert await bench.warnings() == []


async def test_it_is_tried_until_it_is_there_and_only_what_is_missing(bench: Bench) -> None:
    bench.storages.refuses = "aws://b/in: the service answered 503 Slow Down"
    task = asyncio.create_task(bench.deliver())
    said = await bench.until_refused()
    assert "503 Slow Down" in said
    assert "the files are kept in the own bucket" in said
    while bench.storages.attempts < 4:
        await asyncio.sleep(0.01)
    assert len(await bench.warnings()) == 1
    bench.storages.refuses = None
    assert await task
    assert bench.storages.puts == {"in/one.mp4": 1, "in/two.mp4": 1}
    assert await bench.warnings() == []


async def test_a_new_process_goes_on_with_what_is_missing(bench: Bench) -> None:
    bench.storages.refuses = "away"
    task = asyncio.create_task(bench.deliver())
    await bench.until_refused()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    bench.storages.refuses = None
    assert await bench.deliver(bench.delivery())
    assert bench.storages.puts == {"in/one.mp4": 1, "in/two.mp4": 1}


async def test_corrected_credentials_are_tried_at_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 60.0)
    bench.storages.right_secret = "the new one"
    delivery = bench.delivery()
    task = asyncio.create_task(bench.deliver(delivery))
    assert "SignatureDoesNotMatch" in await bench.until_refused()
    after = await delivery.correct("rec-1", replace(STORAGE, secret="the new one"))
    assert after.config.storage == replace(STORAGE, secret="the new one")
    assert await task
    assert set(bench.storages.files) == {"in/one.mp4", "in/two.mp4"}


async def test_another_place_gets_every_file(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 60.0)
    bench.storages.refuses = "away"
    delivery = bench.delivery()
    task = asyncio.create_task(bench.deliver(delivery))
    await bench.until_refused()
    bench.storages.refuses = None
    await delivery.correct("rec-1", replace(STORAGE, path="out"))
    assert await task
    assert {"out/one.mp4", "out/two.mp4"} <= set(bench.storages.files)


async def test_patience_ends(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "STORAGE_PATIENCE_S", 0.0)
    bench.storages.refuses = "away"
    bench.patience_s = 0.0
    assert not await bench.deliver()
    assert "not tried any further" in (await bench.warnings())[0]


async def test_each_start_has_an_hour_however_late_it_is(bench: Bench) -> None:
    bench.patience_s = 0.0
    bench.storages.refuses = "away"
    task = asyncio.create_task(bench.deliver())
    await until(lambda: bench.storages.attempts > 2)
    bench.storages.refuses = None
    assert await task


async def test_a_storage_that_hangs_does_not_hold_up_another(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    put = bench.storages.put

    async def hanging(path: str, file: Path) -> None:
        if path.startswith("in/"):
            await asyncio.sleep(60)
        await put(path, file)

    monkeypatch.setattr(bench.storages, "put", hanging)
    found = await rows.get(bench.db, "rec-1")
    assert found is not None
    healthy = replace(found, id="healthy", config=RecordingConfig(storage=replace(STORAGE, path="well")))
    await rows.insert(bench.db, healthy)
    for number in range(5):
        await rows.insert(bench.db, replace(found, id=f"hung-{number}"))
    delivery = bench.delivery()
    hung = [asyncio.create_task(delivery.deliver(f"hung-{n}", bench.work, bench.result)) for n in range(5)]
    await until(lambda: bench.storages.attempts > 1)
    await asyncio.sleep(0.2)
    async with asyncio.timeout(20):
        assert await delivery.deliver("healthy", bench.work, bench.result)
    for task in hung:
        task.cancel()
    await asyncio.gather(*hung, return_exceptions=True)


async def test_what_is_delivered_cannot_be_corrected(bench: Bench) -> None:
    await rows.step(bench.db, "rec-1", rows.Step.DELIVER)
    with pytest.raises(Conflict):
        await bench.delivery().correct("rec-1", STORAGE)


async def test_no_secret_is_kept_beside_the_files(bench: Bench) -> None:
    assert await bench.deliver()
    assert "hush" not in (bench.work / STATE).read_text()
