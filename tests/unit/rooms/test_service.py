import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roomtape.capture import events as ev
from roomtape.db import sessions as rows
from roomtape.domain.meeting import SessionStatus
from roomtape.errors import SfuError, StorageError
from roomtape.rooms import publishing
from roomtape.sfu.port import Down, Lost, Ready, Up
from tests.support.house import House
from tests.support.wait import until


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path)
    await made.create()
    await made.rooms.start()
    yield made
    await made.rooms.stop()
    await made.db.close()


async def test_opening_twice_is_one_session(house: House) -> None:
    first, second = await asyncio.gather(house.rooms.open(house.meeting), house.rooms.open(house.meeting))
    assert first is second
    assert house.rooms.of_meeting("m1") is first
    assert house.sfu.rooms == {first.id: first.capture_dir}
    row = await rows.get(house.db, first.id)
    assert row is not None
    assert row.status is SessionStatus.LIVE


async def test_a_refused_room_leaves_no_session(house: House) -> None:
    house.sfu.failing.add("open_room")
    with pytest.raises(SfuError):
        await house.rooms.open(house.meeting)
    assert house.rooms.of_meeting("m1") is None
    assert await rows.live(house.db) == []


async def test_a_disk_that_refuses_the_capture_keeps_nobody_out(house: House) -> None:
    blocked = house.settings.data_dir / "capture"
    blocked.touch()
    peer, _ = await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    session = house.rooms.of_meeting("m1")
    assert session is not None
    assert list(session.peers) == [peer.id]
    blocked.unlink()
    await house.rooms.note(session, ev.PeerRenamed(1, peer.id, "Anna"))
    assert house.names(session.id) == ["session_started", "peer_joined", "track_published", "peer_renamed"]


async def test_the_session_ends_after_its_keep_alive_and_tells_before(house: House) -> None:
    peer, _ = await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    session = house.rooms.of_meeting("m1")
    assert session is not None
    session.keep_alive_s = 0.05
    await asyncio.sleep(0.1)
    assert not session.ended, "somebody is in"
    await publishing.leave(house.rooms, session, peer, "left")
    await until(lambda: "session_ended" in house.listener.told)
    assert session.id not in house.rooms.sessions
    assert "close_room" in house.sfu.calls
    assert house.listener.told == ["session_started", "filled", "emptied", "session_ending", "session_ended"]
    assert len(house.listener.came) == 1
    assert house.names(session.id)[-1] == "session_ended"
    row = await rows.get(house.db, session.id)
    assert row is not None
    assert (row.status, row.live_participants, row.max_concurrent_participants) == (SessionStatus.ENDED, 0, 1)


async def test_media_that_goes_down_is_a_leave(house: House) -> None:
    peer, _ = await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    session = house.rooms.of_meeting("m1")
    assert session is not None
    assert peer.handle is not None
    house.rooms.on_sfu_event(Up(peer.handle))
    assert peer.up
    house.rooms.on_sfu_event(Down(peer.handle, "ICE failed"))
    await until(lambda: not session.peers)
    left = [e for e in house.events(session.id) if isinstance(e, ev.PeerLeft)]
    assert [(e.peer_id, e.reason) for e in left] == [(peer.id, "media_lost")]


async def test_a_lost_sfu_ends_media_but_not_the_session(house: House) -> None:
    house.listener.wants = True
    peer, _ = await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    session = house.rooms.of_meeting("m1")
    assert session is not None
    house.sfu.rooms.clear()
    house.rooms.on_sfu_event(Lost())
    await until(lambda: not session.peers)
    assert "stop_capture" not in house.sfu.calls, "there is nobody to ask"
    assert house.names(session.id)[-2:] == ["take_stopped", "peer_left"]
    house.rooms.on_sfu_event(Ready())
    await until(lambda: session.id in house.sfu.rooms)
    again, _ = await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    assert again.id in session.peers
    assert again.id != peer.id


