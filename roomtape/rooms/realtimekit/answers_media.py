"""Owns the answers to what clients ask of the media service: transports, producers, consumers, muting others."""

from __future__ import annotations

import json

from google.protobuf.message import Message

from roomtape.errors import Conflict, InvalidRequest, NotFound
from roomtape.rooms.realtimekit.actions import (
    Action,
    CloseConsumers,
    CloseProducer,
    CloseProducers,
    Consume,
    CreateTransport,
    Leave,
    PreferLayers,
    Produce,
    Rename,
    Renegotiate,
    Silence,
    Toggle,
)
from roomtape.rooms.realtimekit.answers_room import kick_peers, renaming
from roomtape.rooms.realtimekit.ask import Ask
from roomtape.rooms.realtimekit.media_port import ProducerInfo
from roomtape.rooms.realtimekit.member import producer_state
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb

MOST_CONSUMED = 100
"""In one request; the SDK asks for 35 at most."""
LONGEST_APP_DATA = 8 * 1024
LONGEST_MIME = 64
RIDS = frozenset({"f", "h", "q"})
_ERROR_GONE = "not_found_track_error"


def join(ask: Ask[pb.PeerJoinRequest]) -> list[Action]:
    """Begin with media on this socket. A client that comes back produces anew, so its old producers end."""
    if ask.room.ended or ask.member.kicked:
        raise Conflict("you are out of this session; open the meeting anew")
    done = ask.reply(pb.PeerJoinResponse())
    if not ask.room.of_peer(ask.member.peer_id):
        return done
    return ask.do(CloseProducers(), lambda _: done)


def leave(ask: Ask[pb.PeerLeaveRequest]) -> list[Action]:
    return ask.do(Leave(), lambda _: ask.reply(pb.PeerLeaveResponse(closed=True)))


def create_transport(ask: Ask[pb.CreateTransportRequest]) -> list[Action]:
    consuming = ask.message.consuming
    target = pb.TARGET_SUBSCRIBER if consuming else pb.TARGET_PUBLISHER

    def made(result: tuple[str, str]) -> list[Action]:
        transport_id, answer = result
        description = pb.SessionDescription(target=target, type="answer", sdp=answer)
        return ask.reply(pb.CreateTransportResponse(transport_id=transport_id, description=description))

    return ask.do(CreateTransport(consuming, _sdp(ask.message)), made)


def _sdp(
    message: pb.CreateTransportRequest
    | pb.ProducerCreateRequest
    | pb.RenegotiateRequest
    | pb.ConsumerCloseRequest
    | pb.ProducerCloseRequest,
) -> str:
    if not message.description.sdp:
        raise InvalidRequest("the request has no session description")
    return message.description.sdp


def self_join_complete(ask: Ask[pb.PeerJoinCompleteRequest]) -> list[Action]:
    """The peer is in with its media: it learns of everybody's, and everybody of its."""
    room, me = ask.room, ask.member
    others = [m for m in room.visible() if m is not me and m.media_joined]
    known = {m.peer_id for m in others}
    state = pb.GetRoomStateResponse(
        display_title=room.title,
        room_uuid=room.meeting_id,
        room_name=room.meeting_id,
        current_peer_id=me.peer_id,
        is_recording=bool(room.recordings),
        pinned_peer_ids=[room.pinned] if room.known(room.pinned) else [],
    )
    answer = pb.PeerJoinCompleteResponse(
        room_state=state,
        participants=[m.participant(room.of_peer(m.peer_id)) for m in others],
        selected_peers=pb.SelectedPeersResponse(audio_peers=[p for p in room.speakers.order if p in known]),
        max_preferred_streams=me.most_streams,
    )
    return ask.reply(answer) + room.media_ready(me)


def produce(ask: Ask[pb.ProducerCreateRequest]) -> list[Action]:
    """Others are told by `Room.producer_added` once the track can be consumed."""
    request = ask.message
    if request.kind not in ("audio", "video"):
        raise InvalidRequest(f"there is no track of kind {request.kind[:32]!r}; there are audio and video")
    if not ask.member.media_joined:
        raise Conflict("complete the join (selfJoinComplete) before you produce")
    if len(request.mime_type) > LONGEST_MIME:
        raise InvalidRequest("this is no media type")
    app_data = request.app_data or "{}"
    work = Produce(
        offer=_sdp(request),
        kind=request.kind,
        mid=_mid(app_data),
        screen_share=request.screen_share,
        paused=request.paused,
        app_data=app_data,
        mime_type=request.mime_type or ("audio/opus" if request.kind == "audio" else "video/VP8"),
    )

    def produced(result: tuple[ProducerInfo, str]) -> list[Action]:
        producer, answer = result
        description = pb.SessionDescription(target=pb.TARGET_PUBLISHER, type="answer", sdp=answer)
        return ask.reply(
            pb.ProducerCreateResponse(status=True, producer_id=producer.producer_id, description=description)
        )

    return ask.do(work, produced)


