"""Owns the answers to what clients ask of the room service: joining, who is there, the waiting room, putting out."""

from __future__ import annotations

from roomtape.errors import Conflict, Forbidden, InvalidRequest, NotFound, RoomtapeError
from roomtape.rooms.realtimekit.actions import Action, Broadcasted, Do, Enter, Kick, KickAll, Leave, Rename
from roomtape.rooms.realtimekit.ask import Ask
from roomtape.rooms.realtimekit.events import Room as Event
from roomtape.rooms.realtimekit.stores import check_json
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb

LONGEST_NAME = 256
MOST_TARGETS = 1000
LARGEST_BROADCAST = 64 * 1024


def join(ask: Ask[pb.JoinRoomRequest]) -> list[Action]:
    """Come in, or wait. A peer that is in already (its socket was lost) is answered and not announced again."""
    room, member = ask.room, ask.member
    if room.ended or member.kicked:
        raise Conflict("you are out of this session; open the meeting anew")
    if member.permissions.rename and ask.message.peer.display_name.strip():
        name = clean_name(ask.message.peer.display_name)
    else:
        name = member.name
    if not member.joined and room.must_wait(member):
        member.name = name
        told = room.wait(member)
        return ask.reply(member.info()) + told

    def entered(_: None) -> list[Action]:
        told = room.renamed(member.peer_id, name) if member.joined else []
        member.name = name
        told += room.entered(member)
        return ask.reply(member.info()) + told

    return ask.do(Enter(name), entered)


def clean_name(name: str) -> str:
    """Return a display name as it is shown. Raises InvalidRequest for one that cannot be."""
    name = "".join(c for c in name if c.isprintable()).strip()
    if not name or len(name) > LONGEST_NAME:
        raise InvalidRequest(f"a name has 1 to {LONGEST_NAME} printable characters")
    return name


def leave(ask: Ask[pb.LeaveRoomRequest]) -> list[Action]:
    return ask.do(Leave(), lambda _: ask.reply(ask.member.info()))


def peer_info(ask: Ask[pb.GetPeerInfoRequest]) -> list[Action]:
    found = ask.room.known(ask.message.peer_id) if ask.room.admitted(ask.member) else None
    if ask.message.peer_id == ask.member.peer_id:
        found = ask.member
    if found is None:
        raise NotFound("there is no such peer in this room")
    return ask.reply(found.info())


def update_peer_info(ask: Ask[pb.UpdatePeerInfoRequest]) -> list[Action]:
    name = renaming(ask, ask.message.peer_id, ask.message.display_name)
    return ask.do(Rename(name), lambda _: ask.reply(ask.member.info()))


def renaming(ask: Ask[pb.UpdatePeerInfoRequest] | Ask[pb.PeerDisplayNameEditRequest], peer_id: str, name: str) -> str:
    """Return the new name that a peer gives itself. Raises Forbidden, InvalidRequest."""
    ask.check(ask.member.permissions.rename, "change your name")
    if peer_id not in ("", ask.member.peer_id):
        raise Forbidden("you can change your own name only")
    return clean_name(name)


def peers(ask: Ask[pb.RoomPeersInfoRequest]) -> list[Action]:
    found = ask.room.visible() if ask.room.admitted(ask.member) else []
    if term := ask.message.seach_query.casefold():
        found = [m for m in found if term in m.name.casefold()]
    start = max(ask.message.offset, 0)
    end = start + ask.message.limit if ask.message.limit > 0 else None
    return ask.reply(pb.RoomPeersInfoResponse(peers=[m.peer() for m in found[start:end]]))


def info(ask: Ask[pb.EmptyResponse]) -> list[Action]:
    return ask.reply(ask.room.info(admitted=ask.room.admitted(ask.member)))


def count(ask: Ask[pb.EmptyResponse]) -> list[Action]:
    known = len(ask.room.visible()) if ask.room.admitted(ask.member) else 0
    return ask.reply(pb.RoomPeerCountResponse(count=known))


def connected_rooms(ask: Ask[pb.EmptyResponse]) -> list[Action]:
    """There are no breakout rooms: the list of them is empty, creating one is refused."""
    parent = pb.ConnectedMeetingDump(id=ask.room.meeting_id, title=ask.room.title)
    return ask.reply(pb.GetConnectedRoomsDumpResponse(parent_meeting=parent))


def added_participants(ask: Ask[pb.EmptyResponse]) -> list[Action]:
    """Those who are in; of those who were only invited nobody here learns."""
    found = {m.user_id: m for m in ask.room.visible()}
    participants = [
        pb.AddedParticipant(
            id=m.user_id, name=m.name, picture=m.picture or None, custom_participant_id=m.custom_participant_id or ""
        )
        for m in found.values()
    ]
    return ask.reply(pb.GetAllAddedParticipantsResponse(participants=participants))


