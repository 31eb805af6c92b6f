import pytest

from roomtape.errors import InvalidRequest, SfuError
from roomtape.rooms import sdp
from roomtape.rooms.realtimekit import send_sdp
from tests.support.sdkoffer import send_offer

JANUS = """v=0
o=- 1 1 IN IP4 192.0.2.9
s=VideoRoom
t=0 0
a=group:BUNDLE 0 2
a=fingerprint:sha-256 D2:B9
m=audio 9 UDP/TLS/RTP/SAVPF 0
c=IN IP4 192.0.2.9
a=inactive
a=mid:0
a=rtcp-mux
a=ice-ufrag:sfu1
a=ice-pwd:secretsecretsecretsecret
a=setup:active
a=candidate:1 1 udp 1 192.0.2.9 40000 typ host
a=end-of-candidates
m=video 0 UDP/TLS/RTP/SAVPF 0
c=IN IP4 192.0.2.9
a=inactive
a=mid:1
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 192.0.2.9
a=recvonly
a=mid:2
a=rtcp-mux
a=ice-ufrag:sfu1
a=ice-pwd:secretsecretsecretsecret
a=setup:active
a=rtpmap:111 opus/48000/2
""".replace("\n", "\r\n")


def test_the_sfu_sees_only_what_is_live() -> None:
    seen = sdp.parse(send_sdp.for_sfu(send_offer(("audio", "2", "sendonly"), ("video", "3", "sendonly")), {"2"}))
    assert [s.direction for s in seen.sections] == ["inactive", "inactive", "sendonly", "inactive"]
    assert seen.sections[1].attribute("simulcast") is None
    assert all(s.attribute("ice-options") is None for s in seen.sections)


def test_a_live_simulcast_stays_one() -> None:
    seen = sdp.parse(send_sdp.for_sfu(send_offer(), {"1"}))
    assert seen.sections[1].attribute("simulcast") == "send f;h"


def test_the_client_sees_nothing_refused() -> None:
    answer = sdp.parse(send_sdp.for_client(send_offer(("audio", "2", "sendonly")), JANUS))
    assert [(s.rejected, s.direction) for s in answer.sections] == [
        (False, "inactive"),
        (False, "inactive"),
        (False, "recvonly"),
    ]
    assert "a=group:BUNDLE 0 1 2" in answer.session
    placeholder = answer.sections[1]
    assert placeholder.codecs() == ["vp8"]
    assert (placeholder.attribute("ice-ufrag"), placeholder.attribute("setup")) == ("sfu1", "active")
    names = [line for line in placeholder.lines if line.startswith("a=extmap")]
    assert len(names) == 2, "Chromium refuses its own simulcast without them"
    assert answer.sections[0].attribute("candidate")


def test_extensions_that_recordings_need_are_taken_before_anything_is_sent() -> None:
    """Chromium offers for later m-lines only what was taken for the first ones."""
    level, turned = "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level", "a=extmap:13 urn:3gpp:video-orientation"
    offer = send_offer(("audio", "2", "sendonly"))
    for mid, line in (("0", level), ("1", turned), ("1", "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/x")):
        offer = offer.replace(f"a=mid:{mid}\r\n", f"a=mid:{mid}\r\n{line}\r\n")
    sections = sdp.parse(send_sdp.for_client(offer, JANUS)).sections
    assert level in sections[0].lines
    assert turned in sections[1].lines
    assert not any("experiments" in line for line in sections[1].lines)


def test_an_m_line_that_the_client_stopped_stays_stopped() -> None:
    offer = send_offer(("audio", "2", "sendonly")).replace("m=video 9", "m=video 0")
    answer = sdp.parse(send_sdp.for_client(offer, JANUS))
    assert answer.sections[1].rejected
    assert "a=group:BUNDLE 0 2" in answer.session


def test_an_answer_to_something_else_is_not_passed_on() -> None:
    with pytest.raises(SfuError):
        send_sdp.for_client(send_offer(), JANUS)


def test_the_new_track_is_the_last_that_sends() -> None:
    offer = send_offer(("video", "2", "sendonly"), ("video", "3", "sendonly"), ("video", "4", "inactive"))
    assert send_sdp.sending_mid(offer, "video", {"2"}) == "3"
    assert send_sdp.sending_mid(offer, "video", {"1", "2", "3"}) is None
    with pytest.raises(InvalidRequest):
        send_sdp.sending_mid("nonsense", "video", set())
