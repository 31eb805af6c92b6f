from __future__ import annotations

import pytest

from roomtape.errors import InvalidRequest
from roomtape.rooms.realtimekit import stores
from roomtape.rooms.realtimekit.stores import Stores


def test_set_read_and_delete() -> None:
    room = Stores()
    items = room.insert("game", [("score", b"[1]"), ("name", b'"x"')], "ann", 5000)
    assert [(i.store_key, i.payload, i.peer_id, i.timestamp) for i in items] == [
        ("score", b"[1]", "ann", "5000"),
        ("name", b'"x"', "ann", "5000"),
    ]
    assert {i.store_key for i in room.get("game", [])} == {"score", "name"}
    assert [i.payload for i in room.get("game", ["score", "other"])] == [b"[1]"]
    assert room.get("another", []) == []
    room.insert("game", [("score", b"[2]")], "ben", 6000)
    gone = room.delete("game", ["score", "score", "other"], "cat")
    assert [(i.store_key, i.peer_id) for i in gone] == [("score", "cat")], "who deleted it does it themselves"
    assert [i.store_key for i in room.get("game", [])] == ["name"]
    room.delete("game", ["name"], "cat")
    assert room.stores == {}
    assert room.size == 0


@pytest.mark.parametrize("payload", [b"{", b"\xff", b"NaN", b"undefined", b"[" * 100_00])
def test_what_is_no_json_would_break_every_other_client(payload: bytes) -> None:
    room = Stores()
    with pytest.raises(InvalidRequest, match="JSON"):
        room.insert("game", [("good", b"1"), ("bad", payload)], "ann", 0)
    assert room.get("game", []) == []
    assert room.size == 0


def test_everything_has_a_limit() -> None:
    room = Stores()
    with pytest.raises(InvalidRequest, match="bytes"):
        room.insert("s", [("k", b'"' + b"x" * stores.LARGEST_VALUE + b'"')], "p", 0)
    with pytest.raises(InvalidRequest, match="characters"):
        room.insert("s", [("", b"1")], "p", 0)
    with pytest.raises(InvalidRequest, match="keys at most"):
        room.insert("s", [(str(i), b"1") for i in range(stores.MOST_KEYS + 1)], "p", 0)
    for i in range(stores.MOST_STORES):
        room.insert(f"s{i}", [("k", b"1")], "p", 0)
    with pytest.raises(InvalidRequest, match="stores at most"):
        room.insert("one more", [("k", b"1")], "p", 0)


def test_the_room_as_a_whole_has_a_limit_and_replacing_is_free() -> None:
    room = Stores()
    value = b'"' + b"x" * (stores.LARGEST_VALUE - 2) + b'"'
    fitting = stores.LARGEST_ROOM // (stores.LARGEST_VALUE + 10)
    for i in range(fitting):
        room.insert("s", [(f"key-{i:06}", value)], "p", 0)
    with pytest.raises(InvalidRequest, match="stores of a room"):
        room.insert("s", [(f"more-{i:05}", value) for i in range(5)], "p", 0)
    before = room.size
    room.insert("s", [("key-000000", value)], "p", 0)
    assert room.size == before
