"""The socket over real HTTP: who is let in, pings, limits, close codes; rooms over a fake SFU."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import websockets
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection

from roomtape.db import meetings, participants, presets
from roomtape.domain.meeting import MeetingStatus, Participant, Preset
from roomtape.rooms.realtimekit import codec, http
from roomtape.rooms.realtimekit.events import Media, Room
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb
from roomtape.rooms.tokens import TokenIssuer
from tests.support.asgi import listening
from tests.support.house import NOW, House
from tests.support.sdkroom import GUEST

PEER = "6b0b5df3-9f0f-4a3e-9a55-0a30a5f8f4d1"


@dataclass
class Deps:
    settings: Any
    db: Any
    rooms: Any
    issuer: TokenIssuer


@dataclass
class Place:
    """A server with nothing but the socket."""

    house: House
    issuer: TokenIssuer
    port: int

    def url(self, *, who: str = "ann", room: str = "m1", peer: str = PEER, token: str | None = None) -> str:
        token = self.issuer.issue("app1", "m1", f"part-{who}", "guest") if token is None else token
        return f"ws://127.0.0.1:{self.port}/ws?roomID={room}&peerID={peer}&authToken={token}&ping=true&capabilities=2"

    async def connect(self, **how: Any) -> ClientConnection:
        return await websockets.connect(self.url(**how))

    async def status(self, **how: Any) -> int:
        """Return the HTTP status that refuses the handshake."""
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(self.url(**how))
        assert b"Weekly" not in (refused.value.response.body or b""), "nothing is learned of the meeting"
        return int(refused.value.response.status_code)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    house = House(tmp_path)
    await house.create()
    await presets.save(house.db, Preset("guest", "app1", "guest", {"permissions": GUEST}, NOW, NOW))
    for name in ("ann", "ben"):
        await participants.save(house.db, Participant(f"part-{name}", "m1", name, name, None, "guest", NOW, NOW))
    await house.rooms.start()
    issuer = TokenIssuer(bytes(32), 600)
    app = FastAPI()
    app.include_router(http.router(Deps(house.settings, house.db, house.rooms, issuer), house.chat_logs))
    async with listening(app) as host:
        yield Place(house, issuer, int(host.rpartition(":")[2]))
    await house.rooms.stop()
    await house.db.close()


async def ask(socket: ClientConnection, event: int, message: Any = None) -> codec.Frame:
    await socket.send(codec.encode(event, message, "q"))
    while True:
        data = await asyncio.wait_for(socket.recv(), 20)
        if isinstance(data, bytes) and (frame := codec.decode(data)).id == "q":
            return frame


async def join(socket: ClientConnection) -> pb.Peer:
    await ask(socket, Media.JOIN_ROOM)
    peer = codec.parse(pb.PeerInfoResponse, (await ask(socket, Room.JOIN_ROOM)).payload).peer
    await ask(socket, Media.SELF_JOIN_COMPLETE)
    return peer


async def until_out(place: Place, peer_id: str = PEER) -> None:
    async with asyncio.timeout(20):
        while place.house.rooms.peer(peer_id) is not None:
            await asyncio.sleep(0.01)


async def test_two_join_and_see_each_other(place: Place) -> None:
    other = str(uuid.uuid4())
    async with await place.connect() as ann, await place.connect(who="ben", peer=other) as ben:
        assert (await join(ann)).display_name == "ann"
        await join(ben)
        pushed = [codec.decode(await asyncio.wait_for(ann.recv(), 20)).event for _ in range(2)]  # type: ignore[arg-type]
        assert pushed == [Room.JOIN_ROOM, Media.PEER_JOINED_BROADCAST]
        session = place.house.rooms.of_meeting("m1")
        assert session is not None
        assert set(session.peers) == {PEER, other}


async def test_bad_tokens_are_refused_before_anything_is_told(place: Place) -> None:
    good = place.issuer.issue("app1", "m1", "part-ann", "guest")
    forged = TokenIssuer(b"x" * 32, 600).issue("app1", "m1", "part-ann", "guest")
    expired = TokenIssuer(bytes(32), -60).issue("app1", "m1", "part-ann", "guest")
    for token in ("", "nonsense", forged, expired, good[:-3] + "abc"):
        assert await place.status(token=token) == 401
    assert await place.status(room="another") == 403
    assert await place.status(who="nobody") == 401
    assert await place.status(peer="../../etc") == 400
    await meetings.save(place.house.db, replace(place.house.meeting, status=MeetingStatus.INACTIVE))
    assert await place.status() == 403
    assert place.house.rooms.sfu.calls.count("open_room") <= 1  # type: ignore[attr-defined]


async def test_a_peer_id_of_somebody_else_is_refused(place: Place) -> None:
    async with await place.connect() as ann:
        await join(ann)
        assert await place.status(who="ben") == 409
        assert (await ask(ann, Room.GET_ROOM_INFO)).event == Room.GET_ROOM_INFO, "the one who has it notices nothing"


async def test_who_is_removed_while_they_come_in_gets_no_seat(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    rooms = place.house.rooms
    opened = rooms.sdk_media.open

    async def removed_meanwhile(session: Any, admission: Any, peer_id: str) -> Any:
        media = await opened(session, admission, peer_id)
        await participants.delete(place.house.db, "part-ann")
        session.observers.participant_removed(session, "part-ann")
        return media

    monkeypatch.setattr(rooms.sdk_media, "open", removed_meanwhile)
    assert await place.status() == 401
    session = rooms.of_meeting("m1")
    assert session is not None
    assert not session.lobby, "nothing of them is left"


async def test_a_lost_socket_keeps_the_peer_a_closed_one_ends_it(place: Place) -> None:
    ann = await place.connect()
    await join(ann)
    ann.transport.abort()
    await asyncio.sleep(0.1)
    assert place.house.rooms.peer(PEER) is not None
    again = await place.connect()
    assert (await join(again)).peer_id == PEER
    await again.close(1000)
    await until_out(place)


async def test_pings_both_ways(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PING_EVERY_S", 0.05)
    async with await place.connect() as ann:
        assert await asyncio.wait_for(ann.recv(), 20) == "2"
        await ann.send("2")
        async with asyncio.timeout(20):
            while await ann.recv() != "3":
                pass


async def test_who_answers_no_pings_is_closed_as_lost(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PING_EVERY_S", 0.05)
    monkeypatch.setattr(http, "DEAD_AFTER_S", 0.2)
    ann = await place.connect()
    await join(ann)
    async with asyncio.timeout(20):
        await ann.wait_closed()
    assert ann.close_code == 1011
    assert place.house.rooms.peer(PEER) is not None, "it may come back"


@pytest.mark.parametrize(
    ("data", "code"), [(b"\xff\xff", 1007), (bytes(codec.LARGEST_FRAME + 1), 1009), ("hello", 1003)]
)
async def test_what_is_no_frame_closes_the_socket_with_a_reason(place: Place, data: Any, code: int) -> None:
    async with await place.connect(who="ben", peer=str(uuid.uuid4())) as ben:
        ann = await place.connect()
        await ann.send(data)
        async with asyncio.timeout(20):
            await ann.wait_closed()
        assert ann.close_code == code
        assert ann.close_reason
        assert (await ask(ben, Room.GET_ROOM_INFO)).event == Room.GET_ROOM_INFO


async def test_a_kicked_client_is_told_and_closed(place: Place) -> None:
    ann = await place.connect()
    await join(ann)
    session = place.house.rooms.of_meeting("m1")
    assert session is not None
    await place.house.rooms.kick(session, [PEER])
    frame = codec.decode(await asyncio.wait_for(ann.recv(), 20))  # type: ignore[arg-type]
    assert frame.event == Room.KICK
    await ann.close(1000)
    await until_out(place)