def stage_peers(ask: Ask[pb.EmptyResponse]) -> list[Action]:
    return ask.reply(pb.GetStagePeersResponse(stage_peers=[m.user_id for m in ask.room.visible()]))


def stage_requests(ask: Ask[pb.EmptyResponse]) -> list[Action]:
    return ask.reply(pb.GetStageRequestsResponse())


def stage_state(ask: Ask[pb.EmptyResponse]) -> list[Action]:
    return ask.reply(pb.GetRoomStageStateResponse(on_stage_peers=[m.user_id for m in ask.room.visible()]))


def join_stage(ask: Ask[pb.EmptyResponse]) -> list[Action]:
    """Everybody is on stage always. The SDK waits for this answer under another event."""
    status = pb.PeerStatusUpdate(
        peer_id=ask.member.peer_id, user_id=ask.member.user_id, stage_type=pb.STAGE_TYPE_ON_STAGE
    )
    return ask.reply(status, Event.PEER_STAGE_STATUS_UPDATE)


def broadcast(ask: Ask[pb.BroadcastMessage]) -> list[Action]:
    """To everybody in the room; the answer is the sender's own copy."""
    noted = _check_broadcast(ask.message)
    return noted + ask.reply(ask.message) + ask.room.cast(Event.BROADCAST_MESSAGE, ask.message, skip=ask.member.peer_id)


def broadcast_to(ask: Ask[pb.BroadcastMessage]) -> list[Action]:
    """To some peers, or to rooms, of which there is this one."""
    message = ask.message
    noted = _check_broadcast(message)
    if message.broadcast_type == pb.BROADCAST_TYPE_ROOMS:
        if set(message.ids) != {ask.room.meeting_id}:
            raise NotFound("there are no connected meetings here; send to this meeting or to peers of it")
        told = ask.room.cast(Event.BROADCAST_TO_ENTITY, message, skip=ask.member.peer_id)
        return noted + ask.reply(message) + told
    wanted = set(message.ids)
    own = ask.reply(message) if ask.member.peer_id in wanted else []
    return (
        noted
        + own
        + ask.room.cast(Event.BROADCAST_TO_ENTITY, message, skip=ask.member.peer_id, only=lambda m: m.peer_id in wanted)
    )


def _check_broadcast(message: pb.BroadcastMessage) -> list[Action]:
    """Return the note of a broadcast for whoever records. Raises InvalidRequest for one that cannot be sent."""
    if len(message.payload) > LARGEST_BROADCAST or len(message.type) > LONGEST_NAME or len(message.ids) > MOST_TARGETS:
        raise InvalidRequest(
            f"a broadcast has {LARGEST_BROADCAST} bytes, a type of {LONGEST_NAME} characters and {MOST_TARGETS} "
            "receivers at most"
        )
    check_json(message.payload, "the broadcast's payload")
    return [Broadcasted(message.type, message.payload)]


def kick(ask: Ask[pb.RemoveParticipantsRequest]) -> list[Action]:
    """Put peers out. The SDK sends this twice, and takes any frame with this event for its own removal.

    So there is no answer, except an error; a peer that is gone already is none.
    """
    return kick_peers(ask, list(ask.message.peer_ids))


def kick_peers(
    ask: Ask[pb.RemoveParticipantsRequest] | Ask[pb.KickPeerRequest], peer_ids: list[str], answer: bool = False
) -> list[Action]:
    """Put visible peers out; `answer` with success when done."""
    ask.check(ask.member.permissions.kick, "put others out")
    out = tuple(p for p in dict.fromkeys(peer_ids) if p != ask.member.peer_id and ask.room.known(p) is not None)
    done = ask.reply(pb.KickPeerResponse(status="success")) if answer else []
    return ask.do(Kick(out), lambda _: done) if out else done


def kick_all(ask: Ask[pb.KickAllPeersRequest]) -> list[Action]:
    """Everybody is told that the session is over before its end takes them out; the sender is one of them."""
    ask.check(ask.member.permissions.kick, "put others out")
    told = ask.room.everybody_out()

    def failed(error: RoomtapeError) -> list[Action]:
        ask.room.ended = False
        return ask.error(error)

    return [*told, Do(KickAll(), lambda _: [], failed)]


def waiting_requests(ask: Ask[pb.EmptyResponse]) -> list[Action]:
    ask.check(ask.member.permissions.accept_waiting, "see the waiting room")
    return ask.reply(ask.room.waiting_requests())


def accept_waiting(ask: Ask[pb.AcceptWaitingRoomRequests]) -> list[Action]:
    ask.check(ask.member.permissions.accept_waiting, "let others in")
    return ask.room.let_in(set(ask.message.user_ids))


def deny_waiting(ask: Ask[pb.DenyWaitingRoomRequests]) -> list[Action]:
    ask.check(ask.member.permissions.accept_waiting, "turn others away")
    return ask.room.turn_away(set(ask.message.user_ids))
