"""What the protocol asks is carried out, what happens in the session is told; over a media side that is made up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from roomtape.capture.eventlog import EventLogWriter
from roomtape.domain.recording import Kind, Status
from roomtape.errors import InvalidRequest, RoomtapeError, SfuError
from roomtape.rooms.live import LivePeer, LiveSession, LiveTrack
from roomtape.rooms.realtimekit import codec, events, session_door
from roomtape.rooms.realtimekit.events import Media, Room
from roomtape.rooms.realtimekit.media_port import PeerMedia, ProducerInfo
from roomtape.rooms.realtimekit.session_door import Seat, SessionDoor
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb
from roomtape.sfu.port import Handle
from tests.support.house import House
from tests.support.sdkroom import HOST

SDP = pb.SessionDescription(type="offer", sdp="offer")


class FakeMedia:
    """One peer's media; `error` is raised by every work, `gate` holds works back until it is set."""

    def __init__(self, session: LiveSession, peer: LivePeer) -> None:
        self.session, self.peer = session, peer
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.told: list[str] = []

    @property
    def entered(self) -> bool:
        return self.peer.id in self.session.peers

    async def _work(self, what: str) -> None:
        self.told.append(what)
        await self.gate.wait()
        if self.error:
            raise self.error

    async def enter(self, name: str) -> None:
        await self._work("enter")
        self.peer.name = name
        if not self.entered:
            self.session.peers[self.peer.id] = self.peer
            self.session.observers.peer_joined(self.session, self.peer)

    async def create_transport(self, consuming: bool, offer: str) -> tuple[str, str]:
        await self._work("create_transport")
        return "t1", "answer"

    async def produce(self, offer: str, kind: str, *rest: Any) -> tuple[ProducerInfo, str]:
        await self._work("produce")
        made = ProducerInfo("x1", self.peer.id, "audio", "peer", False, "audio/opus", "{}", "t1")
        self.session.observers.producer_added(self.session, made)
        return made, "answer"

    async def toggle(self, producer_id: str, paused: bool, by_peer_id: str | None = None) -> ProducerInfo:
        await self._work(f"toggle {producer_id} {paused} by {by_peer_id}")
        changed = ProducerInfo(producer_id, self.peer.id, "audio", "peer", paused, "audio/opus", "{}", "t1")
        self.session.observers.producer_changed(self.session, changed, by_peer_id or self.peer.id)
        return changed

    async def close_producers(self) -> list[ProducerInfo]:
        await self._work("close_producers")
        return []

    def socket_lost(self) -> None:
        self.told.append("socket_lost")

    async def close(self, reason: str) -> None:
        await self._work(f"close {reason}")
        if self.session.peers.pop(self.peer.id, None):
            self.session.observers.peer_left(self.session, self.peer, reason)


class FakeRooms:
    def __init__(self) -> None:
        self.kicked: list[list[str]] = []
        self.ended = False
        self.heard: list[tuple[str, str, bytes]] = []

    def broadcasted(self, session: LiveSession, peer_id: str, name: str, payload: bytes, at_us: int) -> None:
        self.heard.append((peer_id, name, payload))

    async def kick(self, session: LiveSession, peer_ids: list[str]) -> None:
        self.kicked.append(peer_ids)
        for peer_id in peer_ids:
            session.observers.peer_left(session, session.peers.pop(peer_id), "kicked")

    async def kick_all(self, session: LiveSession) -> None:
        self.ended = True


def live_peer(peer_id: str, **more: Any) -> LivePeer:
    return LivePeer(peer_id, f"user-{peer_id}", None, peer_id.title(), None, "guest", False, 0, **more)


class Stage:
    """A session with its door."""

    def __init__(self, folder: Path) -> None:
        self.session = LiveSession("s", "a", "m1", "Weekly", 60, 0, folder, EventLogWriter(folder / "e"))
        self.rooms = FakeRooms()
        self.house = House(folder)
        self.door = SessionDoor(self.rooms, self.session, [], self.house.chat_logs)

    def seat(self, peer_id: str, rights: dict[str, Any] | None = None) -> tuple[Seat, FakeMedia]:
        media = FakeMedia(self.session, self.session.peers.get(peer_id) or live_peer(peer_id))
        admission = self.house.admission(peer_id, **(rights or {"can_edit_display_name": True}))
        return self.door.attach(admission, cast("PeerMedia", media)), media

    async def ask(self, seat: Seat, event: int, message: Any = None) -> codec.Frame:
        """Send a request; return the frame that answers it."""
        self.door.receive(seat, codec.encode(event, message, "q"))
        while True:
            for frame in await asyncio.wait_for(seat.link.take(), 20):
                assert isinstance(frame, bytes)
                found = codec.decode(frame)
                if found.id == "q":
                    return found

    async def join(self, seat: Seat) -> None:
        await self.ask(seat, Media.JOIN_ROOM)
        assert (await self.ask(seat, Room.JOIN_ROOM)).event == Room.JOIN_ROOM
        assert (await self.ask(seat, Media.SELF_JOIN_COMPLETE)).event == Media.SELF_JOIN_COMPLETE


