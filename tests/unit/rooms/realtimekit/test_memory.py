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
    files.keep_only(set())
    for session in ("s1", "s2"):
        files.save(session, memory.dump(talked().room))
    files.keep_only({"s2"})
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
