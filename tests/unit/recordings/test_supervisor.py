import asyncio
from pathlib import Path

import pytest
import structlog.testing

from roomtape.capture.events import RecordingStarted, RecordingStopped
from roomtape.clock import now_us, to_datetime, to_us
from roomtape.db import recordings as rows
from roomtape.domain.recording import Kind, Recording, StartCause, Status, StopCause
from roomtape.domain.recording_config import RecordingConfig
from roomtape.errors import Conflict, TooMany
from roomtape.recordings import supervisor, work
from roomtape.render.job import RenderJob
from roomtape.rooms.live import LivePeer, LiveSession
from tests.support.recording_fakes import meeting, peer, recording
from tests.support.recording_world import World
from tests.support.wait import until


async def test_record_on_start_starts_once_in_a_session(tmp_path: Path) -> None:
    world = await World.make(tmp_path, meeting(record_on_start=True))
    session = await world.rooms.make("sess-1")
    await world.supervisor.session_started(session)
    (recording,) = await rows.active(world.db)
    assert recording.start_cause is StartCause.RECORD_ON_START
    assert recording.start_caller is None
    assert world.supervisor.wants_capture(session, peer("first"))
    await world.until(recording.id, Status.RECORDING)
    await world.recordings.stop(recording.id, cause=StopCause.API_CALL, caller=None)
    await world.supervisor.session_started(session)
    assert await rows.active(world.db) == []
    await world.close()


async def test_record_on_start_and_a_start_request_at_once_make_one_recording(tmp_path: Path) -> None:
    world = await World.make(tmp_path, meeting(record_on_start=True))
    session = await world.rooms.make("sess-1")
    answers = await asyncio.gather(world.start(), world.supervisor.session_started(session), return_exceptions=True)
    assert len(await rows.active(world.db)) == 1
    assert not any(isinstance(a, BaseException) and not isinstance(a, Conflict) for a in answers)
    await world.close()


@pytest.mark.parametrize("problem", [TooMany("1000 recordings of this app are running", 30), RuntimeError("a bug")])
async def test_a_recording_that_cannot_start_does_not_close_the_meeting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    world = await World.make(tmp_path, meeting(record_on_start=True))
    session = await world.rooms.make("sess-1")

    async def start(*_: object, **__: object) -> None:
        raise problem

    monkeypatch.setattr(world.recordings, "start", start)
    with structlog.testing.capture_logs() as logs:
        await world.supervisor.session_started(session)
    (said,) = logs
    assert (said["log_level"], said["meeting_id"]) == ("error", "meet-1")
    assert "goes on without a recording" in said["event"]
    await world.close()


async def test_everybody_in_the_meeting_is_told_of_each_step_of_a_recording(world: World) -> None:
    session = await world.rooms.make("sess-1")
    told: list[tuple[str, str, str]] = []

    class Observer:
        def recording_changed(self, _: object, recording_id: str, kind: str, status: str) -> None:
            told.append((recording_id, kind, status))

    session.observers.append(Observer())  # type: ignore[arg-type]
    recording = await world.running()
    await world.recordings.pause(recording.id)
    await world.recordings.resume(recording.id)
    await world.recordings.stop(recording.id, cause=StopCause.API_CALL, caller=None)
    steps = ["RECORDING", "PAUSED", "RECORDING", "UPLOADING"]
    assert told == [(recording.id, "COMPOSITE", status) for status in steps]


async def test_a_stream_begins_with_the_live_render_and_is_told_of_the_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "FOLLOW_AFTER_S", 0.01)
    told: list[str] = []

    class Streams:
        def start(self, recording: Recording) -> None:
            assert world.runner.following
            told.append(f"start {recording.id}")

        def finish(self, recording_id: str) -> None:
            told.append(f"finish {recording_id}")

    world.supervisor.streams = Streams()
    await world.rooms.make("sess-1")
    recording = await world.running()
    await until(lambda: told)
    await world.recordings.stop(recording.id, cause=StopCause.API_CALL, caller=None)
    assert told == [f"start {recording.id}", f"finish {recording.id}"]


async def test_an_empty_meeting_ends_its_recording_at_the_due_moment(tmp_path: Path) -> None:
    world = await World.make(tmp_path, empty_stop_s=0.2)
    session = await world.rooms.make("sess-1")
    world.rooms.join(session, peer("a"))
    recording = await world.running()
    session.peers.clear()
    session.empty_since_us = now_us()
    await world.supervisor.emptied(session)
    await asyncio.sleep(0.1)
    world.rooms.join(session, peer("b"))
    await world.supervisor.filled(session)
    await asyncio.sleep(0.2)
    assert (await world.until(recording.id, Status.RECORDING)).stopped_at is None
    session.peers.clear()
    session.empty_since_us = now_us()
    await world.supervisor.emptied(session)
    stopped = await world.until(recording.id, Status.UPLOADING)
    assert stopped.stop_cause is StopCause.ALL_PEERS_LEFT
    assert stopped.stopped_at is not None
    assert to_us(stopped.stopped_at) == session.empty_since_us + 200_000
    await world.close()


