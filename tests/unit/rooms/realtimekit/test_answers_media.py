from __future__ import annotations

from roomtape.errors import NotFound
from roomtape.rooms.realtimekit import actions as act
from roomtape.rooms.realtimekit.events import Media
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb
from tests.support.sdkroom import HOST, World

SDP = pb.SessionDescription(type="offer", sdp="offer")
CLOSED = (Media.PEER_PRODUCER_CLOSE_BROADCAST, pb.PeerProducerCloseBroadcastResponse)
TOGGLED = (Media.PEER_PRODUCER_TOGGLE_BROADCAST, pb.PeerProducerToggleBroadcastResponse)


def wanted(*producer_ids: str) -> pb.ConsumePeersRequest:
    simulcast = pb.Simulcast(preferred_rid="h")
    return pb.ConsumePeersRequest(
        requests=[pb.ConsumePeerRequest(producer_id=p, simulcast=simulcast) for p in producer_ids]
    )


def test_produce_passes_on_what_the_client_says() -> None:
    world = World()
    ann = world.joined("ann")
    request = pb.ProducerCreateRequest(
        kind="video", paused=True, screen_share=True, app_data='{"mid": "7", "x": 1}', description=SDP
    )
    answer = ann.answer(Media.PRODUCE, request, pb.ProducerCreateResponse)
    assert (answer.status, answer.description.type, answer.description.target) == (True, "answer", pb.TARGET_PUBLISHER)
    work = act.Produce("offer", "video", "7", True, True, '{"mid": "7", "x": 1}', "video/VP8")
    assert world.done[-1] == work


def test_what_cannot_be_produced_is_refused_before_anything_happens() -> None:
    world = World()
    ann = world.joined("ann")
    for bad, why in (
        (pb.ProducerCreateRequest(kind="smell", description=SDP), "kind"),
        (pb.ProducerCreateRequest(kind="audio"), "session description"),
        (pb.ProducerCreateRequest(kind="audio", description=SDP, app_data="[]"), "JSON object"),
        (pb.ProducerCreateRequest(kind="audio", description=SDP, app_data="{" + " " * 9000 + "}"), "characters"),
    ):
        assert why in ann.refused(Media.PRODUCE, bad)
    assert not any(isinstance(work, act.Produce) for work in world.done)


def test_only_own_producers_are_toggled_and_closed() -> None:
    world = World()
    ann, eve = world.joined("ann"), world.joined("eve")
    producer = ann.produce()
    assert "no such producer" in eve.refused(Media.TOGGLE_PRODUCER, pb.ProducerToggleRequest(producer_id=producer))
    assert "no such producer" in eve.refused(Media.CLOSE_PRODUCER, pb.ProducerCloseRequest(producer_id=producer))
    eve.got.clear()
    ann.answer(
        Media.TOGGLE_PRODUCER, pb.ProducerToggleRequest(producer_id=producer, pause=True), pb.ProducerToggleResponse
    )
    [told] = eve.pushed(*TOGGLED)
    assert (told.producer_state.pause, told.initiator_participant_id) == (True, "ann")
    close = pb.ProducerCloseRequest(producer_id=producer, description=SDP)
    assert ann.answer(Media.CLOSE_PRODUCER, close, pb.ProducerClosingResponse).description.sdp == "answer"
    assert eve.order()[-1] == Media.PEER_PRODUCER_CLOSE_BROADCAST


def test_consume_names_mids_and_what_is_not_there() -> None:
    world = World()
    ann, ben = world.joined("ann"), world.joined("ben")
    sound, own = ann.produce(), ben.produce()
    answer = ben.answer(Media.CONSUME, wanted(sound, own, "nothing"), pb.ConsumePeerResponse)
    found = answer.consumer_ids_map.map
    assert found[sound].consumer_id == sound, "the SDK looks consumers up by producer"
    assert found[sound].producer_track.stream_id == "10", "the SDK matches tracks by mid"
    assert found[sound].producer_state.producer_id == sound
    assert found[own].error_code == found["nothing"].error_code == "not_found_track_error"
    assert (answer.description.type, answer.description.target) == ("offer", pb.TARGET_SUBSCRIBER)
    assert world.done[-1] == act.Consume(((sound, "h"),))


def test_consume_of_nothing_that_is_there_still_has_a_map() -> None:
    ben = World().joined("ben")
    answer = ben.answer(Media.CONSUME, wanted("nothing"), pb.ConsumePeerResponse)
    assert not answer.HasField("description")
    assert ben.answer(Media.CONSUME, wanted(), pb.ConsumePeerResponse).HasField("consumer_ids_map")
    assert "at most" in ben.refused(Media.CONSUME, wanted(*(str(i) for i in range(101))))


def test_what_changes_while_a_client_takes_an_offer_is_told_again_once_it_has_answered() -> None:
    world = World()
    ann, ben = world.joined("ann"), world.joined("ben")
    sound, camera, screen = ann.produce(), ann.produce("video"), ann.produce("video")
    ben.answer(Media.CONSUME, wanted(sound, camera, screen), pb.ConsumePeerResponse)
    ann.answer(
        Media.TOGGLE_PRODUCER, pb.ProducerToggleRequest(producer_id=sound, pause=True), pb.ProducerToggleResponse
    )
    close = pb.ProducerCloseRequest(producer_id=screen, description=SDP)
    ann.answer(Media.CLOSE_PRODUCER, close, pb.ProducerClosingResponse)
    request = pb.RenegotiateRequest(transport_id="t", description=pb.SessionDescription(sdp="answer"))
    for expected in ([sound, screen], []):
        ben.got.clear()
        ben.answer(Media.RENEGOTIATE_SESSION_DESCRIPTION, request, pb.RenegotiateResponse)
        assert ben.got[0].event == Media.RENEGOTIATE_SESSION_DESCRIPTION, "the SDK has its consumers after the answer"
        toggled, closed = ben.pushed(*TOGGLED), ben.pushed(*CLOSED)
        assert [told.producer_state.producer_id for told in (*toggled, *closed)] == expected
        assert all(told.producer_state.pause for told in toggled)


