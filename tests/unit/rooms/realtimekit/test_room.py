"""What everybody is told of who comes, goes, publishes, waits and is recorded."""

from __future__ import annotations

from roomtape.domain.recording import Kind, Status
from roomtape.rooms.realtimekit.events import Media, Room
from roomtape.rooms.realtimekit.media_port import ProducerInfo
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb
from tests.support.sdkroom import GUEST, HOST, World

WAITS = GUEST | {"waiting_room_type": "SKIP_ON_ACCEPT"}
WAITS_FOR_HOST = GUEST | {"waiting_room_type": "ON_PRIVILEGED_USER_ENTRY"}


def test_who_leaves_is_told_once_and_without_peer_leave_broadcast() -> None:
    world = World()
    ann, _ben = world.joined("ann"), world.joined("ben")
    world.leave("ben", "left")
    world.leave("ben", "left")
    assert ann.order() == [Room.LEAVE_ROOM]
    assert ann.pushed(Room.LEAVE_ROOM, pb.PeerInfoResponse)[0].peer.peer_id == "ben"


def test_who_is_put_out_by_rest_is_told_so_and_only_they() -> None:
    world = World()
    ann, ben = world.joined("ann", HOST), world.joined("ben")
    ann.got.clear()
    world.leave("ben", "kicked")
    assert ben.order() == [Room.KICK]
    assert ben.closed == (1000, "kicked", 5.0)
    assert ann.order() == [Room.LEAVE_ROOM], "event 30 would put the host out"


def test_an_end_puts_everybody_out_once() -> None:
    world = World()
    ann, ben = world.joined("ann"), world.joined("ben")
    ann.got.clear()
    world.run(None, world.room.everybody_out())
    for peer in ("ann", "ben"):
        world.leave(peer, "kicked")
    world.run(None, world.room.everybody_out())
    for client in (ann, ben):
        assert [e for e in client.order() if e in (Room.KICK, Room.KICK_ALL)] == [Room.KICK_ALL]
        assert client.closed is not None
        assert client.closed[0] == 1000
    assert "open the meeting anew" in ann.refused(Room.JOIN_ROOM, pb.JoinRoomRequest())


def test_a_producer_is_told_of_once_its_peer_has_joined_with_media() -> None:
    world = World()
    ann = world.joined("ann")
    ben = world.client("ben")
    ben.answer(Room.JOIN_ROOM, pb.JoinRoomRequest(), pb.PeerInfoResponse)
    producer = ProducerInfo("x", "ben", "audio", "peer", False, "audio/opus", "{}", "t")
    world.run(None, world.room.producer_added(producer))
    assert ann.order() == [Room.JOIN_ROOM]
    ben.answer(Media.SELF_JOIN_COMPLETE, None, pb.PeerJoinCompleteResponse)
    [told] = ann.pushed(Media.PEER_JOINED_BROADCAST, pb.PeerJoinBroadcastResponse)
    assert [s.producer_id for s in told.participant.producer_states] == ["x"]


def test_mute_by_its_owner_and_by_a_host() -> None:
    world = World()
    ann, ben = world.joined("ann", HOST), world.joined("ben")
    producer = world.room.producers[ben.produce()]
    ann.got.clear()
    world.run(None, world.room.producer_changed(ProducerInfo(**{**vars(producer), "paused": True}), "ben"))
    assert ann.order() == [Media.PEER_PRODUCER_TOGGLE_BROADCAST]
    assert ben.order() == [], "its owner knows"
    world.run(None, world.room.producer_changed(ProducerInfo(**{**vars(producer), "paused": True}), "ann"))
    [told] = ben.pushed(Media.PEER_PRODUCER_TOGGLE_BROADCAST, pb.PeerProducerToggleBroadcastResponse)
    assert (told.participant_id, told.initiator_participant_id) == ("ben", "ann"), "its client mutes itself"
    assert told.producer_state.pause


