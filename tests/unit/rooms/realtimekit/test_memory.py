from __future__ import annotations

from pathlib import Path

import pytest

from roomtape.rooms.realtimekit import memory
from roomtape.rooms.realtimekit.events import Chat, Plugin, Polls
from roomtape.rooms.realtimekit.memory import RoomFiles
from roomtape.rooms.realtimekit.room import Room
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb
from tests.support.sdkroom import HOST, World


def talked() -> World:
    world = World()
    ann = world.joined("ann", HOST)
    sent = pb.SendChatMessageToRoomRequest(payload="hällo")
    ann.answer(Chat.SEND_MESSAGE_TO_ROOM, sent, pb.SendChatMessageToRoomResponse)
    request = pb.NewPollRequest(question="Tea?", options=["yes", "no"], anonymous=True)
    poll = ann.answer(Polls.CREATE_POLL, request, pb.UpdatePollResponse).poll
    ann.answer(Polls.VOTE_POLL, pb.VotePollRequest(poll_id=poll.poll_id, index=1), pb.UpdatePollResponse)
    keys = [pb.StoreKeys(store_key="k", payload=b"[1]")]
    insert = pb.PluginStoreInsertKeysRequest(plugin_id="meeting", store_name="game", insert_keys=keys)
    ann.answer(Plugin.STORE_INSERT_KEYS, insert, pb.PluginStoreResponse)
    world.room.waiting.accepted.add("user-ben")
    world.room.pinned = "ann"
    return world


def test_everything_comes_back() -> None:
    before = talked().room
    after = Room("meeting", "Our meeting", 0)
    memory.restore(after, memory.dump(before))
    assert after.chat == before.chat
    assert after.polls == before.polls
    assert (after.stores.stores, after.stores.size) == (before.stores.stores, before.stores.size)
    assert (after.waiting.accepted, after.pinned) == ({"user-ben"}, "ann")


def test_what_is_remembered_is_counted() -> None:
    world = talked()
    before = world.room.changes
    world.clients["ann"].ask(Chat.GET_MESSAGES)
    assert world.room.changes == before, "reading changes nothing"
    world.clients["ann"].ask(Chat.SEND_MESSAGE_TO_ROOM, pb.SendChatMessageToRoomRequest(payload="x"))
    assert world.room.changes > before


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b'{"version": 99}', b'{"version": 1}', b'{"version": 1, "chat": ["!"], "polls": []}'],
)
def test_a_damaged_file_leaves_the_room_as_it_is(tmp_path: Path, data: bytes) -> None:
    room = Room("meeting", "Our meeting", 0)
    with pytest.raises(ValueError, match=r"version|damaged|char"):
        memory.restore(room, data)
    (tmp_path / "s1.json").write_bytes(data)
    RoomFiles(tmp_path).load("s1", room)
    assert room == Room("meeting", "Our meeting", 0)


def test_files_come_and_go_with_their_sessions(tmp_path: Path) -> None:
    files = RoomFiles(tmp_path / "rooms")
    assert files.sessions() == []
    for session in ("s1", "s2"):
        files.save(session, memory.dump(talked().room))
    assert files.sessions() == ["s1", "s2"]
    files.forget("s1")
    assert [f.name for f in (tmp_path / "rooms").iterdir()] == ["s2.json"]
    room = Room("meeting", "Our meeting", 0)
    files.load("s2", room)
    assert len(room.chat.messages) == 1
    files.forget("s2")
    files.forget("s2")
    empty = Room("meeting", "Our meeting", 0)
    files.load("s2", empty)
    assert empty.chat.messages == {}


def test_a_disk_that_takes_nothing_does_not_end_the_meeting(tmp_path: Path) -> None:
    (tmp_path / "rooms").write_text("a file where the folder should be")
    RoomFiles(tmp_path / "rooms").save("s1", b"{}")


def spoken(number: int) -> pb.ChatMessage:
    return pb.ChatMessage(chat_id=f"c{number}", payload=f"{number} \n häh", created_at_ms=number)


def test_chat_that_the_room_keeps_no_more_comes_before_the_rest(tmp_path: Path) -> None:
    files = RoomFiles(tmp_path / "rooms")
    room = Room("meeting", "Our meeting", 0)
    files.save("s1", memory.dump(room), [spoken(1), spoken(2)])
    room.chat.add(spoken(3))
    # Killed between the two files: the older ones had 3 already, and half of 4.
    files.save("s1", memory.dump(room), [spoken(3)])
    with (tmp_path / "rooms" / "s1.older").open("ab") as older:
        older.write(b"CgJjNB")
    assert list(files.chat("s1")) == [spoken(1), spoken(2), spoken(3)]
    files.forget("s1")
    assert list((tmp_path / "rooms").iterdir()) == []
    assert list(files.chat("s1")) == []


def test_older_chat_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST_OLDER", 10)
    files = RoomFiles(tmp_path)
    for number in (1, 2):
        files.save("s1", memory.dump(Room("meeting", "Our meeting", 0)), [spoken(number)])
    assert list(files.chat("s1")) == [spoken(1)]


def test_a_damaged_file_is_kept_for_a_human_and_read_no_more(tmp_path: Path) -> None:
    (tmp_path / "s1.json").write_bytes(b"{")
    files = RoomFiles(tmp_path)
    with pytest.raises(ValueError, match="char"):
        files.chat("s1")
    files.set_aside("s1")
    files.set_aside("s1")
    assert [f.name for f in tmp_path.iterdir()] == ["s1.damaged"]
    assert files.sessions() == []
