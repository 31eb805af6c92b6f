from roomtape.capture.events import RecordingStarted, RecordingStopped, SessionEnded
from roomtape.clock import to_us
from roomtape.domain.recording import Status
from tests.support.recording_fakes import NOW, recording
from tests.support.recording_world import World


async def test_only_what_concerns_the_recording_is_returned(world: World) -> None:
    session = await world.rooms.make("sess-1")
    mine = RecordingStarted(1, "rec-1", ("a",))
    await world.logs.append("sess-1", mine, RecordingStarted(2, "rec-2"), SessionEnded(3))
    assert await world.logs.of(recording()) == [mine]
    assert len(world.rooms.events(session)) == 3
    assert await world.logs.of(recording(session_id="gone")) == []


async def test_the_log_of_an_ended_session_is_sealed_too(world: World) -> None:
    session = await world.rooms.make("sess-1")
    await world.rooms.end(session)
    stopped = recording(status=Status.UPLOADING, started_at=NOW, stopped_at=NOW)
    for _ in range(2):
        await world.logs.seal(stopped)
    t = to_us(NOW)
    assert await world.logs.of(stopped) == [RecordingStarted(t, "rec-1"), RecordingStopped(t, "rec-1")]
