"""Owns what one client may ask and when: a frame comes in, actions come out; no clock, no socket, no waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from google.protobuf.message import Message

from roomtape.errors import CallerError, Conflict, InvalidRequest, NotOffered
from roomtape.rooms.realtimekit import answers_media as media
from roomtape.rooms.realtimekit import answers_room as room
from roomtape.rooms.realtimekit import answers_talk as talk
from roomtape.rooms.realtimekit import codec, events
from roomtape.rooms.realtimekit.actions import Action, Close, Send
from roomtape.rooms.realtimekit.ask import Ask, error_frame
from roomtape.rooms.realtimekit.events import Chat, Media, Plugin, Polls, Preset
from roomtape.rooms.realtimekit.events import Room as RoomEvent
from roomtape.rooms.realtimekit.limits import Bucket
from roomtape.rooms.realtimekit.member import Member
from roomtape.rooms.realtimekit.room import Room
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb

FRAMES_PER_S, FRAMES_AT_ONCE = 50, 300
"""What a client may send; who sends more is put out. The SDK's busiest moments stay under a fifth of it."""
TOLD_PER_S, TOLD_AT_ONCE = 10, 60
"""Requests that others are told of (chat, stores, polls ...) or with large answers; more are refused for a while."""
INVALID_DATA, TOO_BIG, POLICY = 1007, 1009, 1008


class Needs(Enum):
    """How far a client must have come before it may ask."""

    SOCKET = "a socket"
    MEDIA = "media.joinRoom"
    JOINED = "room.joinRoom"


@dataclass(frozen=True)
class _Spec:
    """`told`: others are told of it, and the room remembers it. `costly`: its answer may be large."""

    answer: Callable[[Ask[Any]], list[Action]]
    message: type[Message] = pb.EmptyResponse
    needs: Needs = Needs.JOINED
    told: bool = False
    costly: bool = False


