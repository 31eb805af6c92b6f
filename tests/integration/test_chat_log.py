"""The chat of a session on a real server: kill -9 between its end and the file, and the file is there, told once."""

from __future__ import annotations

import asyncio
import csv
import io
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from roomtape.rooms.realtimekit import codec
from roomtape.rooms.realtimekit.events import Chat, Media, Room
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb
from tests.support.server import Server, running
from tests.support.wait import until
from tests.support.webhookreceiver import receiving

pytestmark = pytest.mark.timeout(120)  # a server takes long to start on a busy machine


async def join(server: Server, meeting: str) -> ClientConnection:
    token = (await server.participant(meeting, "ann", "group_call_host")).token
    where = server.base_url.replace("http", "ws", 1)
    socket = await websockets.connect(f"{where}/ws?roomID={meeting}&peerID={uuid.uuid4()}&authToken={token}")
    for event in (Media.JOIN_ROOM, Room.JOIN_ROOM, Media.SELF_JOIN_COMPLETE):
        await ask(socket, event)
    return socket


async def ask(socket: ClientConnection, event: int, message: Any = None) -> None:
    await socket.send(codec.encode(event, message, "q"))
    async with asyncio.timeout(10):
        while not isinstance(data := await socket.recv(), bytes) or codec.decode(data).id != "q":
            pass


async def test_the_chat_of_a_session_outlives_a_kill_between_its_end_and_the_file(tmp_path: Path) -> None:
    async with receiving() as receiver, running(tmp_path / "data", ROOMTAPE_OUTBOUND_ALLOW="127.0.0.1") as server:
        events = ["meeting.ended", "meeting.chatSynced"]
        await server.kit.webhooks.create_webhook(
            server.app_id, **server.ids, name="A receiver", url=receiver.url("/"), events=events
        )
        meeting = await server.meeting()
        socket = await join(server, meeting)
        for text in ('Hello, "everybody"', "and\ngoodbye"):
            await ask(socket, Chat.SEND_MESSAGE_TO_ROOM, pb.SendChatMessageToRoomRequest(payload=text))
        session = (await server.kit.active_session.get_active_session(meeting, **server.ids, app_id=server.app_id)).data
        blocked = tmp_path / "data" / "bucket"
        blocked.write_text("a file where the folder should be: nothing can be written")
        await server.kit.active_session.kick_all_participants(meeting, **server.ids, app_id=server.app_id)
        await until(lambda: receiver.came, 10)
        await server.kill()

        blocked.unlink()
        await server.restart()
        await until(lambda: len(receiver.taken("/")) == 2, 10)
        told = [request.event for request in receiver.taken("/")]
        assert [event["event"] for event in told] == events
        log = (await server.kit.sessions.get_session_chat(session.id, **server.ids, app_id=server.app_id)).data
        async with httpx.AsyncClient() as client:
            for url in (log.chat_download_url, told[1]["chatDownloadUrl"]):
                answer = await client.get(url)
                assert answer.status_code == 200
                rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
                assert [row["payload"] for row in rows] == ['Hello, "everybody"', "and\ngoodbye"]
                assert {row["sessionId"] for row in rows} == {session.id}
        assert datetime.fromisoformat(log.chat_download_url_expiry) > datetime.fromisoformat(told[1]["endedAt"])
        assert list((tmp_path / "data" / "rooms").iterdir()) == []
