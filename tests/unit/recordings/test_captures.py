import asyncio

import pytest

from roomtape.domain.recording import Status
from roomtape.errors import SfuError, StorageError
from roomtape.recordings import captures
from roomtape.recordings.captures import Captures
from tests.support.recording_fakes import peer, recording
from tests.support.recording_world import World


async def _session(world: World):  # type: ignore[no-untyped-def]
    session = await world.rooms.make("sess-1")
    a, b = peer("a"), peer("b")
    world.rooms.join(session, a, b)
    return session, a, b


async def test_captures_follow_the_live_recordings(world: World) -> None:
    session, a, b = await _session(world)
    made = Captures(world.rooms)
    made.active["rec-1"] = recording(status=Status.RECORDING)
    assert made.differ(session)
    assert await made.apply(session) == {}
    assert (a.base, b.base) == ("peer-a-1", "peer-b-1")
    assert not made.differ(session)
    made.active["rec-1"] = recording(status=Status.PAUSED)
    await made.apply(session)
    assert (a.base, b.base) == (None, None)


async def test_peers_are_switched_side_by_side(world: World) -> None:
    session, _, _ = await _session(world)
    world.rooms.delay_s = 0.1
    made = Captures(world.rooms)
    made.active["rec-1"] = recording(status=Status.RECORDING)
    async with asyncio.timeout(0.19):
        await made.apply(session)


async def test_of_two_changes_at_once_the_last_has_the_last_word(world: World) -> None:
    session, a, b = await _session(world)
    world.rooms.delay_s = 0.02
    made = Captures(world.rooms)
    made.active["rec-1"] = recording(status=Status.RECORDING)
    on = asyncio.create_task(made.apply(session))
    await asyncio.sleep(0.01)
    made.active.clear()
    await asyncio.gather(on, made.apply(session))
    assert (a.base, b.base) == (None, None)


async def test_a_peer_that_fails_keeps_no_other_from_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    session, a, b = await _session(world)
    error = SfuError("refused")
    world.rooms.fails["peer-a"] = error
    made = Captures(world.rooms)
    made.active["rec-1"] = recording(status=Status.RECORDING)
    assert await made.apply(session) == {"peer-a": error}
    assert (a.base, b.base) == (None, "peer-b-1")
    assert not made.differ(session)
    made._retry_at.clear()
    assert made.differ(session)

    monkeypatch.setattr(captures, "SWITCH_WITHIN_S", 0.01)
    world.rooms.fails.clear()
    world.rooms.delay_s = 1
    late = (await made.apply(session))["peer-a"]
    assert isinstance(late, StorageError)
    assert "no answer within" in str(late)
