from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roomtape.capture import events as ev
from roomtape.clock import now_us
from roomtape.db import sessions as rows
from roomtape.rooms import publishing
from tests.support.house import House


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path)
    await made.create()
    await made.rooms.start()
    made.listener.wants = True
    yield made
    await made.db.close()


async def test_whoever_is_still_connected_goes_on(house: House) -> None:
    peer, _ = await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    await publishing.join(house.rooms, house.admission("bob"), "offer", None)
    again = house.again()
    await again.rooms.start()
    session = again.rooms.of_meeting("m1")
    assert session is not None
    found = session.peers[peer.id]
    assert (found.handle, found.base, found.take, found.tracks) == (peer.handle, f"{peer.id}-1", 1, peer.tracks)
    assert session.empty_since_us is None
    assert len(session.peers) == 2
    names = again.names(session.id)
    assert names[-1] == "server_recovered"
    assert "peer_left" not in names


async def test_whoever_vanished_meanwhile_has_left(house: House) -> None:
    ann, _ = await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    bob, _ = await publishing.join(house.rooms, house.admission("bob"), "offer", None)
    assert ann.handle is not None
    house.sfu.dead.add(ann.handle)
    again = house.again()
    await again.rooms.start()
    session = again.rooms.of_meeting("m1")
    assert session is not None
    assert set(session.peers) == {bob.id}
    ends = [e for e in again.events(session.id) if isinstance(e, ev.PeerLeft | ev.TakeStopped)]
    assert [(e.NAME, e.peer_id) for e in ends] == [("take_stopped", ann.id), ("peer_left", ann.id)]
    gone = next(p for p in await rows.peers(house.db, session.id) if p.id == ann.id)
    assert gone.leave_reason == "server_down"
    assert not gone.capturing


async def test_a_new_sfu_means_everybody_left_when_the_server_was_last_alive(house: House) -> None:
    ann, _ = await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    house.sfu.claimable = False
    down = now_us() + 5_000
    again = house.again()
    again.rooms.heartbeat.last_us = lambda: down  # type: ignore[method-assign]
    await again.rooms.start()
    session = again.rooms.of_meeting("m1")
    assert session is not None
    assert session.peers == {}
    assert session.empty_since_us == down
    left = next(e for e in again.events(session.id) if isinstance(e, ev.PeerLeft))
    assert (left.peer_id, left.t) == (ann.id, down)
    assert session.id in house.sfu.rooms


async def test_a_session_whose_folder_cannot_be_written_does_not_stop_the_start(house: House) -> None:
    await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    house.sfu.failing.add("open_room")
    again = house.again()
    await again.rooms.start()
    assert again.rooms.sessions == {}
    assert await rows.live(house.db) == []


async def test_a_take_that_was_announced_but_never_began_is_not_taken_for_running(house: House) -> None:
    peer, _ = await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    session = house.rooms.of_meeting("m1")
    assert session is not None
    await rows.change_peer(house.db, session.id, peer.id, take=2, capturing=True)
    again = house.again()
    await again.rooms.start()
    found = again.rooms.sessions[session.id].peers[peer.id]
    assert (found.base, found.take) == (None, 2)
    (row,) = await rows.peers(house.db, session.id)
    assert not row.capturing


async def test_a_take_that_runs_but_was_not_logged_is_logged(house: House) -> None:
    peer, _ = await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    session = house.rooms.of_meeting("m1")
    assert session is not None
    await rows.change_peer(house.db, session.id, peer.id, take=2, capturing=True)
    (session.capture_dir / f"{peer.id}-2-audio-0.mjr").touch()
    again = house.again()
    await again.rooms.start()
    assert again.rooms.sessions[session.id].peers[peer.id].base == f"{peer.id}-2"
    takes = [e.base for e in again.events(session.id) if isinstance(e, ev.TakeStarted)]
    assert takes == [f"{peer.id}-1", f"{peer.id}-2"]


async def test_a_recorder_goes_on_in_a_session_that_stays_empty(house: House) -> None:
    tape, _ = await publishing.join(house.rooms, house.admission("page", is_recorder=True), "offer", None)
    before = house.rooms.of_meeting("m1")
    assert before is not None
    again = house.again()
    await again.rooms.start()
    session = again.rooms.of_meeting("m1")
    assert session is not None
    assert session.peers[tape.id].recorder
    assert session.peers[tape.id].base == f"{tape.id}-1"
    assert session.empty_since_us == before.empty_since_us
