import pytest

from roomtape.errors import InvalidRequest
from roomtape.rooms import sdp

OFFER = """v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
t=0 0
a=ice-ufrag:abcd
a=ice-pwd:0123456789012345678901
a=fingerprint:sha-256 00
m=audio 9 UDP/TLS/RTP/SAVPF 111 0
a=mid:0
a=sendonly
a=rtpmap:111 opus/48000/2
a=rtpmap:0 PCMU/8000
m=video 0 UDP/TLS/RTP/SAVPF 96
a=mid:1
a=rtpmap:96 VP8/90000
"""


def test_sections_attributes_and_codecs() -> None:
    description = sdp.parse(OFFER.replace("\n", "\r\n"))
    audio, video = description.sections
    assert (audio.kind, audio.codecs(), audio.direction, audio.rejected) == (
        "audio",
        ["opus", "pcmu"],
        "sendonly",
        False,
    )
    assert (video.kind, video.codecs(), video.direction, video.rejected) == ("video", ["vp8"], "sendrecv", True)
    assert description.attribute(audio, "ice-ufrag") == "abcd"
    assert audio.attribute("mid") == "0"
    assert audio.attribute("none") is None
    assert audio.attribute("sendonly") == ""


@pytest.mark.parametrize("text", ["", "hello", "v=0\nnonsense", "v=0\nm=audio", "v=0\nm=audio x y z", "{}"])
def test_what_is_no_sdp_is_refused_with_400(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        sdp.parse(text)
    assert refused.value.http_status == 400


def test_trickled_candidates() -> None:
    found = sdp.candidates(
        "a=ice-ufrag:abcd\r\na=ice-pwd:x\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
        "a=candidate:1 1 udp 2130706431 127.0.0.2 5000 typ host\r\na=end-of-candidates\r\n"
    )
    assert [c.candidate for c in found] == ["candidate:1 1 udp 2130706431 127.0.0.2 5000 typ host", ""]
    assert {c.mid for c in found} == {"0"}
    assert {c.mline for c in found} == {0}
    with pytest.raises(InvalidRequest):
        sdp.candidates("not sdp")