_S, _M = Needs.SOCKET, Needs.MEDIA
_ANSWERS: dict[int, _Spec] = {
    RoomEvent.JOIN_ROOM: _Spec(room.join, pb.JoinRoomRequest, _S, told=True),
    RoomEvent.LEAVE_ROOM: _Spec(room.leave, pb.LeaveRoomRequest, _S),
    RoomEvent.GET_PEER_INFO: _Spec(room.peer_info, pb.GetPeerInfoRequest, _S),
    RoomEvent.UPDATE_PEER_INFO: _Spec(room.update_peer_info, pb.UpdatePeerInfoRequest, told=True),
    RoomEvent.GET_ROOM_PEERS_INFO: _Spec(room.peers, pb.RoomPeersInfoRequest, _S),
    RoomEvent.GET_ROOM_INFO: _Spec(room.info, needs=_S),
    RoomEvent.ROOM_PEER_COUNT: _Spec(room.count, needs=_S),
    RoomEvent.GET_CONNECTED_ROOMS_DUMP: _Spec(room.connected_rooms, needs=_S),
    RoomEvent.GET_ALL_ADDED_PARTICIPANTS: _Spec(room.added_participants),
    RoomEvent.GET_STAGE_PEERS: _Spec(room.stage_peers),
    RoomEvent.GET_STAGE_REQUESTS: _Spec(room.stage_requests),
    RoomEvent.GET_ROOM_STAGE_STATE: _Spec(room.stage_state),
    RoomEvent.JOIN_STAGE: _Spec(room.join_stage),
    RoomEvent.BROADCAST_MESSAGE: _Spec(room.broadcast, pb.BroadcastMessage, told=True),
    RoomEvent.BROADCAST_TO_ENTITY: _Spec(room.broadcast_to, pb.BroadcastMessage, told=True),
    RoomEvent.KICK: _Spec(room.kick, pb.RemoveParticipantsRequest),
    RoomEvent.KICK_ALL: _Spec(room.kick_all, pb.KickAllPeersRequest),
    RoomEvent.GET_WAITING_ROOM_REQUESTS: _Spec(room.waiting_requests),
    RoomEvent.ACCEPT_WAITING_ROOM_REQUESTS: _Spec(room.accept_waiting, pb.AcceptWaitingRoomRequests, told=True),
    RoomEvent.DENY_WAITING_ROOM_REQUESTS: _Spec(room.deny_waiting, pb.DenyWaitingRoomRequests),
    Chat.GET_MESSAGES: _Spec(talk.messages, needs=_S, costly=True),
    Chat.GET_PAGINATED_MESSAGES: _Spec(talk.page, pb.GetPaginatedChatMessageRoomRequest, _S, costly=True),
    Chat.SEARCH_CHANNEL_MESSAGES: _Spec(talk.search, pb.SearchChatMessagesRequest, costly=True),
    Chat.SEND_MESSAGE_TO_ROOM: _Spec(talk.send_to_room, pb.SendChatMessageToRoomRequest, told=True),
    Chat.SEND_MESSAGE_TO_PEERS: _Spec(talk.send_to_peers, pb.SendChatMessageToPeersRequest, told=True),
    Chat.EDIT_MESSAGE: _Spec(talk.edit, pb.EditChatMessageRequest, told=True),
    Chat.DELETE_MESSAGE: _Spec(talk.delete, pb.DeleteChatMessageRequest, told=True),
    Chat.PIN_MESSAGE: _Spec(talk.pin, pb.PinChatMessageRequest, told=True),
    Plugin.STORE_GET_KEYS: _Spec(talk.store_get, pb.PluginStoreGetKeysRequest, _S, costly=True),
    Plugin.STORE_INSERT_KEYS: _Spec(talk.store_insert, pb.PluginStoreInsertKeysRequest, _S, told=True),
    Plugin.STORE_DELETE_KEYS: _Spec(talk.store_delete, pb.PluginStoreDeleteKeysRequest, _S, told=True),
    Polls.GET_POLLS: _Spec(talk.polls, needs=_S, costly=True),
    Polls.CREATE_POLL: _Spec(talk.create_poll, pb.NewPollRequest, told=True),
    Polls.VOTE_POLL: _Spec(talk.vote, pb.VotePollRequest, told=True),
    Media.JOIN_ROOM: _Spec(media.join, pb.PeerJoinRequest, _S),
    Media.LEAVE_ROOM: _Spec(media.leave, pb.PeerLeaveRequest, _S),
    Media.CREATE_WEBRTC_TRANSPORT: _Spec(media.create_transport, pb.CreateTransportRequest, _M),
    Media.SELF_JOIN_COMPLETE: _Spec(media.self_join_complete, pb.PeerJoinCompleteRequest),
    Media.PRODUCE: _Spec(media.produce, pb.ProducerCreateRequest),
    Media.TOGGLE_PRODUCER: _Spec(media.toggle_producer, pb.ProducerToggleRequest),
    Media.CLOSE_PRODUCER: _Spec(media.close_producer, pb.ProducerCloseRequest),
    Media.CONSUME: _Spec(media.consume, pb.ConsumePeersRequest),
    Media.RENEGOTIATE_SESSION_DESCRIPTION: _Spec(media.renegotiate, pb.RenegotiateRequest),
    Media.CLOSE_CONSUMER: _Spec(media.close_consumers, pb.ConsumerCloseRequest),
    Media.UPDATE_CONSUMERS_SIMULCAST_CONFIG: _Spec(media.prefer_layers, pb.UpdateConsumersSimulcastConfigRequest),
    Media.AUDIO_ACTIVITY: _Spec(media.audio_activity, pb.AudioActivityRequest),
    Media.SELECTED_PEER: _Spec(media.selected_peers, pb.SelectedPeersRequest),
    Media.GLOBAL_PIN_PEER: _Spec(media.pin, pb.GlobalPeerPinningRequest, told=True),
    Media.CHANGE_DISPLAY_NAME: _Spec(media.change_name, pb.PeerDisplayNameEditRequest, told=True),
    Media.HOST_CONTROL_PEER: _Spec(media.mute_peer, pb.HostMediaControlForPeerRequest),
    Media.HOST_CONTROL_ALL_PEERS: _Spec(media.mute_all, pb.HostMediaControlForAllPeerRequest),
    Media.KICK_PEER: _Spec(media.kick, pb.KickPeerRequest),
    Media.KICK_ALL: _Spec(room.kick_all, pb.KickAllPeersRequest),
}

