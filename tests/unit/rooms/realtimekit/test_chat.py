from __future__ import annotations

import json

import pytest

from roomtape.errors import Forbidden, InvalidRequest, NotFound
from roomtape.rooms.realtimekit import chat as chats
from roomtape.rooms.realtimekit.chat import Chat, Type, check, new_message
from roomtape.rooms.realtimekit.permissions import ChatPermissions
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb

ALL = ChatPermissions(send=True, receive=True, text=True, files=True)
FILE = json.dumps({"link": "https://files.example/a", "name": "a.txt", "size": 3})


def filled(count: int) -> Chat:
    chat = Chat()
    for i in range(count):
        chat.add(new_message("p1", "u1", "Ann", Type.TEXT, f"message {i}", 1000 * i))
    return chat


def test_times_are_in_seconds_and_milliseconds() -> None:
    message = new_message("p", "u", "Ann", 0, "hi", 1_700_000_000_123)
    assert (message.created_at, message.created_at_ms) == (1_700_000_000, 1_700_000_000_123)


def test_private_messages_are_for_their_people() -> None:
    chat = filled(1)
    private = new_message("p1", "u1", "Ann", 0, "psst", 5)
    private.target_user_ids.extend(["u1", "u2"])
    chat.add(private)
    assert [len(chat.readable(u)) for u in ("u1", "u2", "u3")] == [2, 2, 1]
    with pytest.raises(NotFound):
        chat.of(private.chat_id, "u3")
    with pytest.raises(Forbidden):
        chat.own(private.chat_id, "u2")
    assert chat.own(private.chat_id, "u1") is private


def test_pages_go_both_ways() -> None:
    chat = filled(10)
    newer, more = chat.page("u1", pb.GetPaginatedChatMessageRoomRequest(time_stamp=2000, size=3))
    assert [m.payload for m in newer] == ["message 3", "message 4", "message 5"]
    assert more
    older, more = chat.page("u1", pb.GetPaginatedChatMessageRoomRequest(time_stamp=2000, size=3, reversed=True))
    assert [m.payload for m in older] == ["message 0", "message 1"]
    assert not more


def test_pages_of_pinned_and_of_private_messages() -> None:
    chat = filled(3)
    list(chat.messages.values())[1].pinned = True
    private = new_message("p2", "u2", "Ben", 0, "psst", 9000)
    private.target_user_ids.append("u1")
    chat.add(private)
    pinned = pb.GetPaginatedChatMessageRoomRequest(size=9, filters=pb.GetPaginatedChatMessageFilters(pinned=True))
    assert [m.payload for m in chat.page("u1", pinned)[0]] == ["message 1"]
    with_ben = pb.GetPaginatedChatMessageRoomRequest(size=9, filters=pb.GetPaginatedChatMessageFilters(user_id="u2"))
    assert [m.payload for m in chat.page("u1", with_ben)[0]] == ["psst"]
    assert chat.page("u3", with_ben)[0] == []
    assert "psst" not in [m.payload for m in chat.page("u1", pb.GetPaginatedChatMessageRoomRequest(size=9))[0]]


def test_search_finds_in_any_case_what_one_may_read() -> None:
    chat = filled(12)
    assert [m.payload for m in chat.search("u", "MESSAGE 1", 50)] == ["message 1", "message 10", "message 11"]
    assert [m.payload for m in chat.search("u", "message", 2)] == ["message 10", "message 11"]


def test_the_oldest_go_first() -> None:
    chat = filled(chats.MOST_MESSAGES + 5)
    assert len(chat.messages) == chats.MOST_MESSAGES
    assert next(iter(chat.messages.values())).payload == "message 5"
    assert [m.payload for m in chat.older] == [f"message {i}" for i in range(5)], "the session's log has them"
    next(iter(chat.messages.values())).target_user_ids.append("u2")
    chat.add(new_message("p1", "u1", "Ann", Type.TEXT, "one more", 0))
    assert len(chat.older) == 5, "the log has no private ones"


def test_large_messages_go_sooner_and_sizes_are_kept() -> None:
    chat = Chat()
    fitting = chats.MOST_BYTES // chats.LONGEST_MESSAGE
    for i in range(fitting + 5):
        chat.add(new_message("p1", "u1", "Ann", Type.TEXT, "x" * chats.LONGEST_MESSAGE, i))
    assert fitting - 10 < len(chat.messages) <= fitting
    for message in list(chat.messages.values()):
        chat.change(message, Type.TEXT, "short")
        assert message.is_edited
        chat.remove(message.chat_id)
    assert chat.size == 0


def test_the_preset_says_what_may_be_sent() -> None:
    check(ALL, Type.TEXT, "hi")
    check(ALL, Type.FILE, FILE)
    check(ALL, Type.IMAGE, "http://files.example/b.png")
    check(ALL, Type.CUSTOM, '{"message": "hi"}')
    for allowed, kind in (
        (ChatPermissions(text=True, files=True), Type.TEXT),
        (ChatPermissions(send=True, files=True), Type.TEXT),
        (ChatPermissions(send=True, text=True), Type.FILE),
        (ChatPermissions(send=True, text=True), Type.CUSTOM),
    ):
        with pytest.raises(Forbidden):
            check(allowed, kind, FILE)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (Type.FILE, "no json"),
        (Type.FILE, "[]"),
        (Type.FILE, '{"name": "no link"}'),
        (Type.FILE, '{"link": "javascript:alert(1)"}'),
        (Type.FILE, '{"link": "//x"}'),
        (Type.IMAGE, "javascript:alert(1)"),
        (Type.IMAGE, "http://[::1"),
        (Type.CUSTOM, "5"),
        (7, "hi"),
        (-1, "hi"),
        (Type.TEXT, "x" * (chats.LONGEST_MESSAGE + 1)),
    ],
)
def test_what_others_could_not_show_is_refused(kind: int, payload: str) -> None:
    with pytest.raises(InvalidRequest):
        check(ALL, kind, payload)
