from __future__ import annotations

from roomtape.rooms.realtimekit.media_port import ProducerInfo
from roomtape.rooms.realtimekit.member import Member, producer_state
from roomtape.rooms.realtimekit.wire import schema_pb2 as pb


def test_the_peer_has_what_the_sdk_needs() -> None:
    member = Member("p", "u", "Ann", custom_participant_id="c", picture="https://x/y", preset_name="host")
    peer = member.peer()
    assert peer.stage_type == pb.STAGE_TYPE_ON_STAGE, "else the client joins without publishing"
    assert peer.flags.recorder_type == "NONE", "else others hide it"
    assert (peer.user_id, peer.custom_participant_id, peer.display_picture_url) == ("u", "c", "https://x/y")
    assert not peer.waitlisted
    assert not Member("p", "u", "Ann").peer().HasField("display_picture_url")


def test_a_hidden_peer_is_never_visible() -> None:
    assert Member("p", "u", "Ann", joined=True).visible
    assert not Member("p", "u", "Ann").visible
    assert not Member("p", "u", "Ann", joined=True, hidden=True).visible


def test_a_producer_is_told_with_its_kind_and_state() -> None:
    state = producer_state(ProducerInfo("x", "p", "video", "screenshare", True, "video/VP8", '{"mid":"3"}', "t"))
    assert (state.kind, state.pause, state.screen_share) == (pb.PRODUCER_KIND_VIDEO, True, True)
    assert (state.app_data, state.producing_transport_id, state.mime_type) == ('{"mid":"3"}', "t", "video/VP8")
