import shutil

import pytest

from roomtape.db import recordings as rows
from roomtape.domain.recording import Status
from roomtape.errors import SfuError, StorageError
from roomtape.recordings import confirmation
from roomtape.recordings.confirmation import Confirmation
from tests.support.recording_fakes import peer, recording
from tests.support.recording_world import World


async def _begin(world: World):  # type: ignore[no-untyped-def]
    session = await world.rooms.make("sess-1")
    made = recording()
    await rows.insert(world.db, made)
    world.captures.active[made.id] = made
    return session, made, Confirmation(world.db, world.captures, world.logs)


async def test_an_sfu_that_stays_away_is_an_error_within_the_bound(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, made, confirm = await _begin(world)
    world.rooms.join(session, peer("a"))
    world.rooms.fails["peer-a"] = SfuError("Janus is away")
    monkeypatch.setattr(confirmation, "CONFIRM_WITHIN_S", 0.1)
    failed = await confirm.confirm(made, session)
    assert failed.status is Status.ERRORED
    assert "the SFU confirmed no capture within" in (failed.error or "")


async def test_the_disk_is_named_before_the_sfu(world: World) -> None:
    session, made, confirm = await _begin(world)
    world.rooms.join(session, peer("a"), peer("b"))
    world.rooms.fails = {"peer-a": SfuError("refused"), "peer-b": StorageError("the disk is full")}
    failed = await confirm.confirm(made, session)
    assert failed.error == "the disk is full"


async def test_a_capture_folder_that_cannot_be_is_an_error(world: World) -> None:
    session, made, confirm = await _begin(world)
    shutil.rmtree(session.capture_dir, ignore_errors=True)
    session.capture_dir.parent.mkdir(exist_ok=True)
    session.capture_dir.write_bytes(b"in the way")
    failed = await confirm.confirm(made, session)
    assert failed.status is Status.ERRORED
    assert "the capture folder cannot be written" in (failed.error or "")


async def test_nobody_in_the_meeting_is_no_obstacle(world: World) -> None:
    session, made, confirm = await _begin(world)
    assert (await confirm.confirm(made, session)).status is Status.RECORDING
