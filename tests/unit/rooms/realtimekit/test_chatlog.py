from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from roomtape.clock import now_us, to_datetime
from roomtape.db import apps, chats, outbox, sessions
from roomtape.domain.meeting import Session, SessionStatus
from roomtape.domain.webhook import Event
from roomtape.rooms.realtimekit import chatlog, memory
from roomtape.rooms.realtimekit.chat import new_message
from roomtape.rooms.realtimekit.room import Room
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb
from tests.support.house import NOW, House

SESSION = Session("s1", "app1", "m1", "Weekly", SessionStatus.ENDED, NOW, NOW, None, 0, 2, NOW, NOW)
AT_MS = 1_767_225_600_123


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    await house.create()
    await sessions.insert(house.db, SESSION)
    yield house
    await house.db.close()


def said(text: str, kind: int = 0, **more: object) -> pb.ChatMessage:
    message = new_message("peer", "part-ann", "Ann", kind, text, AT_MS)
    message.MergeFrom(pb.ChatMessage(**more))
    return message


def talk(house: House, *messages: pb.ChatMessage, session_id: str = "s1") -> None:
    room = Room("m1", "Weekly", 0)
    for message in messages:
        room.chat.add(message)
    house.chat_logs.files.save(session_id, memory.dump(room))


def rows(house: House) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(house.bucket.files["app1/s1/chat.csv"].decode(), newline="")))


async def synced(house: House) -> list[outbox.Entry]:
    return [entry for entry in await outbox.oldest(house.db, 10) if entry.event == Event.CHAT_SYNCED]


async def test_the_log_has_what_was_said_to_everybody(house: House) -> None:
    public = said('Hello, "friend"\n=1+1', pinned=True, is_edited=True)
    private = said("psst", target_user_ids=["part-ben"])
    talk(
        house, public, private, said("https://x.test/a.png", 1), said('{"link": "https://x.test/f"}', 2), said("{}", 3)
    )
    await house.chat_logs.make("s1")
    found = rows(house)
    assert found[0] == {
        "id": public.chat_id,
        "participantId": "part-ann",
        "sessionId": "s1",
        "meetingId": "m1",
        "displayName": "Ann",
        "pinned": "true",
        "isEdited": "true",
        "payloadType": "TEXT_MESSAGE",
        "payload": 'Hello, "friend"\n=1+1',
        "createdAt": "2026-01-01T00:00:00.123Z",
    }
    assert [row["payloadType"] for row in found[1:]] == ["IMAGE_MESSAGE", "FILE_MESSAGE", "CUSTOM_MESSAGE"]
    assert b"psst" not in house.bucket.files["app1/s1/chat.csv"]
    log = await chats.get(house.db, "s1")
    assert log is not None
    assert log.path == "app1/s1/chat.csv"
    assert timedelta(days=6.9) < log.expires_at - to_datetime(now_us()) < timedelta(days=7.1)
    (entry,) = await synced(house)
    assert entry.subject["path"] == log.path
    assert list(house.chat_logs.files.folder.iterdir()) == []


async def test_an_app_says_how_long_its_chats_stay(house: House) -> None:
    await apps.change_recording_config(house.db, "app1", lambda _: {"retention_days": 30})
    talk(house, said("hello"))
    await house.chat_logs.make("s1")
    log = await chats.get(house.db, "s1")
    assert log is not None
    assert log.expires_at - to_datetime(now_us()) > timedelta(days=29.9)


async def test_a_session_without_public_chat_has_no_log(house: House) -> None:
    talk(house, said("psst", target_user_ids=["part-ben"]))
    await house.chat_logs.make("s1")
    await house.chat_logs.make("s-unknown")
    assert (house.bucket.files, await synced(house), await chats.get(house.db, "s1")) == ({}, [], None)
    assert list(house.chat_logs.files.folder.iterdir()) == []


async def test_whenever_the_server_is_killed_the_log_is_made_once(house: House) -> None:
    talk(house, said("hello"))
    await sessions.change(house.db, "s1", NOW, status=SessionStatus.LIVE)
    await house.chat_logs.sweep({"s1"})
    await house.chat_logs.sweep({})
    assert house.bucket.files == {}, "it is not over"
    await sessions.change(house.db, "s1", NOW, status=SessionStatus.ENDED)

    house.bucket.full = True
    await house.chat_logs.sweep({})
    assert house.chat_logs.files.sessions() == ["s1"]
    house.bucket.full = False
    (house.chat_logs.files.folder / "s1.csv").write_text("half a file")
    await house.chat_logs.sweep({})
    assert [row["payload"] for row in rows(house)] == ["hello"]

    talk(house, said("hello"))  # as if it had been killed before the room was forgotten
    house.bucket.files.clear()
    await house.chat_logs.sweep({})
    assert house.bucket.files == {}
    assert len(await synced(house)) == 1
    assert house.chat_logs.files.sessions() == []


async def test_a_log_goes_at_its_end_and_is_not_made_again(house: House) -> None:
    past = to_datetime(now_us()) - timedelta(seconds=1)
    await chats.keep(house.db, chats.ChatLog("s1", "app1/s1/chat.csv", past))
    house.bucket.files = {"app1/s1/chat.csv": b"x", "app1/other/chat.csv": b"y"}
    talk(house, said("hello"))
    await house.chat_logs.sweep({})
    assert list(house.bucket.files) == ["app1/other/chat.csv"]
    log = await chats.get(house.db, "s1")
    assert log is not None
    assert (log.path, log.expires_at) == (None, past)


async def test_a_damaged_file_holds_up_nobody(house: House) -> None:
    folder = house.chat_logs.files.folder
    folder.mkdir()
    (folder / "s1.json").write_bytes(b"{")
    await sessions.insert(house.db, replace(SESSION, id="s2"))
    talk(house, said("hello"), session_id="s2")
    await house.chat_logs.sweep({})
    assert list(house.bucket.files) == ["app1/s2/chat.csv"]
    assert [file.name for file in folder.iterdir()] == ["s1.damaged"]


def test_the_columns_are_those_of_the_guide() -> None:
    assert ",".join(chatlog.COLUMNS) == (
        "id,participantId,sessionId,meetingId,displayName,pinned,isEdited,payloadType,payload,createdAt"
    )