def test_recordings_are_shown_from_their_start_to_their_stop() -> None:
    world = World()
    ann = world.joined("ann")
    change = world.room.recording_changed
    world.run(None, change("r1", Kind.COMPOSITE, Status.INVOKED))
    assert ann.got == [], "not before packets are written"
    info = ann.answer(Room.GET_ROOM_INFO, None, pb.RoomInfoResponse).room
    assert [(r.recording_id, r.recording_status) for r in info.active_recordings] == [("r1", "STARTING")]
    for status in (Status.RECORDING, Status.RECORDING, Status.PAUSED, Status.RECORDING, Status.UPLOADING):
        world.run(None, change("r1", Kind.COMPOSITE, status))
    world.run(None, change("r1", Kind.COMPOSITE, Status.UPLOADED))
    started, stopped, paused = Room.RECORDING_STARTED, Room.RECORDING_STOPPED, Room.RECORDING_PAUSED
    assert ann.order() == [started, paused, started, stopped]
    assert ann.pushed(started, pb.RecordingEvent)[0].recording_type == pb.RECORDING_TYPE_COMPOSITE
    assert not ann.answer(Room.GET_ROOM_INFO, None, pb.RoomInfoResponse).room.active_recordings


def test_a_late_joiner_knows_what_is_recorded() -> None:
    world = World()
    world.joined("ann")
    world.run(None, world.room.recording_changed("r1", Kind.TRACK, Status.PAUSED))
    ben = world.client("ben")
    ben.join()
    [found] = ben.answer(Room.GET_ROOM_INFO, None, pb.RoomInfoResponse).room.active_recordings
    assert (found.recording_status, found.recording_type) == ("PAUSED", pb.RECORDING_TYPE_TRACK)
    assert ben.answer(Media.SELF_JOIN_COMPLETE, None, pb.PeerJoinCompleteResponse).room_state.is_recording


def test_a_host_lets_in_and_the_client_joins_again() -> None:
    world = World()
    ann, guest = world.joined("ann", HOST), world.joined("guest")
    ben = world.client("ben", WAITS)
    assert ben.join("Benny").peer.waitlisted
    assert guest.got == [], "others do not know of who waits"
    [waiting] = ann.pushed(Room.GET_WAITING_ROOM_REQUESTS, pb.GetWaitingRoomRequests)
    assert [(r.peer_id, r.user_id, r.display_name) for r in waiting.requests] == [("ben", "user-ben", "Benny")]
    listed = ann.answer(Room.GET_WAITING_ROOM_REQUESTS, None, pb.GetWaitingRoomRequests)
    assert listed == waiting
    ann.ask(Room.ACCEPT_WAITING_ROOM_REQUESTS, pb.AcceptWaitingRoomRequests(user_ids=["user-ben"]))
    assert ben.order() == [Room.WAITING_ROOM_REQUEST_ACCEPTED]
    assert not ann.pushed(Room.GET_WAITING_ROOM_REQUESTS, pb.GetWaitingRoomRequests)[-1].requests
    assert not ben.join("Benny").peer.waitlisted
    assert [p.peer.display_name for p in guest.pushed(Room.JOIN_ROOM, pb.PeerInfoResponse)] == ["Benny"]


def test_who_waits_learns_nothing_of_the_meeting() -> None:
    world = World()
    ann = world.joined("ann", HOST)
    sound = ann.produce()
    world.run(None, world.room.recording_changed("r1", Kind.COMPOSITE, Status.RECORDING))
    ben = world.client("ben", WAITS)
    ben.join()
    room = ben.answer(Room.GET_ROOM_INFO, None, pb.RoomInfoResponse).room
    assert (room.title, len(room.active_recordings)) == ("Our meeting", 0)
    assert not ben.answer(Room.GET_ROOM_PEERS_INFO, None, pb.RoomPeersInfoResponse).peers
    assert ben.answer(Room.ROOM_PEER_COUNT, None, pb.RoomPeerCountResponse).count == 0
    assert "waiting room" in ben.refused(Media.SELF_JOIN_COMPLETE)
    request = pb.ConsumePeersRequest(requests=[pb.ConsumePeerRequest(producer_id=sound)])
    assert "waiting room" in ben.refused(Media.CONSUME, request)
    world.joined("cat")
    assert ben.order() == []


