"""Tests of the verdict on watermarks: there is always one, and a missing one is told."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest_asyncio

from roomtape.capture.events import Event, WatermarkMissing, WatermarkStored
from roomtape.clock import now_us, to_datetime
from roomtape.db import recordings as rows
from roomtape.db.database import Database
from roomtape.domain.recording import Kind, Recording, Status
from roomtape.domain.recording_config import RecordingConfig, VideoConfig, Watermark
from roomtape.errors import DestinationError, InvalidRequest, RoomtapeError, StorageError
from roomtape.recordings.assets import Assets
from roomtape.recordings.sessionlogs import SessionLogs
from roomtape.recordings.watermarks import DECIDED_WITHIN_S, LARGEST, Watermarks
from roomtape.rooms.live import LiveSession
from tests.support.images import png
from tests.support.recording_fakes import FakeRooms, make_database, meeting, recording

MARKED = RecordingConfig(video=VideoConfig(watermark=Watermark("http://marks.example/a.png")))


class World:
    """A recording in a live session; `content` is what the web has."""

    def __init__(self, folder: Path, db: Database) -> None:
        self.folder = folder
        self.db = db
        self.rooms = FakeRooms(folder, db)
        self.logs = SessionLogs(folder, self.rooms)
        self.content: bytes | RoomtapeError = png()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.asked: list[tuple[str, int, float]] = []
        self.watermarks = self.again()
        self.session: LiveSession

    def again(self) -> Watermarks:
        """The same after a restart."""
        return Watermarks(self.folder, self.db, self.logs, Assets(self.folder, self.fetch))

    async def fetch(self, url: str, limit: int, within_s: float, types: Sequence[str]) -> bytes:
        self.asked.append((url, limit, within_s))
        await self.may_answer.wait()
        if isinstance(self.content, RoomtapeError):
            raise self.content
        return self.content

    async def recording(
        self, config: RecordingConfig = MARKED, ago_s: float = 0, kind: Kind = Kind.COMPOSITE
    ) -> Recording:
        started = to_datetime(now_us() - int(ago_s * 1e6))
        made = recording(status=Status.UPLOADING, started_at=started, stopped_at=started, config=config, kind=kind)
        await rows.insert(self.db, made)
        return made

    def events(self) -> list[Event]:
        return self.rooms.events(self.session)

    async def warnings(self) -> tuple[str, ...]:
        found = await rows.get(self.db, "rec-1")
        assert found is not None
        return found.warnings


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path, await make_database(tmp_path, meeting()))
    made.session = await made.rooms.make("sess-1")
    made.session.capture_dir.mkdir(parents=True)
    yield made
    await made.watermarks.stop()
    await made.db.close()


async def test_a_watermark_is_fetched_once_and_stored(world: World) -> None:
    one = await world.recording()
    world.may_answer.clear()
    world.watermarks.begin(one)
    world.watermarks.begin(one)
    await asyncio.sleep(0.02)
    assert world.events() == []
    world.may_answer.set()
    await world.watermarks.settle(one)
    await world.watermarks.settle(one)
    (stored,) = world.events()
    assert isinstance(stored, WatermarkStored)
    assert stored.recording_id == "rec-1"
    assert (world.session.capture_dir / "assets" / stored.file).read_bytes() == png()
    assert world.asked == [("http://marks.example/a.png", LARGEST, 15.0)]
    assert await world.warnings() == ()


async def test_what_cannot_be_had_is_a_warning(world: World) -> None:
    for content, reason in (
        (DestinationError("marks.example answered 404 Not Found"), "marks.example answered 404 Not Found"),
        (InvalidRequest("this is no URL"), "this is no URL"),
        (b"no", "the file is no picture; give a PNG, JPEG or WebP"),
    ):
        world.content = content
        other = await world.rooms.make(f"sess-{reason}")
        other.capture_dir.mkdir(parents=True)
        one = recording(reason, session_id=other.id, config=MARKED, started_at=to_datetime(now_us()))
        await rows.insert(world.db, one)
        await world.watermarks.settle(one)
        (missing,) = world.rooms.events(other)
        assert isinstance(missing, WatermarkMissing)
        assert missing.reason == reason
        found = await rows.get(world.db, reason)
        assert found is not None
        assert found.warnings == (f"the watermark is left out: {reason}",)


async def test_only_composites_with_a_watermark_have_one(world: World) -> None:
    await world.watermarks.settle(await world.recording(RecordingConfig()))
    track = recording("track", config=MARKED, kind=Kind.TRACK)
    world.watermarks.begin(track)
    await world.watermarks.settle(track)
    assert world.asked == []
    assert world.events() == []


async def test_after_a_crash_it_is_fetched_again_as_long_as_nothing_is_rendered(world: World) -> None:
    one = await world.recording()
    world.may_answer.clear()
    world.watermarks.begin(one)
    await asyncio.sleep(0.02)
    await world.watermarks.stop()
    world.may_answer.set()
    await world.again().settle(one)
    assert [type(e) for e in world.events()] == [WatermarkStored]
    assert len(world.asked) == 2


async def test_long_after_the_start_it_is_missing(world: World) -> None:
    one = await world.recording(ago_s=DECIDED_WITHIN_S + 1)
    await world.watermarks.settle(one)
    assert world.asked == []
    assert [type(e) for e in world.events()] == [WatermarkMissing]
    assert "the server was away" in (await world.warnings())[0]


async def test_the_time_that_is_left_is_all_it_gets(world: World) -> None:
    await world.watermarks.settle(await world.recording(ago_s=DECIDED_WITHIN_S - 5))
    assert 4 < world.asked[0][2] <= 5


async def test_a_warning_that_a_crash_kept_from_the_row_is_given_later(world: World) -> None:
    one = await world.recording()
    await world.rooms.log(world.session, WatermarkMissing(now_us(), "rec-1", "it was late"))
    await world.watermarks.settle(one)
    assert await world.warnings() == ("the watermark is left out: it was late",)
    assert world.asked == []


async def test_a_session_that_is_over_gets_its_verdict_too(world: World) -> None:
    one = await world.recording()
    await world.rooms.end(world.session)
    await world.watermarks.settle(one)
    assert [type(e) for e in world.events()] == [WatermarkStored]


async def test_a_disk_that_takes_nothing_keeps_nobody_waiting(world: World) -> None:
    one = await world.recording()
    world.rooms.log_fails = StorageError("full")
    await world.watermarks.settle(one)
    assert world.events() == []
    world.rooms.log_fails = None
    await world.watermarks.settle(one)
    assert [type(e) for e in world.events()] == [WatermarkStored]
