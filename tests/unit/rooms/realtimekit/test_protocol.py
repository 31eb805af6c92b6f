"""The order of the handshake, who may ask what when, and what bad input gets."""

from __future__ import annotations

import random

import pytest

from roomtape.errors import OurError, SfuError
from roomtape.rooms.realtimekit import actions as act
from roomtape.rooms.realtimekit import codec, events, protocol
from roomtape.rooms.realtimekit.events import Chat, Media, Plugin, Polls, Preset, Room
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb
from tests.support.sdkroom import HOST, World

SDP = pb.SessionDescription(type="offer", sdp="offer")


def test_the_handshake_in_the_sdks_order() -> None:
    world = World()
    old = world.joined("ann", HOST)
    new = world.client("ben")

    # init(): media is connected before the room is joined
    new.answer(Media.JOIN_ROOM, pb.PeerJoinRequest(room_uuid="meeting", display_name="Ben"), pb.PeerJoinResponse)
    for consuming, target in ((False, pb.TARGET_PUBLISHER), (True, pb.TARGET_SUBSCRIBER)):
        request = pb.CreateTransportRequest(consuming=consuming, description=SDP)
        made = new.answer(Media.CREATE_WEBRTC_TRANSPORT, request, pb.CreateTransportResponse)
        assert made.transport_id
        assert (made.description.target, made.description.type, made.description.sdp) == (target, "answer", "answer")
    store = pb.PluginStoreGetKeysRequest(plugin_id="meeting", store_name="__rtk_plugins__")
    read = new.answer(Plugin.STORE_GET_KEYS, store, pb.PluginStoreResponse)
    assert (read.plugin_id, read.store_name, len(read.store_items)) == ("meeting", "__rtk_plugins__", 0)
    assert old.got == [], "nobody knows of who has not joined"

    # join()
    request = pb.JoinRoomRequest(peer=pb.Peer(peer_id="ben", display_name="Benny"))
    info = new.answer(Room.JOIN_ROOM, request, pb.PeerInfoResponse)
    assert (info.peer.peer_id, info.peer.display_name, info.peer.waitlisted) == ("ben", "Benny", False)
    assert new.answer(Chat.GET_MESSAGES, None, pb.GetChatMessagesResponse) == pb.GetChatMessagesResponse()
    assert new.answer(Polls.GET_POLLS, None, pb.GetPollsResponse) == pb.GetPollsResponse()
    room = new.answer(Room.GET_ROOM_INFO, None, pb.RoomInfoResponse).room
    assert (room.room_id, room.room_uuid, room.title, room.created_at) == (
        "meeting", "meeting", "Our meeting", 1_700_000_000,
    )  # fmt: skip
    peers = new.answer(Room.GET_ROOM_PEERS_INFO, None, pb.RoomPeersInfoResponse).peers
    assert {p.peer_id for p in peers} == {"ann", "ben"}
    done = new.answer(Media.SELF_JOIN_COMPLETE, pb.PeerJoinCompleteRequest(), pb.PeerJoinCompleteResponse)
    assert done.HasField("room_state")
    assert (done.room_state.current_peer_id, done.room_state.room_uuid) == ("ben", "meeting")
    assert [p.peer_id for p in done.participants] == ["ann"]
    producer = new.produce("audio")
    dump = new.answer(Room.GET_CONNECTED_ROOMS_DUMP, None, pb.GetConnectedRoomsDumpResponse)
    assert dump.parent_meeting.id == "meeting"

    # what the others are told, in this order: a producer of an unknown peer is not consumed
    assert old.order() == [Room.JOIN_ROOM, Media.PEER_JOINED_BROADCAST, Media.PEER_PRODUCER_CREATE_BROADCAST]
    [told] = old.pushed(Media.PEER_PRODUCER_CREATE_BROADCAST, pb.PeerProducerCreateBroadcastResponse)
    assert (told.participant_id, told.producer_state.producer_id) == ("ben", producer)
    assert new.order() == [], "a client is not told of itself"


def test_a_late_joiner_sees_all_producers() -> None:
    world = World()
    old = world.joined("ann")
    sound, screen = old.produce("audio"), old.produce("video", screen=True)
    late = world.client("ben")
    late.answer(Media.JOIN_ROOM, pb.PeerJoinRequest(), pb.PeerJoinResponse)
    late.answer(Room.JOIN_ROOM, pb.JoinRoomRequest(), pb.PeerInfoResponse)
    done = late.answer(Media.SELF_JOIN_COMPLETE, None, pb.PeerJoinCompleteResponse)
    states = done.participants[0].producer_states
    assert [(s.producer_id, s.kind, s.screen_share) for s in states] == [(sound, 0, False), (screen, 1, True)]