def _mid(app_data: str) -> str | None:
    """Return the `mid` in a producer's application data, which other clients parse as JSON."""
    if len(app_data) > LONGEST_APP_DATA:
        raise InvalidRequest(f"the app_data of a producer has {LONGEST_APP_DATA} characters at most")
    try:
        found = json.loads(app_data)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidRequest("the app_data of a producer is a JSON object")
    mid = found.get("mid")
    return str(mid) if isinstance(mid, str | int) else None


def _own(ask: Ask[pb.ProducerToggleRequest] | Ask[pb.ProducerCloseRequest], producer_id: str) -> ProducerInfo:
    found = ask.room.producers.get(producer_id)
    if found is None or found.peer_id != ask.member.peer_id:
        raise NotFound("you have no such producer")
    return found


def toggle_producer(ask: Ask[pb.ProducerToggleRequest]) -> list[Action]:
    producer = _own(ask, ask.message.producer_id)
    work = Toggle(producer.peer_id, producer.producer_id, ask.message.pause)
    return ask.do(work, lambda _: ask.reply(pb.ProducerToggleResponse()))


def close_producer(ask: Ask[pb.ProducerCloseRequest]) -> list[Action]:
    producer = _own(ask, ask.message.producer_id)
    offer = ask.message.description.sdp or None

    def closed(result: tuple[ProducerInfo, str | None]) -> list[Action]:
        answer = pb.ProducerClosingResponse()
        if result[1] is not None:
            answer.description.CopyFrom(pb.SessionDescription(target=pb.TARGET_PUBLISHER, type="answer", sdp=result[1]))
        return ask.reply(answer)

    return ask.do(CloseProducer(producer.peer_id, producer.producer_id, offer), closed)


def consume(ask: Ask[pb.ConsumePeersRequest]) -> list[Action]:
    """Producers that are not there (any more) are named in the answer; the SDK does not ask for them again."""
    requests = ask.message.requests
    if len(requests) > MOST_CONSUMED:
        raise InvalidRequest(f"a request consumes {MOST_CONSUMED} producers at most")
    wanted = {r.producer_id: r.simulcast.preferred_rid or None for r in requests}
    there = {p: rid for p, rid in wanted.items() if _consumable(ask, p)}
    gone = [p for p in wanted if p not in there]
    known = {p: ask.room.producers[p] for p in there}
    if not there:
        return ask.reply(_consumed(ask, {}, gone, None))

    def consumed(result: tuple[dict[str, str], list[str], str | None]) -> list[Action]:
        mids, missing, offer = result
        # As the answer tells of them; one that has ended meanwhile is told of once the client has its consumer.
        ask.member.consuming |= {p: ask.room.producers.get(p, known[p]) for p in mids}
        return ask.reply(_consumed(ask, mids, [*gone, *missing], offer))

    return ask.do(Consume(tuple(there.items())), consumed)


def _consumable(ask: Ask[pb.ConsumePeersRequest], producer_id: str) -> bool:
    producer = ask.room.producers.get(producer_id)
    if producer is None or producer.peer_id == ask.member.peer_id:
        return False
    owner = ask.room.known(producer.peer_id)
    return owner is not None and owner.media_joined


def _consumed(
    ask: Ask[pb.ConsumePeersRequest], mids: dict[str, str], gone: list[str], offer: str | None
) -> pb.ConsumePeerResponse:
    """`consumer_id` equals the producer's id and `stream_id` is the mid: so the SDK finds track and consumer."""
    answer = pb.ConsumePeerResponse(status=True)
    states = answer.consumer_ids_map.map
    for producer_id, mid in mids.items():
        track = pb.ProducerTrack(track_id=producer_id, producer_id=producer_id, stream_id=mid)
        state = pb.ConsumerState(consumer_id=producer_id, producer_track=track)
        if (producer := ask.member.consuming.get(producer_id)) is not None:
            state.producer_state.CopyFrom(producer_state(producer))
        states[producer_id].CopyFrom(state)
    for producer_id in gone:
        states[producer_id].CopyFrom(pb.ConsumerState(error_code=_ERROR_GONE))
    # The SDK reads the map even when it is empty.
    answer.consumer_ids_map.SetInParent()
    if offer is not None:
        answer.description.CopyFrom(pb.SessionDescription(target=pb.TARGET_SUBSCRIBER, type="offer", sdp=offer))
    return answer


def renegotiate(ask: Ask[pb.RenegotiateRequest]) -> list[Action]:
    answer = pb.RenegotiateResponse(transport_id=ask.message.transport_id)
    return ask.do(Renegotiate(_sdp(ask.message)), lambda _: ask.reply(answer) + ask.room.consumed(ask.member))


