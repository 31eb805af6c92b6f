"""Owns the state that the sockets of one session share, and what everybody is told when it changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from google.protobuf.message import Message

from roomtape.domain.recording import ACTIVE, Kind, Status
from roomtape.rooms.realtimekit import codec
from roomtape.rooms.realtimekit.actions import Action, Close, Send
from roomtape.rooms.realtimekit.chat import Chat
from roomtape.rooms.realtimekit.events import Media
from roomtape.rooms.realtimekit.events import Room as Event
from roomtape.rooms.realtimekit.media_port import ProducerInfo
from roomtape.rooms.realtimekit.member import Member, producer_state
from roomtape.rooms.realtimekit.polls import Polls
from roomtape.rooms.realtimekit.speakers import Speakers
from roomtape.rooms.realtimekit.stores import Stores
from roomtape.rooms.realtimekit.waiting import WaitingRoom
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb

GOODBYE_S = 5.0
"""Clients who are put out say goodbye and close their socket themselves; after this it is closed for them."""
_SHOWN = {Status.INVOKED: "STARTING", Status.RECORDING: "RECORDING", Status.PAUSED: "PAUSED"}
_TYPES = {Kind.COMPOSITE: pb.RECORDING_TYPE_COMPOSITE, Kind.TRACK: pb.RECORDING_TYPE_TRACK}


@dataclass
class Room:
    """One live session as SDK clients know it; `created_s` in s since the Unix epoch.

    Methods that change something return the frames that tell of it. `changes` counts what may have changed that is to
    be remembered (`memory`).
    """

    meeting_id: str
    title: str
    created_s: int
    members: dict[str, Member] = field(default_factory=dict)
    producers: dict[str, ProducerInfo] = field(default_factory=dict)
    recordings: dict[str, tuple[Kind, Status]] = field(default_factory=dict)
    pinned: str = ""
    chat: Chat = field(default_factory=Chat)
    polls: Polls = field(default_factory=Polls)
    stores: Stores = field(default_factory=Stores)
    waiting: WaitingRoom = field(default_factory=WaitingRoom)
    speakers: Speakers = field(default_factory=Speakers)
    ended: bool = False
    changes: int = 0

    # -- who is told

    def cast(
        self,
        event: int,
        message: Message | None,
        *,
        skip: str | None = None,
        only: Callable[[Member], bool] | None = None,
        lobby: bool = False,
    ) -> list[Action]:
        """Return one push to everybody who is in and has a socket, `lobby`: also to those who may come in.

        It is encoded once.
        """
        data = codec.encode(event, message)
        return [
            Send(m.peer_id, data)
            for m in self.members.values()
            if m.connected
            and m.peer_id != skip
            and (m.joined or (lobby and self.admitted(m)))
            and (not only or only(m))
        ]

    def admitted(self, member: Member) -> bool:
        """Tell whether a peer is in, or could come in without waiting: only then it may know of the others."""
        if member.kicked or self.ended:
            return False
        return member.joined or not self.must_wait(member)

    def must_wait(self, member: Member) -> bool:
        """Tell whether a peer has to wait before it comes in."""
        return self.waiting.must_wait(member.permissions.waiting_room, member.user_id, host_in=self.host_in())

    def visible(self) -> list[Member]:
        """Return the peers that everybody may know of."""
        return [m for m in self.members.values() if m.visible]

    def known(self, peer_id: str) -> Member | None:
        """Return a visible peer, or None."""
        member = self.members.get(peer_id)
        return member if member is not None and member.visible else None

    def of_peer(self, peer_id: str) -> list[ProducerInfo]:
        """Return a peer's producers."""
        return [p for p in self.producers.values() if p.peer_id == peer_id]

    def host_in(self) -> bool:
        """Tell whether somebody is in who may let others in."""
        return any(m.joined and m.permissions.accept_waiting for m in self.members.values())

    # -- who comes and goes

    def entered(self, member: Member) -> list[Action]:
        """The peer is in the session: tell the others, and let in whom a host's coming lets in."""
        again, member.joined, member.waiting = member.joined, True, False
        self.members[member.peer_id] = member
        told = self.waiting_list() if self.waiting.remove(member.peer_id) else []
        if again:
            return told
        if not member.hidden:
            told += self.cast(Event.JOIN_ROOM, member.info(), skip=member.peer_id)
        return told + self._host_came(member)

    def _host_came(self, host: Member) -> list[Action]:
        if not host.permissions.accept_waiting:
            return []
        free = [
            w
            for peer_id, user_id in self.waiting.waiting.items()
            if (w := self.members.get(peer_id)) is not None
            and not self.waiting.must_wait(w.permissions.waiting_room, user_id, host_in=True)
        ]
        return self.let_in({w.user_id for w in free}) if free else []

    def media_ready(self, member: Member) -> list[Action]:
        """The peer may be consumed from: tell the others what it produces; nothing when they know."""
        if member.media_joined:
            return []
        member.media_joined = True
        if not member.visible:
            return []
        participant = member.participant(self.of_peer(member.peer_id))
        return self.cast(
            Media.PEER_JOINED_BROADCAST, pb.PeerJoinBroadcastResponse(participant=participant), skip=member.peer_id
        )

    def left(self, peer_id: str, reason: str) -> list[Action]:
        """The peer is out of the session; `reason` as in `capture.events.PeerLeft`."""
        member = self.members.get(peer_id)
        if member is None:
            return []
        told: list[Action] = []
        if member.connected and reason == "kicked" and not member.kicked:
            member.kicked = True
            told += [Send(peer_id, codec.encode(Event.KICK, member.info())), Close(peer_id, 1000, "kicked", GOODBYE_S)]
        was_visible = member.visible
        member.joined = member.media_joined = False
        self.speakers.remove(peer_id)
        if self.pinned == peer_id:
            self.pinned = ""
        if self.waiting.remove(peer_id):
            told += self.waiting_list()
        if not member.connected:
            del self.members[peer_id]
        # No peerLeaveBroadcast: with it clients drop consumers without closing their m-lines.
        return told + (self.cast(Event.LEAVE_ROOM, member.info(), skip=peer_id) if was_visible else [])

    def disconnected(self, member: Member) -> list[Action]:
        """The peer's socket is gone; a peer that is not in the session is forgotten with it."""
        member.connected = False
        told = self.waiting_list() if self.waiting.remove(member.peer_id) else []
        member.waiting = False
        if not member.joined and self.members.get(member.peer_id) is member:
            del self.members[member.peer_id]
        return told

    def renamed(self, peer_id: str, name: str) -> list[Action]:
        """A peer has another name."""
        member = self.members.get(peer_id)
        if member is None or member.name == name:
            return []
        member.name = name
        message = pb.PeerDisplayNameEditBroadcastResponse(participant_id=peer_id, display_name=name)
        return self.cast(Media.PEER_DISPLAY_NAME_EDIT_BROADCAST, message) if member.visible else []

    def everybody_out(self) -> list[Action]:
        """The session is over: clients leave with the state `ended`."""
        if self.ended:
            return []
        self.ended = True
        told: list[Action] = []
        for member in self.members.values():
            if member.connected:
                member.kicked = True
                told += [
                    Send(member.peer_id, codec.encode(Event.KICK_ALL, member.info())),
                    Close(member.peer_id, 1000, "the session has ended", GOODBYE_S),
                ]
        return told

    # -- the waiting room

    def waiting_list(self) -> list[Action]:
        """Return the list of who waits, for those who may let them in."""
        return self.cast(
            Event.GET_WAITING_ROOM_REQUESTS, self.waiting_requests(), only=lambda m: m.permissions.accept_waiting
        )

    def waiting_requests(self) -> pb.GetWaitingRoomRequests:
        found = [self.members[peer_id] for peer_id in self.waiting.waiting if peer_id in self.members]
        return pb.GetWaitingRoomRequests(
            requests=[
                pb.WaitingRoomRequest(
                    peer_id=m.peer_id,
                    user_id=m.user_id,
                    display_name=m.name,
                    picture=m.picture or None,
                    custom_participant_id=m.custom_participant_id,
                    preset_name=m.preset_name,
                )
                for m in found
            ]
        )

    def wait(self, member: Member) -> list[Action]:
        """The peer has to wait; tell those who may let it in."""
        member.waiting = True
        return self.waiting_list() if self.waiting.add(member.peer_id, member.user_id) else []

    def let_in(self, user_ids: set[str]) -> list[Action]:
        """Users may come in: their clients join again."""
        return self._decided(self.waiting.accept(user_ids), Event.WAITING_ROOM_REQUEST_ACCEPTED)

    def turn_away(self, user_ids: set[str]) -> list[Action]:
        """Users may not come in."""
        return self._decided(self.waiting.deny(user_ids), Event.WAITING_ROOM_REQUEST_DENIED)

    def _decided(self, peer_ids: list[str], event: Event) -> list[Action]:
        told: list[Action] = []
        for peer_id in peer_ids:
            if (member := self.members.get(peer_id)) is not None:
                member.waiting = False
                told.append(Send(peer_id, codec.encode(event, member.info())))
        return told + (self.waiting_list() if peer_ids else [])

    # -- what is published

    def producer_added(self, producer: ProducerInfo) -> list[Action]:
        """A track can be consumed."""
        self.producers[producer.producer_id] = producer
        message = pb.PeerProducerCreateBroadcastResponse(
            participant_id=producer.peer_id, producer_state=producer_state(producer)
        )
        return self._of_producer(producer, Media.PEER_PRODUCER_CREATE_BROADCAST, message)

    def producer_changed(self, producer: ProducerInfo, by: str) -> list[Action]:
        """A track was muted or unmuted by its owner, or by a host: then the owner is told too, and mutes itself."""
        self.producers[producer.producer_id] = producer
        if producer.kind == "audio" and producer.paused:
            self.speakers.remove(producer.peer_id)
        message = _toggled(producer, by)
        told = self._of_producer(producer, Media.PEER_PRODUCER_TOGGLE_BROADCAST, message)
        owner = self.members.get(producer.peer_id)
        if by != producer.peer_id and owner is not None and owner.connected:
            told.append(Send(owner.peer_id, codec.encode(Media.PEER_PRODUCER_TOGGLE_BROADCAST, message)))
        return told

    def producer_removed(self, producer: ProducerInfo) -> list[Action]:
        """A track is gone."""
        if self.producers.pop(producer.producer_id, None) is None:
            return []
        return self._of_producer(producer, Media.PEER_PRODUCER_CLOSE_BROADCAST, _closed(producer))

    def consumed(self, member: Member) -> list[Action]:
        """A peer has answered an offer; return what changed meanwhile of the tracks that it now receives.

        The SDK drops what it is told of a track between the offer and the answer to its own answer, and would show
        a track as live for ever that was muted or ended in that time.
        """
        told: list[Action] = []
        for producer_id, before in member.consuming.items():
            now = self.producers.get(producer_id)
            if now is None:
                told.append(Send(member.peer_id, codec.encode(Media.PEER_PRODUCER_CLOSE_BROADCAST, _closed(before))))
            elif now.paused != before.paused:
                message = _toggled(now, now.peer_id)
                told.append(Send(member.peer_id, codec.encode(Media.PEER_PRODUCER_TOGGLE_BROADCAST, message)))
        member.consuming.clear()
        return told

    def _of_producer(self, producer: ProducerInfo, event: Media, message: Message) -> list[Action]:
        """A producer of a peer that has not joined with its media is told of when that peer does (`media_ready`)."""
        owner = self.members.get(producer.peer_id)
        if owner is None or not owner.visible or not owner.media_joined:
            return []
        return self.cast(event, message, skip=producer.peer_id)

    def heard(self, member: Member, energy: int, silent: bool, now_ms: int) -> list[Action]:
        """A client reports how loud its microphone is; a new active speaker is shown to all."""
        if not member.visible or not self.speakers.heard(member.peer_id, energy, silent, now_ms):
            return []
        entry = pb.SelectedPeersDiffEntry(peer_id=member.peer_id, priority=1)
        return self.cast(Media.SELECTED_PEER_DIFF, pb.SelectedPeersDiffResponse(entries=[entry]))

    def pin(self, peer_id: str) -> list[Action]:
        """Pin a peer for everybody; "" for nobody."""
        self.pinned = peer_id
        message = pb.GlobalPeerPinningBroadcastResponse(participant_id=peer_id)
        return self.cast(Media.GLOBAL_PEER_PIN_BROADCAST, message)

    # -- recordings

    def recording_changed(self, recording_id: str, kind: Kind, status: Status) -> list[Action]:
        """A recording of the session is in another state; clients show that one runs."""
        known = self.recordings.get(recording_id)
        if status not in ACTIVE:
            if self.recordings.pop(recording_id, None) is None:
                return []
            event = Event.RECORDING_STOPPED
        else:
            self.recordings[recording_id] = (kind, status)
            if status is Status.INVOKED or (known is not None and known[1] is status):
                return []
            event = Event.RECORDING_PAUSED if status is Status.PAUSED else Event.RECORDING_STARTED
        message = pb.RecordingEvent(recording_id=recording_id, recording_type=_TYPES[kind])
        return self.cast(event, message)

    def info(self, *, admitted: bool) -> pb.RoomInfoResponse:
        """Return the room; who still waits learns its title only."""
        active = [
            pb.ActiveRecording(recording_id=rid, recording_type=_TYPES[kind], recording_status=_SHOWN[status])
            for rid, (kind, status) in self.recordings.items()
        ]
        return pb.RoomInfoResponse(
            room=pb.Room(
                room_id=self.meeting_id,
                room_uuid=self.meeting_id,
                title=self.title,
                created_at=self.created_s,
                active_recordings=active if admitted else [],
            )
        )


def _toggled(producer: ProducerInfo, by: str) -> pb.PeerProducerToggleBroadcastResponse:
    return pb.PeerProducerToggleBroadcastResponse(
        participant_id=producer.peer_id, producer_state=producer_state(producer), initiator_participant_id=by
    )


def _closed(producer: ProducerInfo) -> pb.PeerProducerCloseBroadcastResponse:
    return pb.PeerProducerCloseBroadcastResponse(
        participant_id=producer.peer_id, producer_state=producer_state(producer)
    )
