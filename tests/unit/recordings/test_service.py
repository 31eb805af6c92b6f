import asyncio
import time

import pytest

from roomtape.capture.events import (
    RecordingPaused,
    RecordingResumed,
    RecordingStarted,
    RecordingStopped,
    TakeStarted,
    TakeStopped,
)
from roomtape.clock import to_us
from roomtape.db import recordings as rows
from roomtape.domain.recording import Caller, CallerType, Kind, Status, StopCause
from roomtape.domain.recording_config import RecordingConfig, VideoConfig
from roomtape.errors import Conflict, NotFound, SfuError, StorageError, TooMany
from roomtape.recordings.confirmation import Confirmation
from roomtape.recordings.service import Recordings
from tests.support.recording_fakes import peer
from tests.support.recording_world import World

ANNA = Caller(CallerType.USER, "Anna", "user-anna")


async def test_a_start_answers_invoked_and_is_confirmed_after_the_captures(world: World) -> None:
    session = await world.rooms.make("sess-1")
    a, b, hidden = peer("a"), peer("b"), peer("h", hidden=True)
    world.rooms.join(session, a, b, hidden)
    world.rooms.delay_s = 0.05

    began = time.monotonic()
    invoked = await world.start()
    assert invoked.status is Status.INVOKED
    running = await world.until(invoked.id, Status.RECORDING)
    assert time.monotonic() - began < 2

    events = world.rooms.events(session)
    (started,) = [e for e in events if isinstance(e, RecordingStarted)]
    takes = [e for e in events if isinstance(e, TakeStarted)]
    assert {t.peer_id for t in takes} == {"peer-a", "peer-b"}
    assert running.started_at is not None
    assert to_us(running.started_at) == started.t >= max(t.t for t in takes)
    assert hidden.base is None
    assert running.output_file_name.startswith("Weekly-meet-1_")
    assert running.output_file_name.endswith(".mp4")
    webm = await world.start(config=RecordingConfig(VideoConfig("VP9")), allow_multiple=True)
    assert webm.output_file_name.endswith(".webm")


async def test_a_composite_opens_a_session_and_a_track_recording_does_not(world: World) -> None:
    with pytest.raises(Conflict, match="no live session"):
        await world.start(Kind.TRACK)
    recording = await world.running()
    assert list(world.rooms.sessions) == [recording.session_id]


async def test_of_twenty_starts_at_once_one_wins_in_each_kind(world: World) -> None:
    await world.rooms.make("sess-1")
    kinds = [Kind.COMPOSITE, Kind.TRACK] * 10
    answers = await asyncio.gather(*(world.start(k) for k in kinds), return_exceptions=True)
    won = [a for a in answers if not isinstance(a, BaseException)]
    assert sorted(r.kind for r in won) == [Kind.COMPOSITE, Kind.TRACK]
    lost = [str(a) for a in answers if isinstance(a, Conflict)]
    assert len(lost) == 18
    assert all(won[0].id in reason or won[1].id in reason for reason in lost)
    assert [r for r in lost if "allow_multiple" in r] == [r for r in lost if "tracks" not in r], (
        "only one can be told to"
    )
    again = await world.start(allow_multiple=True)
    await world.until(again.id, Status.RECORDING)


async def test_an_app_has_so_many_recordings_running_and_no_more(world: World) -> None:
    recordings = Recordings(
        world.db, world.rooms, world.captures, world.logs, Confirmation(world.db, world.captures, world.logs),
        world.finalizer, most_per_app=2,
    )  # fmt: skip
    world.recordings = recordings
    answers = await asyncio.gather(*(world.start(allow_multiple=True) for _ in range(4)), return_exceptions=True)
    refused = [a for a in answers if isinstance(a, TooMany)]
    assert len(refused) == 2
    assert refused[0].retry_after_s > 0
    assert len(await rows.active(world.db)) == 2
    running = next(a for a in answers if not isinstance(a, BaseException))
    await world.until(running.id, Status.RECORDING)
    await recordings.stop(running.id, cause=StopCause.API_CALL, caller=None)
    await world.start(allow_multiple=True)
    await recordings.close()


async def test_stop_says_the_same_moment_everywhere_and_hands_over_with_captures_off(world: World) -> None:
    session = await world.rooms.make("sess-1")
    a = peer("a")
    world.rooms.join(session, a)
    recording = await world.running()
    stopped = await world.recordings.stop(recording.id, cause=StopCause.API_CALL, caller=ANNA)
    events = world.rooms.events(session)
    (end,) = [e for e in events if isinstance(e, RecordingStopped)]
    assert stopped.status is Status.UPLOADING
    assert stopped.stopped_at is not None
    assert to_us(stopped.stopped_at) == end.t
    assert (stopped.stop_cause, stopped.stop_caller) == (StopCause.API_CALL, ANNA)
    assert isinstance(events[-1], TakeStopped)
    assert a.base is None
    assert world.finalizer.begun == [recording.id]
    with pytest.raises(Conflict, match="UPLOADING cannot stop"):
        await world.recordings.stop(recording.id, cause=StopCause.API_CALL, caller=ANNA)
    with pytest.raises(NotFound):
        await world.recordings.stop("nobody", cause=StopCause.API_CALL, caller=None)


