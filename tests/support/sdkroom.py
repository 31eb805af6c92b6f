"""Owns a room of SDK clients without IO, for unit tests: frames go in, what each client was sent comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

from google.protobuf.message import Message

from roomtape.errors import RoomtapeError
from roomtape.rooms.realtimekit import actions as act
from roomtape.rooms.realtimekit import codec, events, permissions
from roomtape.rooms.realtimekit.actions import Action
from roomtape.rooms.realtimekit.events import Media
from roomtape.rooms.realtimekit.media_port import ProducerInfo
from roomtape.rooms.realtimekit.member import Member
from roomtape.rooms.realtimekit.protocol import PeerProtocol
from roomtape.rooms.realtimekit.room import Room
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb

M = TypeVar("M", bound=Message)

GUEST: dict[str, Any] = {
    "can_edit_display_name": True,
    "chat": {
        "public": {"can_send": True, "text": True, "files": True},
        "private": {"can_send": True, "can_receive": True, "text": True, "files": True},
    },
    "polls": {"can_create": False, "can_vote": True, "can_view": True},
    "waiting_room_type": "SKIP",
}
HOST: dict[str, Any] = GUEST | {
    "accept_waiting_requests": True,
    "kick_participant": True,
    "disable_participant_audio": True,
    "disable_participant_video": True,
    "disable_participant_screensharing": True,
    "pin_participant": True,
    "polls": {"can_create": True, "can_vote": True, "can_view": True},
}


@dataclass
class Client:
    """One SDK client; `got` is what it was sent, `closed` how its socket was closed."""

    world: World
    id: str
    protocol: PeerProtocol
    got: list[codec.Frame] = field(default_factory=list)
    closed: tuple[int, str, float] | None = None
    asked: int = 0

    @property
    def member(self) -> Member:
        return self.protocol.member

    def ask(self, event: int, message: Message | None = None) -> codec.Frame | None:
        """Send a request; return its answer, None when there is none."""
        self.asked += 1
        request_id = f"{self.id}-{self.asked}"
        self.raw(codec.encode(event, message, request_id))
        return next((f for f in self.got if f.id == request_id), None)

    def answer(self, event: int, message: Message | None, kind: type[M]) -> M:
        """Send a request; return its answer, which is no error."""
        frame = self.ask(event, message)
        assert frame is not None, f"{events.name_of(event)} was not answered"
        assert frame.event not in (events.ERROR, Media.ERROR_RESPONSE), frame.payload
        return codec.parse(kind, frame.payload)

    def refused(self, event: int, message: Message | None = None) -> str:
        """Send a request that must be answered by an error; return its text."""
        frame = self.ask(event, message)
        assert frame is not None, f"{events.name_of(event)} was not answered"
        expected = Media.ERROR_RESPONSE if events.is_media(event) else events.ERROR
        assert frame.event == expected, events.name_of(frame.event)
        error = codec.parse(pb.ErrorResponse, frame.payload)
        assert error.event_id == event
        return error.error_message

    def raw(self, data: bytes) -> None:
        self.world.run(self, self.protocol.receive(data, self.world.now_ms))

    def pushed(self, event: int, kind: type[M]) -> list[M]:
        """Return the pushes with `event` that this client got, without answers to its requests."""
        return [codec.parse(kind, f.payload) for f in self.got if f.event == event and not f.id]

    def order(self) -> list[int]:
        """Return the events of all pushes, in order."""
        return [f.event for f in self.got if not f.id]

    def join(self, name: str = "") -> pb.PeerInfoResponse:
        """Take all steps of the SDK's join; return the answer to room.joinRoom."""
        self.answer(Media.JOIN_ROOM, pb.PeerJoinRequest(room_uuid="meeting"), pb.PeerJoinResponse)
        request = pb.JoinRoomRequest(peer=pb.Peer(peer_id=self.id, display_name=name))
        info = self.answer(events.Room.JOIN_ROOM, request, pb.PeerInfoResponse)
        if not info.peer.waitlisted:
            self.answer(Media.SELF_JOIN_COMPLETE, pb.PeerJoinCompleteRequest(), pb.PeerJoinCompleteResponse)
        return info

    def produce(self, kind: str = "audio", *, screen: bool = False) -> str:
        """Publish a track; return its producer id."""
        request = pb.ProducerCreateRequest(
            kind=kind, screen_share=screen, app_data='{"mid": "2"}', description=pb.SessionDescription(sdp="offer")
        )
        return self.answer(Media.PRODUCE, request, pb.ProducerCreateResponse).producer_id


