from pathlib import Path

from roomtape.capture.eventlog import EventLogReader
from roomtape.capture.events import RecordingStarted, RecordingStopped, SessionEnded, TakeStopped
from roomtape.capture.timeline import Timeline
from roomtape.clock import to_us
from roomtape.domain.recording import Status
from roomtape.errors import StorageError
from tests.support.recording_fakes import NOW, recording
from tests.support.recording_world import World


async def test_only_what_concerns_the_recording_is_returned(world: World) -> None:
    session = await world.rooms.make("sess-1")
    mine = RecordingStarted(1, "rec-1", ("a",))
    await world.logs.append("sess-1", mine, RecordingStarted(2, "rec-2"), SessionEnded(3))
    assert await world.logs.of(recording()) == [mine]
    assert len(world.rooms.events(session)) == 3
    assert await world.logs.of(recording(session_id="gone")) == []


async def test_the_log_of_an_ended_session_is_sealed_too(world: World, tmp_path: Path) -> None:
    session = await world.rooms.make("sess-1")
    await world.rooms.end(session)
    stopped = recording(status=Status.UPLOADING, started_at=NOW, stopped_at=NOW)
    for _ in range(2):
        await world.logs.seal(stopped, tmp_path / "beside.jsonl")
    t = to_us(NOW)
    assert await world.logs.of(stopped) == [RecordingStarted(t, "rec-1"), RecordingStopped(t, "rec-1")]
    assert not (tmp_path / "beside.jsonl").exists()


async def test_what_the_disk_of_the_capture_does_not_take_is_said_beside_it(world: World, tmp_path: Path) -> None:
    session = await world.rooms.make("sess-1")
    t = to_us(NOW)
    await world.logs.append("sess-1", RecordingStarted(t, "rec-1"))
    stopped = recording(status=Status.UPLOADING, started_at=NOW, stopped_at=NOW)
    beside = tmp_path / "work" / "events.jsonl"
    world.rooms.log_fails = StorageError("full")
    session.unlogged.append(TakeStopped(7, "peer", "peer-1"))
    for _ in range(2):
        await world.logs.seal(stopped, beside)
    assert EventLogReader(beside).poll() == [TakeStopped(7, "peer", "peer-1"), RecordingStopped(t, "rec-1")]
    timeline = Timeline(session.capture_dir, beside)
    timeline.poll()
    assert timeline.ended("rec-1")
