from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roomtape.errors import Conflict
from roomtape.rooms.realtimekit import codec, session_door
from roomtape.rooms.realtimekit.door import Door
from roomtape.rooms.realtimekit.events import Chat, Media, Room
from roomtape.rooms.realtimekit.session_door import Seat, SessionDoor
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb
from tests.support.house import House
from tests.support.sdkroom import GUEST


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    await house.create()
    await house.rooms.start()
    yield house
    await house.rooms.stop()
    await house.db.close()


def door_of(house: House) -> Door:
    return Door(house.rooms, house.db, house.chat_logs)


async def join(door: SessionDoor, seat: Seat) -> None:
    for event in (Media.JOIN_ROOM, Room.JOIN_ROOM, Media.SELF_JOIN_COMPLETE):
        door.receive(seat, codec.encode(event, None, "q"))
        while not any(codec.decode(f).id == "q" for f in await asyncio.wait_for(seat.link.take(), 20)):  # type: ignore[arg-type]
            pass


async def test_all_sockets_of_a_meeting_are_in_one_session(house: House) -> None:
    door = door_of(house)
    (one, ann), (two, _) = await asyncio.gather(
        door.attach(house.admission("ann", **GUEST), str(uuid.uuid4())),
        door.attach(house.admission("ben", **GUEST), str(uuid.uuid4())),
    )
    assert one is two
    assert one.room.title == "Weekly"
    assert ann.protocol.member.user_id == "part-ann"


async def test_what_was_said_last_is_in_the_log_of_a_session_that_is_ended(house: House) -> None:
    door, seat = await door_of(house).attach(house.admission("ann", **GUEST), str(uuid.uuid4()))
    await join(door, seat)
    sent = pb.SendChatMessageToRoomRequest(payload="goodbye, all")
    door.receive(seat, codec.encode(Chat.SEND_MESSAGE_TO_ROOM, sent, "q"))
    await house.rooms.kick_all(door.session)
    async with asyncio.timeout(20):
        while not house.bucket.files:
            await asyncio.sleep(0.01)
    (log,) = house.bucket.files.values()
    assert b"goodbye, all" in log


async def test_the_talk_of_a_session_outlives_the_server(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_door, "SAVE_AFTER_S", 0.01)
    peer = str(uuid.uuid4())
    door, seat = await door_of(house).attach(house.admission("ann", **GUEST), peer)
    await join(door, seat)
    sent = pb.SendChatMessageToRoomRequest(payload="remember me")
    door.receive(seat, codec.encode(Chat.SEND_MESSAGE_TO_ROOM, sent, "q"))
    files = house.settings.data_dir / "rooms"
    async with asyncio.timeout(20):
        while not list(files.glob("*.json")):
            await asyncio.sleep(0.01)
    await door.save()  # on a slow machine what came first was saved before the message came
    again = house.again()
    await again.rooms.start()
    after, back = await door_of(again).attach(again.admission("ann", **GUEST), peer)
    assert [m.payload for m in after.room.chat.messages.values()] == ["remember me"]
    assert back.protocol.member.joined, "it is in still"
    await again.rooms.kick_all(after.session)
    async with asyncio.timeout(20):
        while list(files.glob("*.json")):
            await asyncio.sleep(0.01)


async def test_a_peer_id_belongs_to_one_participant(house: House) -> None:
    door, peer = door_of(house), str(uuid.uuid4())
    await door.attach(house.admission("ann", **GUEST), peer)
    with pytest.raises(Conflict):
        await door.attach(house.admission("ben", **GUEST), peer)


async def test_after_a_sessions_end_the_next_one_has_its_own_door(house: House) -> None:
    door = door_of(house)
    before, _ = await door.attach(house.admission("ann", **GUEST), str(uuid.uuid4()))
    await house.rooms.kick_all(before.session)
    after, _ = await door.attach(house.admission("ann", **GUEST), str(uuid.uuid4()))
    assert after is not before
    assert after.room.ended is False


async def test_one_participant_has_not_endless_sockets(house: House) -> None:
    door, peers = door_of(house), [str(uuid.uuid4()) for _ in range(session_door.MOST_SOCKETS + 1)]
    for peer in peers[:-1]:
        await door.attach(house.admission("ann", **GUEST), peer)
    with pytest.raises(Conflict, match="close a window"):
        await door.attach(house.admission("ann", **GUEST), peers[-1])
    await door.attach(house.admission("ann", **GUEST), peers[0])
    await door.attach(house.admission("ben", **GUEST), peers[-1])
