"""Owns a client of the official SDK's socket that only talks: no browser, no media."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

from roomtape.rooms.realtimekit import codec
from roomtape.rooms.realtimekit.events import Chat, Media, Room
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb
from tests.support.server import Server


async def join(server: Server, meeting: str, name: str = "ann") -> ClientConnection:
    """Add a participant to a meeting and bring them in."""
    token = (await server.participant(meeting, name, "group_call_host")).token
    where = server.base_url.replace("http", "ws", 1)
    socket = await websockets.connect(f"{where}/ws?roomID={meeting}&peerID={uuid.uuid4()}&authToken={token}")
    for event in (Media.JOIN_ROOM, Room.JOIN_ROOM, Media.SELF_JOIN_COMPLETE):
        await _ask(socket, event)
    return socket


async def say(socket: ClientConnection, text: str) -> None:
    """Write to everybody; on return the server has it."""
    await _ask(socket, Chat.SEND_MESSAGE_TO_ROOM, pb.SendChatMessageToRoomRequest(payload=text))


async def _ask(socket: ClientConnection, event: int, message: Any = None) -> None:
    await socket.send(codec.encode(event, message, "q"))
    async with asyncio.timeout(10):
        while not isinstance(data := await socket.recv(), bytes) or codec.decode(data).id != "q":
            pass


async def session_of(server: Server, meeting: str) -> str:
    """Return the id of a meeting's live session."""
    found = await server.kit.active_session.get_active_session(meeting, **server.ids, app_id=server.app_id)
    return str(found.data.id)


async def end(server: Server, meeting: str) -> None:
    """Put everybody out."""
    await server.kit.active_session.kick_all_participants(meeting, **server.ids, app_id=server.app_id)