def close_consumers(ask: Ask[pb.ConsumerCloseRequest]) -> list[Action]:
    """`consumer_ids` are mids."""
    if len(ask.message.consumer_ids) > MOST_CONSUMED:
        raise InvalidRequest(f"a request closes {MOST_CONSUMED} consumers at most")

    def closed(sdp: str) -> list[Action]:
        description = pb.SessionDescription(target=pb.TARGET_SUBSCRIBER, type="answer", sdp=sdp)
        return ask.reply(pb.ConsumerClosingResponse(description=description))

    return ask.do(CloseConsumers(tuple(ask.message.consumer_ids), _sdp(ask.message)), closed)


def prefer_layers(ask: Ask[pb.UpdateConsumersSimulcastConfigRequest]) -> list[Action]:
    wants = {r.producer_id: r.simulcast.preferred_rid for r in ask.message.requests if r.producer_id}
    if len(wants) > MOST_CONSUMED or not RIDS.issuperset(wants.values()):
        raise InvalidRequest(f"name up to {MOST_CONSUMED} producers, each with the layer f, h or q")
    there = tuple((p, rid) for p, rid in wants.items() if p in ask.room.producers)
    done = ask.reply(pb.EmptyResponse())
    return ask.do(PreferLayers(there), lambda _: done) if there else done


def audio_activity(ask: Ask[pb.AudioActivityRequest]) -> list[Action]:
    """Reports get no answer, whatever is in them; those of a track that is muted or not theirs count for nothing."""
    request, me = ask.message, ask.member
    producer = ask.room.producers.get(request.producer_id)
    if producer is None or producer.peer_id != me.peer_id or producer.kind != "audio" or producer.paused:
        return []
    return ask.room.heard(me, request.energy, request.silent, ask.now_ms)


def selected_peers(ask: Ask[pb.SelectedPeersRequest]) -> list[Action]:
    known = [p for p in ask.room.speakers.order if ask.room.known(p)]
    return ask.reply(pb.SelectedPeersResponse(audio_peers=known))


def mute_peer(ask: Ask[pb.HostMediaControlForPeerRequest]) -> list[Action]:
    request = ask.message
    target = ask.room.known(request.participant_id)
    _check_mute(ask, request.audio, request.video, request.scree_share)
    if target is None:
        raise NotFound("there is no such peer in this room")
    steps = _silencing(ask, target.peer_id, request.audio, request.video, request.scree_share)
    return _silence(ask, steps, pb.HostMediaControlForPeerResponse(status="success"))


def mute_all(ask: Ask[pb.HostMediaControlForAllPeerRequest]) -> list[Action]:
    request = ask.message
    _check_mute(ask, request.audio, request.video, request.screen_share)
    steps: list[Toggle | CloseProducer] = []
    for member in ask.room.visible():
        if member is not ask.member:
            steps += _silencing(ask, member.peer_id, request.audio, request.video, request.screen_share)
    return _silence(ask, steps, pb.HostMediaControlForAllPeerResponse(status="success"))


Muting = Ask[pb.HostMediaControlForPeerRequest] | Ask[pb.HostMediaControlForAllPeerRequest]


def _check_mute(ask: Muting, audio: bool, video: bool, screen: bool) -> None:
    allowed = ask.member.permissions
    ask.check(not audio or allowed.mute_audio, "mute others")
    ask.check(not video or allowed.mute_video, "switch off others' cameras")
    ask.check(not screen or allowed.stop_screenshare, "stop others' screen shares")


def _silencing(ask: Muting, peer_id: str, audio: bool, video: bool, screen: bool) -> list[Toggle | CloseProducer]:
    steps: list[Toggle | CloseProducer] = []
    for producer in ask.room.of_peer(peer_id):
        if producer.source == "screenshare":
            if screen:
                steps.append(CloseProducer(peer_id, producer.producer_id, None))
        elif not producer.paused and (audio if producer.kind == "audio" else video):
            steps.append(Toggle(peer_id, producer.producer_id, True))
    return steps


def _silence(ask: Muting, steps: list[Toggle | CloseProducer], answer: Message) -> list[Action]:
    done = ask.reply(answer)
    return ask.do(Silence(tuple(steps)), lambda _: done) if steps else done


def pin(ask: Ask[pb.GlobalPeerPinningRequest]) -> list[Action]:
    peer_id = ask.message.participant_id
    ask.check(ask.member.permissions.pin, "pin participants for everybody")
    if peer_id and ask.room.known(peer_id) is None:
        raise NotFound("there is no such peer in this room")
    return ask.reply(pb.GlobalPeerPinningResponse()) + ask.room.pin(peer_id)


def change_name(ask: Ask[pb.PeerDisplayNameEditRequest]) -> list[Action]:
    name = renaming(ask, ask.message.participant_id, ask.message.display_name)
    return ask.do(Rename(name), lambda _: ask.reply(pb.PeerDisplayNameEditResponse(status="success")))


def kick(ask: Ask[pb.KickPeerRequest]) -> list[Action]:
    return kick_peers(ask, [ask.message.participant_id], answer=True)
