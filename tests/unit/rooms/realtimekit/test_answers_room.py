from __future__ import annotations

import pytest

from roomtape.errors import InvalidRequest, SfuError
from roomtape.rooms.realtimekit import actions as act
from roomtape.rooms.realtimekit import answers_room
from roomtape.rooms.realtimekit.events import Media, Room
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb
from tests.support.sdkroom import GUEST, HOST, World

FIXED = GUEST | {"can_edit_display_name": False}


def test_a_name_is_what_the_preset_lets_it_be() -> None:
    world = World()
    assert world.client("ann").join("  Anna\n ").peer.display_name == "Anna"
    assert world.client("ben", FIXED).join("President").peer.display_name == "Ben"
    assert world.client("cat").join("").peer.display_name == "Cat"


@pytest.mark.parametrize("name", ["", " \u202e\n", "x" * 257])
def test_names_that_cannot_be_shown(name: str) -> None:
    with pytest.raises(InvalidRequest):
        answers_room.clean_name(name)


def test_renaming_in_the_meeting() -> None:
    world = World()
    ann, ben = world.joined("ann"), world.joined("ben", FIXED)
    request = pb.PeerDisplayNameEditRequest(participant_id="ann", display_name="Anna")
    assert ann.answer(Media.CHANGE_DISPLAY_NAME, request, pb.PeerDisplayNameEditResponse).status == "success"
    [told] = ben.pushed(Media.PEER_DISPLAY_NAME_EDIT_BROADCAST, pb.PeerDisplayNameEditBroadcastResponse)
    assert (told.participant_id, told.display_name) == ("ann", "Anna")
    peers = ben.answer(Room.GET_ROOM_PEERS_INFO, None, pb.RoomPeersInfoResponse).peers
    assert {p.display_name for p in peers} == {"Anna", "Ben"}
    assert "your preset" in ben.refused(Media.CHANGE_DISPLAY_NAME, request)
    other = pb.PeerDisplayNameEditRequest(participant_id="ben", display_name="Fool")
    assert "your own name" in ann.refused(Media.CHANGE_DISPLAY_NAME, other)
    again = pb.UpdatePeerInfoRequest(peer_id="ann", display_name="Anne")
    assert ann.answer(Room.UPDATE_PEER_INFO, again, pb.PeerInfoResponse).peer.display_name == "Anne"


def test_the_list_of_peers_is_searched_and_paged() -> None:
    world = World()
    for name in ("ann", "anna", "ben"):
        world.joined(name)
    ask = world.clients["ben"].answer
    found = ask(Room.GET_ROOM_PEERS_INFO, pb.RoomPeersInfoRequest(seach_query="AN"), pb.RoomPeersInfoResponse)
    assert [p.peer_id for p in found.peers] == ["ann", "anna"]
    found = ask(Room.GET_ROOM_PEERS_INFO, pb.RoomPeersInfoRequest(limit=1, offset=1), pb.RoomPeersInfoResponse)
    assert [p.peer_id for p in found.peers] == ["anna"]
    assert ask(Room.ROOM_PEER_COUNT, None, pb.RoomPeerCountResponse).count == 3
    invited = ask(Room.GET_ALL_ADDED_PARTICIPANTS, None, pb.GetAllAddedParticipantsResponse)
    assert {p.id for p in invited.participants} == {"user-ann", "user-anna", "user-ben"}


def test_everybody_is_on_stage() -> None:
    ann = World().joined("ann")
    frame = ann.ask(Room.JOIN_STAGE)
    assert frame is not None
    assert frame.event == Room.PEER_STAGE_STATUS_UPDATE, "the SDK waits for this one"
    assert list(ann.answer(Room.GET_STAGE_PEERS, None, pb.GetStagePeersResponse).stage_peers) == ["user-ann"]
    assert list(ann.answer(Room.GET_ROOM_STAGE_STATE, None, pb.GetRoomStageStateResponse).on_stage_peers)
    assert not ann.answer(Room.GET_STAGE_REQUESTS, None, pb.GetStageRequestsResponse).stage_requests


def test_a_broadcast_goes_to_all_and_back_to_its_sender() -> None:
    world = World()
    ann, ben = world.joined("ann"), world.joined("ben")
    message = pb.BroadcastMessage(type="wave", payload=b'{"n": 1}', timestamp=5)
    assert ann.answer(Room.BROADCAST_MESSAGE, message, pb.BroadcastMessage) == message
    assert ben.pushed(Room.BROADCAST_MESSAGE, pb.BroadcastMessage) == [message]
    assert "JSON" in ann.refused(Room.BROADCAST_MESSAGE, pb.BroadcastMessage(type="x", payload=b"{"))
    big = pb.BroadcastMessage(type="x", payload=b'"' + b"x" * answers_room.LARGEST_BROADCAST + b'"')
    assert "at most" in ann.refused(Room.BROADCAST_MESSAGE, big)