def test_a_whip_publisher_is_a_peer_with_producers() -> None:
    world = World()
    ann = world.joined("ann")
    world.whip("obs")
    assert ann.order() == [Room.JOIN_ROOM, Media.PEER_JOINED_BROADCAST]
    ben = world.client("ben")
    ben.join()
    peers = ben.answer(Room.GET_ROOM_PEERS_INFO, None, pb.RoomPeersInfoResponse).peers
    assert {p.peer_id for p in peers} == {"ann", "ben", "obs"}


def test_hidden_peers_are_neither_announced_nor_listed_nor_consumed() -> None:
    world = World()
    ann = world.joined("ann")
    bot = world.client("bot", hidden=True)
    assert bot.join().peer.flags.hidden_participant, "it knows of itself"
    secret = bot.produce("audio")
    assert ann.got == []
    peers = ann.answer(Room.GET_ROOM_PEERS_INFO, None, pb.RoomPeersInfoResponse).peers
    assert [p.peer_id for p in peers] == ["ann"]
    assert "no such peer" in ann.refused(Room.GET_PEER_INFO, pb.GetPeerInfoRequest(peer_id="bot"))
    request = pb.ConsumePeersRequest(requests=[pb.ConsumePeerRequest(producing_peer_id="bot", producer_id=secret)])
    found = ann.answer(Media.CONSUME, request, pb.ConsumePeerResponse)
    assert found.consumer_ids_map.map[secret].error_code == "not_found_track_error"
    world.leave("bot", "left")
    assert ann.pushed(Room.LEAVE_ROOM, pb.PeerInfoResponse) == []


@pytest.mark.parametrize(
    "event",
    [
        Media.PRODUCE, Media.CONSUME, Media.RENEGOTIATE_SESSION_DESCRIPTION, Media.SELF_JOIN_COMPLETE,
        Media.TOGGLE_PRODUCER, Media.HOST_CONTROL_ALL_PEERS, Chat.SEND_MESSAGE_TO_ROOM, Polls.CREATE_POLL,
        Room.BROADCAST_MESSAGE, Room.KICK, Room.KICK_ALL, Room.ACCEPT_WAITING_ROOM_REQUESTS,
    ],
)  # fmt: skip
def test_nothing_is_done_for_who_has_not_joined(event: int) -> None:
    world = World()
    ann = world.joined("ann")
    eve = world.client("eve", HOST)
    assert "join the room first" in eve.refused(event)
    assert ann.got == []
    assert world.done == [act.Enter("Ann")]


def test_transports_need_media_join_on_this_socket() -> None:
    world = World()
    ann = world.client("ann")
    assert "media.joinRoom" in ann.refused(Media.CREATE_WEBRTC_TRANSPORT, pb.CreateTransportRequest(description=SDP))
    ann.answer(Media.JOIN_ROOM, None, pb.PeerJoinResponse)
    assert "session description" in ann.refused(Media.CREATE_WEBRTC_TRANSPORT, pb.CreateTransportRequest())


def test_a_socket_that_comes_back_is_the_same_peer() -> None:
    world = World()
    ann = world.joined("ann")
    ben = world.joined("ben")
    old = ben.produce("audio")
    ann.got.clear()
    world.run(None, world.room.disconnected(ben.member))
    assert ann.got == [], "others notice nothing"
    again = world.client("ben")
    again.join()
    assert ann.order() == [Media.PEER_PRODUCER_CLOSE_BROADCAST], "old producers end, the peer is not announced again"
    assert [p.producer_state.producer_id for p in ann.pushed(
        Media.PEER_PRODUCER_CLOSE_BROADCAST, pb.PeerProducerCloseBroadcastResponse
    )] == [old]  # fmt: skip
    again.produce("audio")
    assert ann.order()[1:] == [Media.PEER_PRODUCER_CREATE_BROADCAST]


NOT_OFFERED = [
    Plugin.ADD_PLUGIN, Plugin.GET_PLUGINS, Plugin.ENABLE_PLUGIN_FOR_ROOM, Plugin.CUSTOM_PLUGIN_EVENT_TO_ROOM,
    Room.CREATE_CONNECTED_ROOMS, Room.MOVE_PEERS, Room.REQUEST_STAGE_ACCESS, Room.STARTED_LIVESTREAM,
    Room.TRANSCRIPT, Room.CLOSE_ROOM, Preset.UPDATE_USER_PRESET, Preset.GET_USER_PRESETS, Media.TOGGLE_CONSUMER,
]  # fmt: skip


@pytest.mark.parametrize("event", NOT_OFFERED)
def test_what_is_not_offered_is_answered_at_once(event: int) -> None:
    ann = World().joined("ann", HOST)
    assert ann.refused(event)


def test_every_event_that_a_client_could_send_is_answered() -> None:
    silent = {Room.KICK, Room.KICK_ALL, Media.KICK_ALL, Media.AUDIO_ACTIVITY}
    silent |= {Room.ACCEPT_WAITING_ROOM_REQUESTS, Room.DENY_WAITING_ROOM_REQUESTS}
    for service in (Room, Chat, Plugin, Polls, Preset, Media):
        for event in service:
            ann = World().joined("ann", HOST)
            assert (ann.ask(event) is not None) != (event in silent), event


