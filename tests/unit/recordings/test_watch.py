import asyncio

import pytest

from roomtape.db import recordings as rows
from roomtape.domain.recording import Kind, Status, StopCause
from roomtape.errors import StorageError
from roomtape.recordings import disk, watch
from tests.support.recording_fakes import peer
from tests.support.recording_world import World


async def _warnings(world: World, recording_id: str) -> tuple[str, ...]:
    found = await rows.get(world.db, recording_id)
    assert found is not None
    return found.warnings


async def test_a_disk_that_takes_no_more_is_told_once_and_so_is_its_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await world.rooms.make("sess-1")
    a = peer("a")
    world.rooms.join(session, a)
    recording = await world.running()
    look = watch.CaptureWatch(1, world.db, world.rooms, world.captures).look
    await look(session)
    assert await _warnings(world, recording.id) == ()

    def full(_folder: object) -> None:
        raise StorageError("the capture folder cannot be written: No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(disk, "probe", full)
        await look(session)
        await look(session)
    assert await _warnings(world, recording.id) == ("the capture folder cannot be written: No space left on device",)
    assert a.base == "peer-a-1"
    await look(session)
    assert a.base == "peer-a-2"  # the file that was being written may be torn
    told = await _warnings(world, recording.id)
    assert len(told) == 2
    assert told[1].startswith("captures are written again since")


async def test_trouble_is_told_to_recordings_that_begin_in_it_and_to_none_that_begin_after_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await world.rooms.make("sess-1")
    world.rooms.join(session, peer("a"))
    before = await world.running()
    look = watch.CaptureWatch(1, world.db, world.rooms, world.captures).look
    with monkeypatch.context() as short:
        short.setattr(disk, "shortage", lambda _: "make room")
        await look(session)
        within = await world.start(Kind.TRACK)
        await world.until(within.id, Status.RECORDING)
        await look(session)
    assert await _warnings(world, within.id) == ("make room",)

    def full(_folder: object) -> None:
        raise StorageError("full")

    with monkeypatch.context() as broken:
        broken.setattr(disk, "probe", full)
        await look(session)
    for recording in (before, within):
        await world.recordings.stop(recording.id, cause=StopCause.API_CALL, caller=None)
    after = await world.running()
    await look(session)
    assert await _warnings(world, after.id) == ()


async def test_little_room_is_a_warning_and_no_reason_for_new_files(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await world.rooms.make("sess-1")
    a = peer("a")
    world.rooms.join(session, a)
    recording = await world.running()
    look = watch.CaptureWatch(1, world.db, world.rooms, world.captures).look
    with monkeypatch.context() as short:
        short.setattr(disk, "shortage", lambda _: "make room")
        await look(session)
    await look(session)
    assert await _warnings(world, recording.id) == ("make room",)
    assert a.base == "peer-a-1"


async def test_a_capture_that_failed_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    session = await world.rooms.make("sess-1")
    a, b = peer("a"), peer("b")
    world.rooms.join(session, a, b)
    world.rooms.fails["peer-b"] = StorageError("full")
    await world.running()
    world.rooms.fails.clear()
    look = watch.CaptureWatch(1, world.db, world.rooms, world.captures).look
    await look(session)
    assert b.base is None  # not at once: a request a second to a broken disk helps nobody
    world.captures._retry_at.clear()
    await look(session)
    assert b.base is not None


async def test_rounds_go_on_until_stopped(world: World) -> None:
    session = await world.rooms.make("sess-1")
    a = peer("a")
    await world.running()
    rounds = watch.CaptureWatch(0.01, world.db, world.rooms, world.captures)
    rounds.start()
    world.rooms.join(session, a)
    async with asyncio.timeout(20):
        while a.base is None:
            await asyncio.sleep(0.01)
    await rounds.stop()