def test_a_message_to_some_peers_reaches_those() -> None:
    world = World()
    ann, ben, cat = world.joined("ann"), world.joined("ben"), world.joined("cat")
    message = pb.BroadcastMessage(type="psst", payload=b"{}", ids=["ben", "nobody"], broadcast_type=0)
    assert ann.ask(Room.BROADCAST_TO_ENTITY, message) is None
    assert len(ben.pushed(Room.BROADCAST_TO_ENTITY, pb.BroadcastMessage)) == 1
    assert cat.got == []
    rooms = pb.BroadcastMessage(type="x", payload=b"{}", ids=["meeting"], broadcast_type=pb.BROADCAST_TYPE_ROOMS)
    assert ann.ask(Room.BROADCAST_TO_ENTITY, rooms) is not None
    assert len(cat.pushed(Room.BROADCAST_TO_ENTITY, pb.BroadcastMessage)) == 1
    rooms.ids.append("another meeting")
    assert "connected meetings" in ann.refused(Room.BROADCAST_TO_ENTITY, rooms)


def test_a_kick_is_told_to_its_victim_and_never_back_to_the_host() -> None:
    world = World()
    ann, ben, cat = world.joined("ann", HOST), world.joined("ben"), world.joined("cat")
    for client in (ann, ben):
        client.got.clear()
    request = pb.RemoveParticipantsRequest(peer_ids=["ben"])
    assert ann.ask(Room.KICK, request) is None
    assert ann.ask(Room.KICK, request) is None, "the SDK sends it twice"
    assert ann.order() == [Room.LEAVE_ROOM]
    assert cat.order() == [Room.LEAVE_ROOM]
    assert ben.order() == [Room.KICK]
    assert world.done.count(act.Kick(("ben",))) == 1
    assert ben.answer(Media.LEAVE_ROOM, pb.PeerLeaveRequest(), pb.PeerLeaveResponse).closed, "its client says goodbye"
    assert "anew" in ben.refused(Room.JOIN_ROOM, pb.JoinRoomRequest())


def test_only_who_may_puts_others_out() -> None:
    world = World()
    ann, ben = world.joined("ann", HOST), world.joined("ben")
    for event in (Room.KICK, Room.KICK_ALL):
        assert "your preset" in ben.refused(event, pb.RemoveParticipantsRequest(peer_ids=["ann"]))
    assert "your preset" in ben.refused(Media.KICK_PEER, pb.KickPeerRequest(participant_id="ann"))
    assert ann.ask(Room.KICK, pb.RemoveParticipantsRequest(peer_ids=["ann", "nobody"])) is None
    assert ann.member.joined, "nobody puts themselves out"


def test_kick_all_tells_everybody_that_the_meeting_has_ended_first() -> None:
    world = World()
    ann, ben = world.joined("ann", HOST), world.joined("ben")
    for client in (ann, ben):
        client.got.clear()
    ann.ask(Room.KICK_ALL, pb.KickAllPeersRequest())
    for client in (ann, ben):
        assert client.got[0].event == Room.KICK_ALL
        assert Room.KICK not in client.order()
    assert act.KickAll() in world.done


def test_a_session_that_could_not_be_ended_takes_people_in_again() -> None:
    world = World()
    ann = world.joined("ann", HOST)
    world.fails = {act.KickAll: SfuError("away")}
    assert "away" in ann.refused(Room.KICK_ALL, pb.KickAllPeersRequest())
    assert not world.room.ended


def test_only_who_may_sees_and_opens_the_waiting_room() -> None:
    ben = World().joined("ben")
    for event in (
        Room.GET_WAITING_ROOM_REQUESTS,
        Room.ACCEPT_WAITING_ROOM_REQUESTS,
        Room.DENY_WAITING_ROOM_REQUESTS,
    ):
        assert "your preset" in ben.refused(event)


def test_leaving_the_room_is_answered() -> None:
    world = World()
    ann, ben = world.joined("ann"), world.joined("ben")
    assert ben.answer(Room.LEAVE_ROOM, pb.LeaveRoomRequest(), pb.PeerInfoResponse).peer.peer_id == "ben"
    assert ann.order() == [Room.LEAVE_ROOM]
    assert not ben.member.joined