async def told(seat: Seat) -> list[int]:
    """Return the events of the pushes that wait for a client."""
    seat.link.send("end")
    return [codec.decode(f).event for f in await seat.link.take() if isinstance(f, bytes)]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    made = Stage(tmp_path)
    yield made
    await made.house.db.close()


async def test_requests_become_work_and_answers(stage: Stage) -> None:
    ann, media = stage.seat("ann")
    ben, _ = stage.seat("ben")
    await stage.join(ben)
    await stage.join(ann)
    request = pb.ProducerCreateRequest(kind="audio", description=SDP)
    answer = await stage.ask(ann, Media.PRODUCE, request)
    assert codec.parse(pb.ProducerCreateResponse, answer.payload).producer_id == "x1"
    assert media.told == ["enter", "produce"]
    assert await told(ben) == [Room.JOIN_ROOM, Media.PEER_JOINED_BROADCAST, Media.PEER_PRODUCER_CREATE_BROADCAST]


@pytest.mark.parametrize(
    ("error", "said"),
    [(InvalidRequest("bad m-line"), "bad m-line"), (ValueError("secret"), "fault of the server"), (None, "in time")],
)
async def test_errors_and_silence_of_the_media_side_are_answered(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, error: Exception | None, said: str
) -> None:
    monkeypatch.setattr(session_door, "WORK_WITHIN_S", 0.05)
    ann, media = stage.seat("ann")
    await stage.ask(ann, Media.JOIN_ROOM)
    media.error = error
    if error is None:
        media.gate.clear()
    answer = await stage.ask(ann, Media.CREATE_WEBRTC_TRANSPORT, pb.CreateTransportRequest(description=SDP))
    assert answer.event == Media.ERROR_RESPONSE
    text = codec.parse(pb.ErrorResponse, answer.payload).error_message
    assert said in text
    assert "secret" not in text
    media.gate.set()


async def test_a_client_cannot_pile_up_work(stage: Stage) -> None:
    ann, media = stage.seat("ann")
    await stage.ask(ann, Media.JOIN_ROOM)
    media.gate.clear()
    request = pb.CreateTransportRequest(description=SDP)
    for _ in range(session_door.MOST_WORK):
        stage.door.receive(ann, codec.encode(Media.CREATE_WEBRTC_TRANSPORT, request, "x"))
    answer = await stage.ask(ann, Media.CREATE_WEBRTC_TRANSPORT, request)
    assert answer.event == Media.ERROR_RESPONSE
    media.gate.set()


async def test_a_lost_socket_keeps_the_peer_and_a_new_one_replaces_it(stage: Stage) -> None:
    ann, media = stage.seat("ann")
    ben, _ = stage.seat("ben")
    await stage.join(ann)
    await stage.join(ben)
    await stage.door.detach(ann, goodbye=False)
    assert media.told[-1] == "socket_lost"
    again, _ = stage.seat("ann")
    assert again.protocol.member is ann.protocol.member
    await stage.join(again)
    assert await told(ben) == [], "nobody noticed"
    third, _ = stage.seat("ann")
    assert again.link.closing is not None, "a socket that still stood"
    await stage.door.detach(again, goodbye=True)
    assert stage.door.seats["ann"] is third


async def test_a_goodbye_takes_the_peer_out(stage: Stage) -> None:
    ann, media = stage.seat("ann")
    ben, _ = stage.seat("ben")
    await stage.join(ann)
    await stage.join(ben)
    await stage.door.detach(ann, goodbye=True)
    assert media.told[-1] == "close left"
    assert await told(ben) == [Room.LEAVE_ROOM]
    assert "ann" not in stage.door.room.members


async def test_whip_publishers_are_shown_and_can_be_put_out_but_not_muted(stage: Stage) -> None:
    ann, _ = stage.seat("ann", HOST)
    await stage.join(ann)
    obs = live_peer("obs")
    stage.session.peers["obs"] = obs
    stage.door.peer_joined(stage.session, obs)
    stage.door.producer_added(stage.session, ProducerInfo("o1", "obs", "audio", "peer", False, "audio/opus", "{}", "t"))
    assert await told(ann) == [Room.JOIN_ROOM, Media.PEER_JOINED_BROADCAST, Media.PEER_PRODUCER_CREATE_BROADCAST]
    one = pb.HostMediaControlForPeerRequest(participant_id="obs", audio=True)
    assert (await stage.ask(ann, Media.HOST_CONTROL_PEER, one)).event == Media.ERROR_RESPONSE
    stage.door.receive(ann, codec.encode(Room.KICK, pb.RemoveParticipantsRequest(peer_ids=["obs"])))
    await asyncio.sleep(0.01)
    assert stage.rooms.kicked == [["obs"]]
    assert await told(ann) == [Room.LEAVE_ROOM]