async def test_kick_all_ends_the_session(house: House) -> None:
    await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    await publishing.join(house.rooms, house.admission("bob"), "offer", None)
    session = house.rooms.of_meeting("m1")
    assert session is not None
    await house.rooms.kick_all(session)
    assert house.rooms.of_meeting("m1") is None
    assert {p.leave_reason for p in await rows.peers(house.db, session.id)} == {"session_ended"}


async def test_a_clean_stop_closes_captures_and_keeps_the_session_for_the_next_start(house: House) -> None:
    house.listener.wants = True
    await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    session = house.rooms.of_meeting("m1")
    assert session is not None
    await house.rooms.stop()
    assert house.sfu.stopped
    assert not house.sfu.captures
    row = await rows.get(house.db, session.id)
    assert row is not None
    assert row.status is SessionStatus.LIVE
    assert row.empty_since is not None


async def test_what_the_disk_did_not_take_is_logged_first_when_it_does(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await house.rooms.open(house.meeting)
    append = session.log.append

    def full(event: ev.Event, sync: bool = True) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr(session.log, "append", full)
    await house.rooms.note(session, ev.PeerRenamed(1, "p", "one"))
    with pytest.raises(StorageError):
        await house.rooms.log(session, ev.RecordingStarted(2, "r"))
    monkeypatch.setattr(session.log, "append", append)
    await house.rooms.note(session, ev.PeerRenamed(3, "p", "two"))
    assert [e.t for e in house.events(session.id)[1:]] == [1, 3]


async def test_what_is_jotted_down_is_in_the_log_in_order_and_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await house.rooms.open(house.meeting)
    append = session.log.append
    due = list(range(10, 60))

    def slow(event: ev.Event, sync: bool = True) -> None:
        append(event, sync)
        if due:  # more comes while the disk is at work
            loop.call_soon_threadsafe(house.rooms.jot, session, ev.PeerRenamed(due.pop(0), "p", "x"))

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(session.log, "append", slow)
    house.rooms.jot(session, ev.PeerRenamed(8, "p", "x"))
    await house.rooms.log(session, ev.PeerRenamed(9, "p", "y"))
    while due or session.unlogged:
        await asyncio.sleep(0.01)
    assert [e.t for e in house.events(session.id)[1:]] == list(range(8, 60))


async def test_a_broadcast_is_told_to_the_listener(house: House) -> None:
    session = await house.rooms.open(house.meeting)
    house.rooms.broadcasted(session, "p", "ID3Data", b"1", 5)
    assert house.listener.told[-1] == "broadcasted ID3Data by p: 1"


async def test_a_recording_that_begins_amid_captures_gets_a_keyframe(house: House) -> None:
    house.listener.wants = True
    peer, _ = await publishing.join(house.rooms, house.admission("ann"), "offer", None)
    session = house.rooms.of_meeting("m1")
    assert session is not None
    peer.up = True
    await house.rooms.log(session, ev.RecordingStarted(1, "r"))
    await until(lambda: house.sfu.calls.count("request_keyframe") == 2)
    await house.rooms.log(session, ev.RecordingPaused(2, "r"), ev.RecordingResumed(3, "r"))
    await until(lambda: house.sfu.calls.count("request_keyframe") == 4)


async def test_a_session_that_is_held_does_not_end_and_gets_its_time_anew(house: House) -> None:
    session = await house.rooms.open(house.meeting)
    session.keep_alive_s = 0.05
    house.rooms.hold(session, "recording")
    house.rooms.schedule_end(session)
    await asyncio.sleep(0.1)
    assert not session.ended
    opened = session.empty_since_us
    await house.rooms.let_go(session, "recording")
    assert session.empty_since_us is not None
    assert opened is not None
    assert session.empty_since_us > opened
    assert not session.ended
    await until(lambda: session.ended)
    await house.rooms.let_go(session, "recording")