async def test_a_stop_during_the_confirmation_waits_for_it(world: World) -> None:
    session = await world.rooms.make("sess-1")
    world.rooms.join(session, peer("a"))
    world.rooms.delay_s = 0.1
    recording = await world.start()
    stopped = await world.recordings.stop(recording.id, cause=StopCause.API_CALL, caller=None)
    assert stopped.started_at is not None
    assert stopped.stopped_at is not None
    assert stopped.started_at <= stopped.stopped_at


async def test_pause_switches_off_only_what_no_other_recording_needs(world: World) -> None:
    session = await world.rooms.make("sess-1")
    a, b = peer("a"), peer("b")
    world.rooms.join(session, a, b)
    composite = await world.running()
    await world.running(Kind.TRACK, config=RecordingConfig(user_ids=("user-a",)))
    paused = await world.recordings.pause(composite.id)
    assert paused.status is Status.PAUSED
    assert (a.base is not None, b.base) == (True, None)
    with pytest.raises(Conflict):
        await world.recordings.pause(composite.id)
    resumed = await world.recordings.resume(composite.id)
    assert resumed.status is Status.RECORDING
    assert b.base == "peer-b-2"
    assert a.base == "peer-a-1"
    marks = [e for e in world.rooms.events(session) if isinstance(e, RecordingPaused | RecordingResumed | TakeStarted)]
    assert isinstance(marks[-1], RecordingResumed)
    assert marks[-1].t >= marks[-2].t


async def test_a_resume_that_cannot_capture_stays_paused(world: World) -> None:
    session = await world.rooms.make("sess-1")
    a = peer("a")
    world.rooms.join(session, a)
    recording = await world.running()
    await world.recordings.pause(recording.id)
    world.rooms.fails["peer-a"] = StorageError("the disk is full")
    with pytest.raises(StorageError):
        await world.recordings.resume(recording.id)
    found = await rows.get(world.db, recording.id)
    assert found is not None
    assert found.status is Status.PAUSED
    assert a.base is None
    world.rooms.fails.clear()
    assert (await world.recordings.resume(recording.id)).status is Status.RECORDING


async def test_an_excluded_peer_is_never_captured(world: World) -> None:
    session = await world.rooms.make("sess-1")
    a, b = peer("a"), peer("b")
    world.rooms.join(session, a, b)
    await world.running(Kind.TRACK, config=RecordingConfig(user_ids=("part-b",)))
    assert a.base is None
    assert b.base is not None
    assert not world.captures.wants(session, peer("c"))
    assert world.captures.wants(session, peer("b"))


async def test_a_full_disk_is_an_error_of_the_recording_alone(world: World) -> None:
    session = await world.rooms.make("sess-1")
    a, b = peer("a"), peer("b")
    world.rooms.join(session, a, b)
    world.rooms.fails = {
        p: StorageError("the capture folder cannot be written, the disk is full") for p in session.peers
    }
    recording = await world.start()
    failed = await world.until(recording.id, Status.ERRORED)
    assert "disk is full" in (failed.error or "")
    assert failed.stop_cause is StopCause.INTERNAL_ERROR
    assert list(session.peers) == ["peer-a", "peer-b"]
    world.rooms.fails.clear()
    await world.running()


async def test_a_log_that_cannot_be_written_is_an_error_and_leaves_no_capture_on(world: World) -> None:
    session = await world.rooms.make("sess-1")
    world.rooms.log_fails = StorageError("the disk is read-only")
    failed = await world.until((await world.start()).id, Status.ERRORED)
    assert failed.error == "the disk is read-only"
    assert not world.captures.of_session(session.id)


async def test_one_peer_that_cannot_be_captured_is_a_warning(world: World) -> None:
    session = await world.rooms.make("sess-1")
    world.rooms.join(session, peer("a"), peer("b"))
    world.rooms.fails["peer-b"] = SfuError("Janus refused")
    running = await world.running()
    assert running.warnings == ("b is not recorded (peer peer-b): Janus refused",)


async def test_an_sfu_that_comes_back_is_waited_for(world: World) -> None:
    session = await world.rooms.make("sess-1")
    world.rooms.join(session, peer("a"))
    world.rooms.fails["peer-a"] = SfuError("Janus is away")
    recording = await world.start()
    await asyncio.sleep(0.1)
    world.rooms.fails.clear()
    await world.until(recording.id, Status.RECORDING)


async def test_a_stop_whose_log_fails_is_a_stop_all_the_same(world: World) -> None:
    session = await world.rooms.make("sess-1")
    recording = await world.running()
    world.rooms.log_fails = StorageError("the disk is full")
    stopped = await world.recordings.stop(recording.id, cause=StopCause.API_CALL, caller=None)
    assert stopped.status is Status.UPLOADING
    world.rooms.log_fails = None
    await world.logs.seal(stopped, session.capture_dir / "beside.jsonl")
    await world.logs.seal(stopped, session.capture_dir / "beside.jsonl")
    (end,) = [e for e in world.rooms.events(session) if isinstance(e, RecordingStopped)]
    assert stopped.stopped_at is not None
    assert end.t == to_us(stopped.stopped_at)
