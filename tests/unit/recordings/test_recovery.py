from pathlib import Path

from roomtape.capture.events import RecordingPaused, RecordingStarted, RecordingStopped
from roomtape.clock import now_us, to_datetime, to_us
from roomtape.db import recordings as rows
from roomtape.db import sessions
from roomtape.domain.recording import Recording, Status, StopCause
from roomtape.recordings.recovery import recover
from tests.support.recording_fakes import FakeFinalizer, peer, recording, session_row
from tests.support.recording_world import World


async def _recover(world: World) -> FakeFinalizer:
    await recover(world.rooms, world.recordings, world.supervisor, world.finalizer)  # type: ignore[arg-type]
    return world.finalizer


async def _get(world: World) -> Recording:
    found = await rows.get(world.db, "rec-1")
    assert found is not None
    return found


async def test_a_recording_goes_on_after_a_crash(world: World) -> None:
    session = await world.rooms.make("sess-1")
    a, b = peer("a"), peer("b")
    world.rooms.join(session, a)
    before = await world.running()
    again = world.again()
    back = await again.rooms.make("sess-1", insert=False)
    again.rooms.join(back, a, b)
    await _recover(again)
    assert b.base is not None
    assert a.base == "peer-a-1"
    after = await again.recordings.stop(before.id, cause=StopCause.API_CALL, caller=None)
    assert after.started_at == before.started_at
    await again.supervisor.stop()


async def test_a_confirmation_that_is_in_the_log_is_taken_into_the_row(world: World) -> None:
    session = await world.rooms.make("sess-1")
    await rows.insert(world.db, recording())
    started = now_us()
    session.log.append(RecordingStarted(started, "rec-1"))
    await _recover(world)
    found = await _get(world)
    assert (found.status, found.started_at) == (Status.RECORDING, to_datetime(started))


async def test_a_confirmation_that_never_came_is_taken_up_again(world: World) -> None:
    session = await world.rooms.make("sess-1")
    a = peer("a")
    world.rooms.join(session, a)
    await rows.insert(world.db, recording())
    await _recover(world)
    running = await world.until("rec-1", Status.RECORDING)
    (started,) = [e for e in world.rooms.events(session) if isinstance(e, RecordingStarted)]
    assert running.started_at is not None
    assert started.t == to_us(running.started_at)
    assert a.base is not None


async def test_a_pause_that_is_in_the_log_is_taken_into_the_row(world: World) -> None:
    session = await world.rooms.make("sess-1")
    a = peer("a")
    world.rooms.join(session, a)
    running = await world.running()
    session.log.append(RecordingPaused(now_us(), running.id))
    again = world.again()
    again.rooms.sessions = world.rooms.sessions
    await _recover(again)
    found = await rows.get(world.db, running.id)
    assert found is not None
    assert found.status is Status.PAUSED
    assert a.base is None


async def test_a_recording_whose_session_is_gone_ends_when_that_did(world: World) -> None:
    session = await world.rooms.make("sess-1")
    running = await world.running()
    await world.rooms.end(session)
    ended = await sessions.get(world.db, "sess-1")
    assert ended is not None
    again = world.again()
    await _recover(again)
    found = await rows.get(world.db, running.id)
    assert found is not None
    assert (found.status, found.stop_cause) == (Status.UPLOADING, StopCause.INTERNAL_ERROR)
    assert found.stopped_at == ended.ended_at
    assert "could not be found again" in found.warnings[0]
    assert [type(e) for e in await again.logs.of(found)][-1] is RecordingStopped
    assert again.finalizer.begun == [running.id, "all"]


async def test_a_recording_that_never_began_in_a_session_that_is_gone_is_an_error(world: World) -> None:
    await sessions.insert(world.db, session_row("sess-1"))
    await rows.insert(world.db, recording())
    await _recover(world)
    found = await _get(world)
    assert found.status is Status.ERRORED
    assert found.error is not None
    assert "the server stopped before the recording began" in found.error


async def test_time_that_ran_out_while_the_server_was_away_ends_the_recording_then(tmp_path: Path) -> None:
    world = await World.make(tmp_path, empty_stop_s=5)
    session = await world.rooms.make("sess-1")
    begun = now_us() - 600_000_000
    await rows.insert(world.db, recording(status=Status.RECORDING, started_at=to_datetime(begun)))
    session.log.append(RecordingStarted(begun, "rec-1"))
    session.empty_since_us = begun + 60_000_000
    await _recover(world)
    stopped = await world.until("rec-1", Status.UPLOADING)
    assert stopped.stop_cause is StopCause.ALL_PEERS_LEFT
    assert stopped.stopped_at is not None
    assert to_us(stopped.stopped_at) == begun + 65_000_000
    await world.close()
