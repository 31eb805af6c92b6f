from __future__ import annotations

from roomtape.rooms.realtimekit.permissions import WaitingRoomType
from roomtape.rooms.realtimekit.waiting import WaitingRoom

SKIP, ENTRY, ACCEPT = (
    WaitingRoomType.SKIP,
    WaitingRoomType.ON_PRIVILEGED_USER_ENTRY,
    WaitingRoomType.SKIP_ON_ACCEPT,
)


def test_who_must_wait() -> None:
    room = WaitingRoom()
    assert [room.must_wait(kind, "u", host_in=False) for kind in (SKIP, ENTRY, ACCEPT)] == [False, True, True]
    assert [room.must_wait(kind, "u", host_in=True) for kind in (SKIP, ENTRY, ACCEPT)] == [False, False, True]


def test_who_was_let_in_once_waits_no_more() -> None:
    room = WaitingRoom()
    assert room.add("p1", "u")
    assert not room.add("p1", "u")
    assert room.accept({"u", "nobody"}) == ["p1"]
    assert room.waiting == {}
    assert not room.must_wait(ACCEPT, "u", host_in=False)
    assert room.must_wait(ACCEPT, "nobody", host_in=False), "only those who waited were let in"


def test_who_is_turned_away_has_to_ask_again() -> None:
    room = WaitingRoom()
    room.add("p1", "u")
    room.add("p2", "v")
    assert room.deny({"u"}) == ["p1"]
    assert room.must_wait(ACCEPT, "u", host_in=True)
    assert room.remove("p2")
    assert not room.remove("p2")
