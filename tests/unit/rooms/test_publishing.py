from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roomtape.capture import events as ev
from roomtape.db import sessions as rows
from roomtape.errors import SfuError
from roomtape.rooms import publishing
from tests.support.house import House
from tests.support.sdkworld import Told
from tests.support.wait import until


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path)
    await made.create()
    await made.rooms.start()
    yield made
    await made.rooms.stop()
    await made.db.close()


async def test_joining_is_in_the_log_and_in_the_database(house: House) -> None:
    peer, answer = await publishing.join(house.rooms, house.admission("ann"), "offer", "vp8")
    session = house.rooms.of_meeting("m1")
    assert session is not None
    assert answer == "v=0 answer"
    assert house.names(session.id) == ["session_started", "peer_joined", "track_published"]
    (row,) = await rows.peers(house.db, session.id, only_present=True)
    assert (row.id, row.name, row.sfu_handle, row.capturing) == (peer.id, "ann", 100, False)


async def test_the_ids_of_header_extensions_are_in_the_log(house: House) -> None:
    house.sfu.extensions = {"audio_level_id": 3, "capture_time_id": 5}
    await publishing.join(house.rooms, house.admission("ann"), "offer", "vp8")
    session = house.rooms.of_meeting("m1")
    assert session is not None
    (published,) = [e for e in house.events(session.id) if isinstance(e, ev.TrackPublished)]
    assert (published.audio_level_id, published.orientation_id, published.capture_time_id) == (3, None, 5)


async def test_a_wanted_peer_is_captured_from_its_first_packet(house: House) -> None:
    house.listener.wants = True
    peer, _ = await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    session = house.rooms.of_meeting("m1")
    assert session is not None
    assert list(house.sfu.captures.values()) == [f"{peer.id}-1"]
    assert "start_capture" not in house.sfu.calls
    assert house.names(session.id)[-1] == "take_started"


async def test_every_take_has_a_name_of_its_own(house: House) -> None:
    peer, _ = await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    session = house.rooms.of_meeting("m1")
    assert session is not None
    for on in (True, True, False, False, True):
        await house.rooms.capture(session, peer.id, on)
    takes = [(e.NAME, e.base) for e in house.events(session.id) if isinstance(e, ev.TakeStarted | ev.TakeStopped)]
    assert takes == [
        ("take_started", f"{peer.id}-1"),
        ("take_stopped", f"{peer.id}-1"),
        ("take_started", f"{peer.id}-2"),
    ]
    (row,) = await rows.peers(house.db, session.id)
    assert (row.take, row.capturing) == (2, True)


async def test_a_capture_that_does_not_start_is_not_said_to_run(house: House) -> None:
    peer, _ = await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    session = house.rooms.of_meeting("m1")
    assert session is not None
    house.sfu.failing.add("start_capture")
    with pytest.raises(SfuError):
        await house.rooms.capture(session, peer.id, True)
    assert peer.base is None
    (row,) = await rows.peers(house.db, session.id)
    assert not row.capturing
    assert "take_started" not in house.names(session.id)


async def test_a_recording_that_starts_during_a_join_gets_the_peer(house: House) -> None:
    publish = house.sfu.publish

    async def slow(*args: object) -> object:
        published = await publish(*args)  # type: ignore[arg-type]
        house.listener.wants = True
        return published

    house.sfu.publish = slow  # type: ignore[method-assign, assignment]
    peer, _ = await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    assert peer.base == f"{peer.id}-1"
    assert "start_capture" in house.sfu.calls


async def test_a_capture_that_fails_at_a_join_is_reported_and_the_peer_is_in(house: House) -> None:
    publish = house.sfu.publish

    async def slow(*args: object) -> object:
        published = await publish(*args)  # type: ignore[arg-type]
        house.listener.wants = True
        return published

    house.sfu.publish = slow  # type: ignore[method-assign, assignment]
    house.sfu.failing.add("start_capture")
    peer, _ = await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    session = house.rooms.of_meeting("m1")
    assert session is not None
    assert peer.id in session.peers
    assert "capture_failed: start_capture fails" in house.listener.told