def test_renegotiation_close_and_layers() -> None:
    world = World()
    ann, ben = world.joined("ann"), world.joined("ben")
    camera = ann.produce("video")
    request = pb.RenegotiateRequest(transport_id="t", description=pb.SessionDescription(sdp="answer"))
    answer = ben.answer(Media.RENEGOTIATE_SESSION_DESCRIPTION, request, pb.RenegotiateResponse)
    assert answer.transport_id == "t"
    close = pb.ConsumerCloseRequest(consumer_ids=["10", "11"], description=SDP)
    closed = ben.answer(Media.CLOSE_CONSUMER, close, pb.ConsumerClosingResponse)
    assert (closed.description.type, closed.description.sdp) == ("answer", "answer")
    assert world.done[-2:] == [act.Renegotiate("answer"), act.CloseConsumers(("10", "11"), "offer")]

    def layer(rid: str) -> pb.UpdateConsumersSimulcastConfigRequest:
        one = pb.UpdateConsumerSimulcastConfigRequest(producer_id=camera, simulcast=pb.Simulcast(preferred_rid=rid))
        return pb.UpdateConsumersSimulcastConfigRequest(requests=[one])

    ben.answer(Media.UPDATE_CONSUMERS_SIMULCAST_CONFIG, layer("q"), pb.EmptyResponse)
    assert world.done[-1] == act.PreferLayers(((camera, "q"),))
    assert "layer" in ben.refused(Media.UPDATE_CONSUMERS_SIMULCAST_CONFIG, layer("z"))


def test_a_host_mutes_one() -> None:
    world = World()
    host, ben = world.joined("host", HOST), world.joined("ben")
    sound, _camera = ben.produce("audio"), ben.produce("video")
    request = pb.HostMediaControlForPeerRequest(participant_id="ben", audio=True)
    ben.got.clear()
    answer = host.answer(Media.HOST_CONTROL_PEER, request, pb.HostMediaControlForPeerResponse)
    assert answer.status == "success"
    [told] = ben.pushed(*TOGGLED)
    assert (told.producer_state.producer_id, told.initiator_participant_id) == (sound, "host")
    assert host.answer(Media.HOST_CONTROL_PEER, request, pb.HostMediaControlForPeerResponse).status == "success"
    assert len(ben.pushed(*TOGGLED)) == 1, "it is muted already"
    nobody = pb.HostMediaControlForPeerRequest(participant_id="nobody", audio=True)
    assert "no such peer" in host.refused(Media.HOST_CONTROL_PEER, nobody)


def test_a_host_mutes_all_others_and_ends_shares() -> None:
    world = World()
    host, ben, cat = world.joined("host", HOST), world.joined("ben"), world.joined("cat")
    for client in (host, ben, cat):
        client.produce("video")
    screen = cat.produce("video", screen=True)
    request = pb.HostMediaControlForAllPeerRequest(video=True, screen_share=True)
    host.answer(Media.HOST_CONTROL_ALL_PEERS, request, pb.HostMediaControlForAllPeerResponse)
    paused = {p.peer_id for p in world.room.producers.values() if p.paused}
    assert paused == {"ben", "cat"}
    assert screen not in world.room.producers


def test_only_who_may_mutes_others() -> None:
    world = World()
    ann, half = world.joined("ann"), world.joined("half", {"disable_participant_audio": True})
    assert "your preset" in ann.refused(
        Media.HOST_CONTROL_PEER, pb.HostMediaControlForPeerRequest(participant_id="half", audio=True)
    )
    half.answer(
        Media.HOST_CONTROL_ALL_PEERS,
        pb.HostMediaControlForAllPeerRequest(audio=True),
        pb.HostMediaControlForAllPeerResponse,
    )
    for more in ({"video": True}, {"screen_share": True}):
        assert "your preset" in half.refused(
            Media.HOST_CONTROL_ALL_PEERS, pb.HostMediaControlForAllPeerRequest(audio=True, **more)
        )


def test_an_error_of_a_producer_that_just_went_is_told() -> None:
    world = World()
    ann = world.joined("ann")
    producer = ann.produce()
    world.fails = {act.Toggle: NotFound("there is no such producer (any more)")}
    assert "any more" in ann.refused(Media.TOGGLE_PRODUCER, pb.ProducerToggleRequest(producer_id=producer))


def test_leaving_is_answered_and_others_see_it() -> None:
    world = World()
    ann, ben = world.joined("ann"), world.joined("ben")
    assert ben.answer(Media.LEAVE_ROOM, pb.PeerLeaveRequest(), pb.PeerLeaveResponse).closed
    assert world.done[-1] == act.Leave()
    assert ann.pushed(4, pb.PeerInfoResponse)[0].peer.peer_id == "ben"