async def test_the_end_of_a_session_stops_its_recordings_with_captures_off(world: World) -> None:
    session = await world.rooms.make("sess-1")
    a = peer("a")
    world.rooms.join(session, a)
    first = await world.running()
    second = await world.start(Kind.TRACK)
    session.ended = True
    await world.supervisor.session_ending(session)
    for one in (first, second):
        found = await rows.get(world.db, one.id)
        assert found is not None
        assert (found.status, found.stop_cause) == (Status.UPLOADING, StopCause.ALL_PEERS_LEFT)
    assert a.base is None
    assert len([e for e in world.rooms.events(session) if isinstance(e, RecordingStopped)]) == 2


async def test_the_capture_of_a_session_that_ended_is_looked_at_at_once(world: World) -> None:
    session = await world.rooms.make("sess-1")
    await world.supervisor.session_ended(session)
    forgotten: list[str] = []

    async def forget(session_id: str) -> None:
        forgotten.append(session_id)

    world.supervisor.forget_capture = forget
    await world.supervisor.session_ended(session)
    assert forgotten == ["sess-1"]


async def test_a_session_that_was_empty_while_the_server_was_away_ended_when_it_was_due(world: World) -> None:
    session = await world.rooms.make("sess-1")
    begun = now_us() - 600_000_000
    await rows.insert(world.db, recording(status=Status.RECORDING, started_at=to_datetime(begun)))
    session.log.append(RecordingStarted(begun, "rec-1"))
    session.empty_since_us = begun + 30_000_000
    await world.supervisor.session_ending(session)  # before anything was recovered
    found = await rows.get(world.db, "rec-1")
    assert found is not None
    assert found.stopped_at == to_datetime(begun + 90_000_000)


async def test_a_composite_is_followed_and_tracks_are_not(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FOLLOW_AFTER_S", 0.5)
    session = await world.rooms.make("sess-1")
    composite = await world.running()
    await world.running(Kind.TRACK)
    short = await world.start(allow_multiple=True)
    await world.recordings.stop(short.id, cause=StopCause.API_CALL, caller=None)
    await asyncio.sleep(0.8)
    folder = work.folder(world.folder, composite.id)
    assert world.runner.following == [folder]
    job = RenderJob.read(folder)
    assert (job.recording_id, job.follow, job.capture_dir) == (composite.id, True, str(session.capture_dir))


async def test_max_seconds_counts_as_the_stop_of_its_caller(world: World) -> None:
    await world.rooms.make("sess-1")
    recording = await world.running(config=RecordingConfig(max_seconds=1))
    stopped = await world.until(recording.id, Status.UPLOADING)
    assert stopped.started_at is not None
    assert stopped.stopped_at is not None
    assert (stopped.stopped_at - stopped.started_at).total_seconds() == 1.0
    assert stopped.stop_cause is StopCause.API_CALL


async def test_a_failed_capture_is_told_on_the_recording(world: World) -> None:
    session = await world.rooms.make("sess-1")
    recording = await world.running()
    await world.supervisor.capture_failed(session, peer("z"), "the disk is full")
    found = await rows.get(world.db, recording.id)
    assert found is not None
    assert found.warnings == ("z is not recorded (peer peer-z): the disk is full",)


async def test_watermark_and_pictures_are_fetched_as_a_composite_starts_goes_on_and_is_joined(world: World) -> None:
    class Told:
        def __init__(self) -> None:
            self.words: list[str] = []

        def begin(self, recording: Recording) -> None:
            self.words.append(recording.kind.value)

        def joined(self, session: LiveSession, who: LivePeer) -> None:
            self.words.append(who.name)

        async def forget(self, session_id: str) -> None:
            self.words.append(session_id)

    marks, faces = Told(), Told()
    world.supervisor.watermarks, world.supervisor.pictures = marks, faces  # type: ignore[assignment]
    session = await world.rooms.make("sess-1")
    world.rooms.join(session, peer("ann"))
    one = await world.running()
    await world.running(Kind.TRACK)
    world.supervisor.joined(session, peer("bob"))
    await world.recordings.pause(one.id)
    await world.recordings.resume(one.id)
    await world.supervisor.session_ended(session)
    assert marks.words == ["COMPOSITE", "COMPOSITE"]
    assert faces.words == ["COMPOSITE", "bob", "COMPOSITE", "sess-1"]
