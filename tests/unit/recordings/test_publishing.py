from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from roomtape.clock import now_us, to_datetime
from roomtape.db import recordings as rows
from roomtape.db import sessions
from roomtape.db.database import Database
from roomtape.domain.recording import Recording, Status
from roomtape.errors import StorageError
from roomtape.recordings import patience
from roomtape.recordings.publishing import STATE, Publishing
from roomtape.render.job import OUT, RenderedFile, RenderResult
from roomtape.settings import Settings
from roomtape.storage.remote import PROBLEM
from tests.support.recording_fakes import make_database, meeting, recording, session_row

AWAY = PROBLEM + "aws://tapes: the service answered 503"
ONE, TWO = "app-1/rec-1/one.mp4", "app-1/rec-1/two.json"


@dataclass
class FakeBucket:
    """`fails` is how many attempts to put or list fail before one works; `puts` are the paths that were stored."""

    files: dict[str, bytes] = field(default_factory=dict)
    puts: list[str] = field(default_factory=list)
    fails: int = 0
    fails_for: str = ""

    async def put(self, path: str, file: Path) -> None:
        if path.endswith(self.fails_for):
            self._fail()
        self.files[path] = file.read_bytes()
        self.puts.append(path)

    async def names(self, prefix: str) -> list[str]:
        return sorted(name for name in self.files if name.startswith(prefix + "/"))

    async def delete(self, path: str) -> None:
        self._fail()
        for name in [name for name in self.files if name == path or name.startswith(path + "/")]:
            del self.files[name]

    def _fail(self) -> None:
        if self.fails:
            self.fails -= 1
            raise StorageError(AWAY)


@dataclass
class World:
    db: Database
    bucket: FakeBucket
    work: Path
    result: RenderResult
    made: Recording

    def publishing(self, **values: Any) -> Publishing:
        settings: dict[str, Any] = {
            "bucket_url": "s3://tapes", "bucket_config": {"access_key": "k", "secret": "s"}, **values,
        }  # fmt: skip
        return Publishing(Settings(data_dir=self.work, **settings), self.db, self.bucket)  # type: ignore[arg-type]

    async def warnings(self) -> tuple[str, ...]:
        found = await rows.get(self.db, "rec-1")
        assert found is not None
        return found.warnings


@pytest_asyncio.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(patience, "_WAIT_S", 0.01)
    db = await make_database(tmp_path, meeting())
    await sessions.insert(db, session_row("sess-1"))
    now = to_datetime(now_us())
    made = recording(status=Status.UPLOADING, started_at=now, stopped_at=now, warnings=("one",))
    await rows.insert(db, made)
    work = tmp_path / "work"
    (work / OUT).mkdir(parents=True)
    for name, content in (("one.mp4", b"film"), ("two.json", b"{}")):
        (work / OUT / name).write_bytes(content)
    files = [RenderedFile(name, "composite", "video/mp4", 1, "", 1000, 0) for name in ("one.mp4", "two.json")]
    yield World(db, FakeBucket(), work, RenderResult(tuple(files), 1000), made)
    await db.close()


async def test_everything_is_there_and_nothing_else(world: World) -> None:
    world.bucket.files["app-1/rec-1/old.mp4"] = b"left by a crash"
    await world.publishing().publish(world.made, world.work, world.result)
    assert world.bucket.files == {ONE: b"film", TWO: b"{}"}


async def test_what_has_arrived_is_not_sent_again_after_a_crash(world: World) -> None:
    world.bucket.fails, world.bucket.fails_for = 99, "two.json"
    with pytest.raises(StorageError):
        await world.publishing()._publish(world.made, world.work, world.result)
    assert (world.work / STATE).read_text().splitlines() == ['"app-1/rec-1"', '"one.mp4"']
    world.bucket.fails = 0
    await world.publishing().publish(world.made, world.work, world.result)
    assert world.bucket.puts == [ONE, TWO]