def test_who_is_turned_away_and_who_goes_are_off_the_list() -> None:
    world = World()
    ann = world.joined("ann", HOST)
    ben, cat = world.client("ben", WAITS), world.client("cat", WAITS)
    ben.join()
    cat.join()
    ann.ask(Room.DENY_WAITING_ROOM_REQUESTS, pb.DenyWaitingRoomRequests(user_ids=["user-ben"]))
    assert ben.order() == [Room.WAITING_ROOM_REQUEST_DENIED]
    world.run(None, world.room.disconnected(cat.member))
    lists = ann.pushed(Room.GET_WAITING_ROOM_REQUESTS, pb.GetWaitingRoomRequests)
    assert [len(found.requests) for found in lists] == [1, 2, 1, 0]
    assert "cat" not in world.room.members


def test_a_hosts_coming_lets_in_who_waited_for_one() -> None:
    world = World()
    ben, cat = world.client("ben", WAITS_FOR_HOST), world.client("cat", WAITS)
    assert ben.join().peer.waitlisted
    assert cat.join().peer.waitlisted
    ann = world.client("ann", HOST)
    ann.join()
    assert ben.order() == [Room.WAITING_ROOM_REQUEST_ACCEPTED]
    assert cat.order() == []
    assert not ben.join().peer.waitlisted


def test_the_active_speaker_is_told_to_all() -> None:
    world = World()
    ann, ben = world.joined("ann"), world.joined("ben")
    sound = ben.produce("audio")
    ann.got.clear()
    report = pb.AudioActivityRequest(producer_id=sound, energy=8)
    assert ben.ask(Media.AUDIO_ACTIVITY, report) is None
    [diff] = ann.pushed(Media.SELECTED_PEER_DIFF, pb.SelectedPeersDiffResponse)
    assert [(e.peer_id, e.priority) for e in diff.entries] == [("ben", 1)]
    assert ann.ask(Media.AUDIO_ACTIVITY, report) is None, "somebody else's track"
    assert len(ann.pushed(Media.SELECTED_PEER_DIFF, pb.SelectedPeersDiffResponse)) == 1
    late = world.client("cat")
    late.answer(Room.JOIN_ROOM, None, pb.PeerInfoResponse)
    done = late.answer(Media.SELF_JOIN_COMPLETE, None, pb.PeerJoinCompleteResponse)
    assert list(done.selected_peers.audio_peers) == ["ben"]


def test_pins_are_for_all_and_end_with_the_peer() -> None:
    world = World()
    ann, ben = world.joined("ann", HOST), world.joined("ben")
    ann.answer(Media.GLOBAL_PIN_PEER, pb.GlobalPeerPinningRequest(participant_id="ben"), pb.GlobalPeerPinningResponse)
    assert [p.participant_id for p in ben.pushed(
        Media.GLOBAL_PEER_PIN_BROADCAST, pb.GlobalPeerPinningBroadcastResponse
    )] == ["ben"]  # fmt: skip
    cat = world.client("cat")
    cat.answer(Room.JOIN_ROOM, None, pb.PeerInfoResponse)
    done = cat.answer(Media.SELF_JOIN_COMPLETE, None, pb.PeerJoinCompleteResponse)
    assert list(done.room_state.pinned_peer_ids) == ["ben"]
    world.leave("ben", "left")
    assert world.room.pinned == ""
    assert "does not let you pin" in cat.refused(Media.GLOBAL_PIN_PEER, pb.GlobalPeerPinningRequest())
    assert "no such peer" in ann.refused(Media.GLOBAL_PIN_PEER, pb.GlobalPeerPinningRequest(participant_id="nobody"))