async def test_a_host_mutes_another_in_their_name(stage: Stage) -> None:
    ann, _ = stage.seat("ann", HOST)
    ben, media = stage.seat("ben")
    await stage.join(ann)
    await stage.join(ben)
    await stage.ask(ben, Media.PRODUCE, pb.ProducerCreateRequest(kind="audio", description=SDP))
    mute = pb.HostMediaControlForAllPeerRequest(audio=True)
    answer = await stage.ask(ann, Media.HOST_CONTROL_ALL_PEERS, mute)
    assert codec.parse(pb.HostMediaControlForAllPeerResponse, answer.payload).status == "success"
    assert media.told[-1] == "toggle x1 True by ann"
    assert Media.PEER_PRODUCER_TOGGLE_BROADCAST in await told(ben)
    await stage.ask(ben, Media.TOGGLE_PRODUCER, pb.ProducerToggleRequest(producer_id="x1", pause=False))
    assert media.told[-1] == "toggle x1 False by None"


async def test_who_was_in_before_the_first_socket_is_known(tmp_path: Path) -> None:
    session = LiveSession("s", "a", "m1", "Weekly", 60, 0, tmp_path, EventLogWriter(tmp_path / "e"))
    track = LiveTrack(0, "0", "audio", "opus")
    session.peers["obs"] = live_peer("obs", up=True, tracks=(track,), handle=Handle(1, 2))
    door = SessionDoor(FakeRooms(), session, [], House(tmp_path).chat_logs)
    assert door.room.members["obs"].media_joined
    assert [p.producer_id for p in door.room.of_peer("obs")] == ["obs-0"]


async def test_media_that_is_gone_sends_the_client_back(stage: Stage) -> None:
    ann, media = stage.seat("ann")
    await stage.join(ann)
    stage.session.peers.pop("ann")
    stage.door.peer_left(stage.session, media.peer, "media_lost")
    assert ann.link.closing is not None
    assert ann.link.closing[0] == 1012, "the SDK connects again after any code but 1000"


async def test_recordings_and_the_end_of_the_session_are_told(stage: Stage) -> None:
    ann, _ = stage.seat("ann")
    await stage.join(ann)
    stage.door.recording_changed(stage.session, "r", Kind.COMPOSITE.value, Status.RECORDING.value)
    stage.door.session_ended(stage.session, "kicked_all")
    assert await told(ann) == [Room.RECORDING_STARTED, Room.KICK_ALL]


async def test_a_removed_participant_who_is_not_in_yet_cannot_come_in(stage: Stage) -> None:
    ann, _ = stage.seat("ann")
    ben, _ = stage.seat("ben")
    stage.session.observers.participant_removed(stage.session, "user-ann")
    assert await told(ann) == [Room.KICK]
    assert (await stage.ask(ann, Media.JOIN_ROOM)).event == Media.ERROR_RESPONSE
    await stage.join(ben)


async def test_an_empty_session_that_ends_sends_the_lobby_to_the_next_one(stage: Stage) -> None:
    ann, _ = stage.seat("ann")
    stage.door.session_ended(stage.session, "empty")
    assert ann.link.closing is not None
    assert ann.link.closing[0] == 1012


async def test_an_error_while_a_peer_is_taken_out_is_no_error_of_the_door(stage: Stage) -> None:
    ann, media = stage.seat("ann")
    media.error = cast("RoomtapeError", SfuError("away"))
    await stage.door.detach(ann, goodbye=True)
    assert events.ERROR not in await told(ann)


async def test_broadcasts_are_told_to_whoever_records(stage: Stage) -> None:
    ann, _ = stage.seat("ann")
    await stage.join(ann)
    await stage.ask(ann, Room.BROADCAST_MESSAGE, pb.BroadcastMessage(type="ID3Data", payload=b'"hi"'))
    await stage.ask(ann, Room.BROADCAST_MESSAGE, pb.BroadcastMessage(type="x", payload=b"{"))
    to = pb.BroadcastMessage(type="ID3Data", payload=b"1", ids=["ann"])
    await stage.ask(ann, Room.BROADCAST_TO_ENTITY, to)
    assert stage.rooms.heard == [("ann", "ID3Data", b'"hi"'), ("ann", "ID3Data", b"1")]