async def test_unless_it_is_gone_or_nobody_knows_that_it_is_whole(world: World) -> None:
    await world.publishing().publish(world.made, world.work, world.result)
    del world.bucket.files[ONE]
    await world.publishing().publish(world.made, world.work, world.result)
    assert world.bucket.puts == [ONE, TWO, ONE]
    (world.work / STATE).write_text("torn")
    await world.publishing().publish(world.made, world.work, world.result)
    assert world.bucket.puts == [ONE, TWO, ONE, ONE, TWO]


async def test_a_packages_files_go_side_by_side_and_the_first_refusal_is_told(world: World) -> None:
    names = [f"hls/{number}.ts" for number in range(9)]
    (world.work / OUT / "hls").mkdir()
    for name in names:
        (world.work / OUT / name).write_bytes(name.encode())
    package = tuple(RenderedFile(name, "package", "video/mp2t", 1, "", 0, 0) for name in names)
    result = RenderResult(world.result.files + package, 1000)
    world.bucket.fails, world.bucket.fails_for = 1, "hls/8.ts"
    with pytest.raises(StorageError, match="503"):
        await world.publishing()._publish(world.made, world.work, result)
    await world.publishing().publish(world.made, world.work, result)
    assert sorted(world.bucket.files) == sorted([ONE, TWO, *(f"app-1/rec-1/{name}" for name in names)])
    assert world.bucket.files["app-1/rec-1/hls/3.ts"] == b"hls/3.ts"
    assert world.bucket.puts.count(ONE) == 1


async def test_the_row_says_what_is_wrong_until_it_is_right(world: World) -> None:
    world.bucket.fails = 1
    publishing = world.publishing()
    told = []
    warn = publishing._told

    async def watched(recording: Recording, problem: str | None) -> None:
        await warn(recording, problem)
        told.append(await world.warnings())

    publishing._told = watched  # type: ignore[method-assign]
    await publishing.publish(world.made, world.work, world.result)
    waits = ". It is tried again; until then the files are kept on the server's disk"
    assert told[0] == ("one", AWAY + waits)
    assert told[-1] == ("one",)


async def test_the_row_says_so_of_a_folder_too_unless_the_disk_has_no_room_for_that(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishing = world.publishing(bucket_url=None, bucket_config={})
    await publishing._told(world.made, "bucket/one.mp4 cannot be written: No space left on device")
    said = (await world.warnings())[-1]
    assert said.startswith(f"{PROBLEM}bucket/one.mp4 cannot be written")
    await publishing.publish(world.made, world.work, world.result)
    assert await world.warnings() == ("one",)

    async def full(*_: object) -> None:
        raise RuntimeError("database or disk is full")

    monkeypatch.setattr(rows, "warn_anew", full)
    await publishing.publish(world.made, world.work, world.result)


@pytest.mark.parametrize(
    ("ago_h", "least_s", "most_s"), [(0, 9.9 * 3600, 10 * 3600), (9.5, 3600, 3600), (500, 3600, 3600)]
)
def test_patience_counts_from_the_stop_and_each_start_has_an_hour(
    tmp_path: Path, ago_h: float, least_s: float, most_s: float
) -> None:
    keys = {"access_key": "k", "secret": "s"}
    settings = Settings(data_dir=tmp_path, bucket_url="s3://tapes", bucket_config=keys, upload_patience_h=10)
    publishing = Publishing(settings, None, None)  # type: ignore[arg-type]
    stopped = recording(stopped_at=to_datetime(now_us()) - timedelta(hours=ago_h))
    assert least_s <= (publishing._patience_s(stopped) or 0) <= most_s


async def test_when_patience_is_over_the_error_says_why(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "STORAGE_PATIENCE_S", 0.02)
    world.bucket.fails = 99
    with pytest.raises(StorageError, match="503"):
        await world.publishing(upload_patience_h=1e-9).publish(world.made, world.work, world.result)