def test_unknown_events_are_answered() -> None:
    ann = World().joined("ann")
    assert "0x7777" in ann.refused(0x7777)
    assert "0x3000099" in ann.refused(0x3000099)
    assert ann.closed is None


def test_a_misshapen_message_is_answered_and_a_misshapen_frame_ends_the_socket() -> None:
    ann = World().joined("ann")
    ann.raw(pb.SocketMessage(event=Chat.SEND_MESSAGE_TO_ROOM, id="x", payload=b"\xff\xff").SerializeToString())
    assert [(f.event, f.id) for f in ann.got] == [(events.ERROR, "x")]
    ann.raw(b"\xff\xff")
    assert ann.closed is not None
    assert ann.closed[0] == 1007


def test_an_oversized_frame_ends_the_socket() -> None:
    ann = World().joined("ann")
    ann.raw(bytes(codec.LARGEST_FRAME + 1))
    assert ann.closed is not None
    assert ann.closed[0] == 1009


def test_a_flood_ends_the_socket_and_nobody_elses() -> None:
    world = World()
    ann, eve = world.joined("ann"), world.joined("eve")
    for _ in range(protocol.FRAMES_AT_ONCE + 1):
        eve.ask(Room.GET_ROOM_INFO)
    assert eve.closed is not None
    assert eve.closed[0] == 1008
    assert "messages a second" in eve.closed[1]
    assert ann.closed is None
    assert ann.got == []


def test_what_others_are_told_has_a_rate() -> None:
    world = World()
    ann, eve = world.joined("ann"), world.joined("eve")
    message = pb.SendChatMessageToRoomRequest(payload="spam")
    for _ in range(protocol.TOLD_AT_ONCE + 20):
        eve.ask(Chat.SEND_MESSAGE_TO_ROOM, message)
        world.wait(1)
    assert len(ann.got) <= protocol.TOLD_AT_ONCE + protocol.TOLD_PER_S
    assert "too fast" in eve.refused(Chat.SEND_MESSAGE_TO_ROOM, message)
    world.wait(5000)
    assert eve.ask(Chat.SEND_MESSAGE_TO_ROOM, message) is not None
    assert eve.closed is None


def test_large_answers_have_a_rate_too() -> None:
    ann = World().joined("ann")
    frames = [ann.ask(Chat.GET_MESSAGES) for _ in range(protocol.TOLD_AT_ONCE + 1)]
    assert frames[-1] is not None
    assert frames[-1].event == events.ERROR


def test_errors_of_the_media_side_become_answers() -> None:
    world = World()
    ann = world.joined("ann")
    world.fails = {act.Produce: SfuError("the media server is away"), act.Enter: OurError("a fault")}
    request = pb.ProducerCreateRequest(kind="audio", description=SDP)
    assert "media server is away" in ann.refused(Media.PRODUCE, request)
    assert "a fault" in ann.refused(Room.JOIN_ROOM, pb.JoinRoomRequest())


def test_random_input_never_raises_and_disturbs_nobody() -> None:
    rng = random.Random(11)
    known = [int(e) for service in (Room, Chat, Plugin, Polls, Preset, Media) for e in service]
    for _round in range(60):
        world = World()
        ann, eve = world.joined("ann"), world.joined("eve")
        for _ in range(40):
            world.wait(1000)
            event = rng.choice([*known, rng.randrange(1 << 28)])
            payload = rng.randbytes(rng.randrange(40))
            eve.raw(pb.SocketMessage(event=event, id="e", payload=payload).SerializeToString())
            eve.raw(rng.randbytes(rng.randrange(20)))
        assert ann.closed is None
        assert ann.member.joined


def test_random_requests_of_the_right_shape_never_raise() -> None:
    rng = random.Random(5)
    for _round in range(30):
        world = World()
        ann, eve = world.joined("ann", HOST), world.joined("eve", HOST)
        producer = ann.produce("audio")
        names = ["", "ann", "eve", "nobody", producer, "meeting", "{}", "1", "\u202e", "x" * 300]
        for event, spec in protocol._ANSWERS.items():
            if event in (Room.KICK_ALL, Media.KICK_ALL, Media.KICK_PEER, Room.LEAVE_ROOM, Media.LEAVE_ROOM):
                continue
            message = spec.message()
            for field in message.DESCRIPTOR.fields:
                if field.is_repeated or field.message_type is not None or rng.random() < 0.3:
                    continue
                kinds = {field.CPPTYPE_STRING: rng.choice(names), field.CPPTYPE_BOOL: rng.random() < 0.5}
                value = kinds.get(field.cpp_type, rng.randrange(4))
                if field.type == field.TYPE_BYTES:
                    value = b"{}"
                setattr(message, field.name, value)
            world.wait(500)
            eve.ask(event, message)
        assert ann.closed is None
