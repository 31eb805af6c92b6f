from roomtape.rooms.live import LivePeer, LiveTrack
from roomtape.rooms.realtimekit import producers
from roomtape.sfu.port import Handle


def peer(*tracks: LiveTrack, up: bool = True) -> LivePeer:
    return LivePeer("p1", "part", None, "Ann", None, "guest", False, 0, Handle(1, 7), tracks, up=up)


def test_whip_tracks_have_ids_made_of_their_m_lines() -> None:
    shown = producers.of_peer(peer(LiveTrack(0, "0", "audio", "opus"), LiveTrack(1, "1", "video", "h264")))
    assert [(p.producer_id, p.mime_type, p.transport_id, p.app_data) for p in shown] == [
        ("p1-0", "audio/opus", "send-7", "{}"),
        ("p1-1", "video/H264", "send-7", "{}"),
    ]


def test_sdk_tracks_have_their_own() -> None:
    track = LiveTrack(2, "2", "video", "vp8", "screenshare", "prod", True, '{"a":1}')
    (shown,) = producers.of_peer(peer(track))
    assert (shown.producer_id, shown.source, shown.paused, shown.app_data) == ("prod", "screenshare", True, '{"a":1}')


def test_nothing_is_shown_before_the_transport_is_up() -> None:
    assert producers.of_peer(peer(LiveTrack(0, "0", "audio", "opus"), up=False)) == []