async def test_a_refused_offer_leaves_nobody(house: House) -> None:
    house.sfu.failing.add("publish")
    with pytest.raises(SfuError):
        await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    session = house.rooms.of_meeting("m1")
    assert session is not None
    assert session.peers == {}
    assert await rows.peers(house.db, session.id) == []


async def test_leaving_twice_is_leaving_once(house: House) -> None:
    peer, _ = await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    session = house.rooms.of_meeting("m1")
    assert session is not None
    await publishing.leave(house.rooms, session, peer, "left")
    await publishing.leave(house.rooms, session, peer, "kicked")
    assert house.names(session.id).count("peer_left") == 1
    (row,) = await rows.peers(house.db, session.id)
    assert row.leave_reason == "left"


async def test_a_peer_whose_media_never_comes_up_is_put_out(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "UP_WITHIN_S", 0.01)
    await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    session = house.rooms.of_meeting("m1")
    assert session is not None
    await until(lambda: not session.peers)


async def test_nobody_comes_in_while_the_server_stops(house: House) -> None:
    house.rooms.stopping = True
    with pytest.raises(SfuError, match="stopping"):
        await publishing.join(house.rooms, house.admission("ann"), "offer", None)


async def test_a_full_disk_keeps_nobody_out(house: House) -> None:
    house.listener.wants = True
    house.sfu.full = True
    peer, _ = await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    session = house.rooms.of_meeting("m1")
    assert session is not None
    assert session.peers[peer.id].base is None
    assert "capture_failed: the disk is full" in house.listener.told


async def test_a_recorder_is_in_and_is_nobody(house: House) -> None:
    """It starts nothing, is told of to nobody, is not counted, and the meeting empties around it."""
    session = await house.rooms.open(house.meeting)
    told = Told()
    session.observers.append(told)
    house.listener.told.clear()
    tape, _ = await publishing.join(house.rooms, house.admission("page", is_recorder=True), "offer", None)
    assert (tape.recorder, tape.hidden, tape.tape) == (True, True, True)
    assert house.listener.told == []
    assert session.empty_since_us is not None
    assert session.present == []
    row = await rows.get(house.db, session.id)
    assert row is not None
    assert (row.live_participants, row.max_concurrent_participants) == (0, 0)
    assert row.empty_since is not None

    ann, _ = await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    assert house.listener.told == ["session_started", "filled"], "the first who counts starts what is to be started"
    assert session.empty_since_us is None
    row = await rows.get(house.db, session.id)
    assert row is not None
    assert (row.live_participants, row.max_concurrent_participants) == (1, 1)

    await publishing.leave(house.rooms, session, ann, "left")
    assert house.listener.told[-1] == "emptied"
    assert session.empty_since_us is not None
    emptied = session.empty_since_us
    assert session.peers == {tape.id: tape}
    await publishing.leave(house.rooms, session, tape, "left")
    assert session.empty_since_us == emptied, "its leaving changes nothing"
    assert told.words == ["joined ann", "left ann left"]
    assert [p.recorder for p in await rows.peers(house.db, session.id)] == [True, False]


async def test_recorders_are_put_out_with_the_session(house: House) -> None:
    session = await house.rooms.open(house.meeting)
    session.keep_alive_s = 0.05
    tape, _ = await publishing.join(house.rooms, house.admission("page", is_recorder=True), "offer", None)
    ann, _ = await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    await publishing.leave(house.rooms, session, ann, "left")
    await until(lambda: session.ended and tape.left)
    assert [e.reason for e in house.events(session.id) if isinstance(e, ev.PeerLeft)] == ["left", "session_ended"]


async def test_who_is_hidden_and_records_nothing_counts(house: House) -> None:
    await publishing.join(house.rooms, house.admission("ghost", hidden_participant=True), "offer", None)
    session = house.rooms.of_meeting("m1")
    assert session is not None
    assert session.empty_since_us is None
    assert len(session.present) == 1