@dataclass
class World:
    """A room with a media side that does at once what it is asked; `fails` may name an error for a kind of work."""

    room: Room = field(default_factory=lambda: Room("meeting", "Our meeting", 1_700_000_000))
    clients: dict[str, Client] = field(default_factory=dict)
    now_ms: int = 1_700_000_000_000
    done: list[act.Work] = field(default_factory=list)
    fails: dict[type[Any], RoomtapeError] = field(default_factory=dict)
    made: int = 0

    def client(self, peer_id: str, rights: dict[str, Any] | None = None, user: str = "", **more: Any) -> Client:
        """Connect a client."""
        member = self.room.members.get(peer_id)
        if member is None:
            allowed = permissions.read(GUEST if rights is None else rights)
            member = Member(peer_id, user or f"user-{peer_id}", peer_id.title(), permissions=allowed, **more)
            self.room.members[peer_id] = member
        member.connected = True
        made = self.clients[peer_id] = Client(self, peer_id, PeerProtocol(self.room, member))
        return made

    def joined(self, peer_id: str, rights: dict[str, Any] | None = None, **more: Any) -> Client:
        """Connect a client that joins, and forget what everybody was sent of it."""
        made = self.client(peer_id, rights, **more)
        made.join()
        for client in self.clients.values():
            client.got.clear()
        return made

    def run(self, client: Client | None, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case act.Send(to, data):
                    if to in self.clients:
                        self.clients[to].got.append(codec.decode(data))
                case act.Close(to, code, reason, after_s):
                    self.clients[to].closed = (code, reason, after_s)
                case act.Do(work, then, failed):
                    assert client is not None
                    self.done.append(work)
                    error = self.fails.get(type(work))
                    self.run(client, failed(error) if error else then(self._do(client, work)))

    def _do(self, client: Client, work: act.Work) -> Any:
        match work:
            case act.Enter(name):
                client.member.name = name
            case act.Rename(name):
                self.run(None, self.room.renamed(client.id, name))
            case act.CreateTransport(consuming, _):
                return f"{'recv' if consuming else 'send'}-{client.id}", "answer"
            case act.Produce():
                return self._produce(client, work), "answer"
            case act.Toggle() | act.CloseProducer():
                return self._silence(client, work)
            case act.Silence(steps):
                for step in steps:
                    self._silence(client, step)
            case act.CloseProducers():
                for producer in self.room.of_peer(client.id):
                    self.run(None, self.room.producer_removed(producer))
            case act.Consume(wants):
                return {p: str(10 + i) for i, (p, _) in enumerate(wants)}, [], "offer"
            case act.CloseConsumers():
                return "answer"
            case act.Leave():
                self.run(None, self.room.left(client.id, "left"))
            case act.Kick(peer_ids):
                for peer_id in peer_ids:
                    self.leave(peer_id, "kicked")
            case act.KickAll():
                for peer_id in list(self.room.members):
                    self.leave(peer_id, "kicked")
        return None

    def leave(self, peer_id: str, reason: str) -> None:
        for producer in self.room.of_peer(peer_id):
            self.run(None, self.room.producer_removed(producer))
        self.run(None, self.room.left(peer_id, reason))

    def _produce(self, client: Client, work: act.Produce) -> ProducerInfo:
        self.made += 1
        made = ProducerInfo(
            producer_id=f"producer-{self.made}",
            peer_id=client.id,
            kind="audio" if work.kind == "audio" else "video",
            source="screenshare" if work.screen_share else "peer",
            paused=work.paused,
            mime_type=work.mime_type,
            app_data=work.app_data,
            transport_id=f"send-{client.id}",
        )
        self.run(None, self.room.producer_added(made))
        return made

    def _silence(self, client: Client, step: act.Toggle | act.CloseProducer) -> Any:
        producer = self.room.producers[step.producer_id]
        if isinstance(step, act.CloseProducer):
            self.run(None, self.room.producer_removed(producer))
            return producer, "answer" if step.offer else None
        changed = ProducerInfo(**{**vars(producer), "paused": step.paused})
        self.run(None, self.room.producer_changed(changed, client.id))
        return changed

    def whip(self, peer_id: str, **more: Any) -> Member:
        """A WHIP publisher comes in."""
        member = Member(peer_id, f"user-{peer_id}", peer_id.title(), **more)
        self.run(None, self.room.entered(member) + self.room.media_ready(member))
        return member

    def wait(self, ms: int) -> None:
        self.now_ms += ms