_STAGE = "a stage with requests is not offered here: everybody is on stage"
_BREAKOUT = "connected meetings (breakout rooms) are not offered here"
_PLUGINS = "plugins are not offered here"
_PRESETS = "presets are changed by the application's server, through the REST API"
_NOT_OFFERED: dict[int, str] = {
    **dict.fromkeys(
        (RoomEvent.UPDATE_ROOM_INFO, RoomEvent.CLOSE_ROOM), "meetings are changed and ended through the REST API"
    ),
    **dict.fromkeys(
        (RoomEvent.REQUEST_STAGE_ACCESS, RoomEvent.CANCEL_STAGE_REQUEST, RoomEvent.GRANT_STAGE_ACCESS), _STAGE
    ),
    **dict.fromkeys((RoomEvent.DENY_STAGE_ACCESS, RoomEvent.LEAVE_STAGE), _STAGE),
    **dict.fromkeys(
        (
            RoomEvent.CREATE_CONNECTED_ROOMS,
            RoomEvent.DELETE_CONNECTED_ROOMS,
            RoomEvent.MOVE_PEERS,
            RoomEvent.TRANSFER_PEER,
        ),
        _BREAKOUT,
    ),
    **dict.fromkeys(
        (RoomEvent.STARTED_LIVESTREAM, RoomEvent.STOPPED_LIVESTREAM, RoomEvent.LIVESTREAMING_INVOKED),
        "no livestreams here",
    ),
    RoomEvent.TRANSCRIPT: "transcripts are not offered here",
    **dict.fromkeys((e for e in Plugin if "STORE" not in e.name), _PLUGINS),
    Plugin.STORE_DELETE: "delete the keys of a store, not the store",
    **dict.fromkeys(Preset, _PRESETS),
    Media.TOGGLE_CONSUMER: "close the consumer instead of pausing it",
}


@dataclass
class PeerProtocol:
    """One client's socket: what it has done decides what it may do."""

    room: Room
    member: Member
    media_begun: bool = False
    _frames: Bucket = field(default_factory=lambda: Bucket(FRAMES_PER_S, FRAMES_AT_ONCE))
    _told: Bucket = field(default_factory=lambda: Bucket(TOLD_PER_S, TOLD_AT_ONCE))

    def receive(self, data: bytes, now_ms: int) -> list[Action]:
        """Return what a frame leads to; `now_ms` is the wall clock in ms since the Unix epoch.

        What cannot be understood at all, or comes too fast, closes the socket; everything else is answered.
        """
        me = self.member.peer_id
        if not self._frames.take(now_ms):
            return [Close(me, POLICY, f"more than {FRAMES_PER_S} messages a second")]
        if len(data) > codec.LARGEST_FRAME:
            return [Close(me, TOO_BIG, f"a frame may have {codec.LARGEST_FRAME} bytes")]
        try:
            frame = codec.decode(data)
        except InvalidRequest:
            return [Close(me, INVALID_DATA, "this is no SocketMessage")]
        try:
            return self._answer(frame, now_ms)
        except CallerError as error:
            return [Send(me, error_frame(frame.event, frame.id, error))]

    def _answer(self, frame: codec.Frame, now_ms: int) -> list[Action]:
        spec = _ANSWERS.get(frame.event)
        if spec is None:
            if frame.event in _NOT_OFFERED:
                raise NotOffered(_NOT_OFFERED[frame.event])
            raise InvalidRequest(f"there is no request {frame.event:#x}; is this SDK newer than this server?")
        message = codec.parse(spec.message, frame.payload)
        self._check(spec, frame.event)
        if (spec.told or spec.costly) and not self._told.take(now_ms):
            raise Conflict(f"too fast: {TOLD_PER_S} of these a second; try again in a moment")
        if spec.told:
            self.room.changes += 1
        done = spec.answer(Ask(self.room, self.member, frame.event, frame.id, message, now_ms))
        if frame.event == Media.JOIN_ROOM:
            self.media_begun = True
        return done

    def _check(self, spec: _Spec, event: int) -> None:
        name = events.name_of(event)
        if spec.needs is Needs.JOINED and not self.member.joined:
            waits = "you are in the waiting room" if self.member.waiting else "join the room first (room.joinRoom)"
            raise Conflict(f"{name} is possible once you are in; {waits}")
        if spec.needs is Needs.MEDIA and not self.media_begun:
            raise Conflict(f"{name} is possible after media.joinRoom on this socket")
