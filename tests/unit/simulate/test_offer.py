from __future__ import annotations

import pytest
from aiortc import RTCDtlsFingerprint, RTCIceCandidate, RTCIceParameters
from aiortc.sdp import SessionDescription

from roomtape.errors import DestinationError
from roomtape.media.testsignal import audio_loop, video_loop
from roomtape.simulate.offer import LocalTransport, offer, read_answer
from roomtape.simulate.stream import audio_stream, video_stream

LOCAL = LocalTransport(
    RTCIceParameters("ufrg", "p" * 22),
    [RTCIceCandidate(1, "1", "127.0.0.1", 5000, 99, "udp", "host")],
    [RTCDtlsFingerprint("sha-256", "AB:CD")],
)


@pytest.mark.parametrize("codec", ["vp8", "vp9", "h264"])
def test_the_offer_says_all_a_server_needs(codec: str) -> None:
    audio = audio_stream(audio_loop(440), 111)
    video = video_stream(video_loop(codec, 320, 180, fps=10, seconds=1), 96)
    parsed = SessionDescription.parse(offer(LOCAL, [(audio, "opus"), (video, codec)], "me"))
    sound, picture = parsed.media
    assert [m.direction for m in parsed.media] == ["sendonly"] * 2
    assert parsed.group[0].items == ["0", "1"]
    assert sound.rtp.codecs[0].mimeType == "audio/opus"
    assert sound.rtp.headerExtensions[0].uri.endswith("ssrc-audio-level")
    assert picture.rtp.codecs[0].name.lower() == codec
    assert [s.ssrc for s in (sound.ssrc[0], picture.ssrc[0])] == [audio.ssrc, video.ssrc]
    for media in parsed.media:
        assert (media.ice.usernameFragment, media.dtls.role, media.rtcp_mux) == ("ufrg", "auto", True)
        assert media.ice_candidates[0].ip == "127.0.0.1"
        assert media.dtls.fingerprints[0].value == "AB:CD"


ANSWER = """v=0
o=- 2 2 IN IP4 127.0.0.1
s=-
t=0 0
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=candidate:1 1 udp 99 127.0.0.2 6000 typ host
a=ice-ufrag:abcd
a=ice-pwd:0123456789012345678901
a=fingerprint:sha-256 AB:CD
a=setup:active
a=mid:0
a=recvonly
a=rtcp-mux
a=rtpmap:111 opus/48000/2
m=video 0 UDP/TLS/RTP/SAVPF 96
c=IN IP4 0.0.0.0
a=inactive
a=mid:1
a=rtpmap:96 VP8/90000
""".replace("\n", "\r\n")


def test_an_answer_that_takes_the_sound_alone() -> None:
    remote = read_answer(ANSWER, 2)
    assert remote.accepted == (True, False)
    assert remote.ice.usernameFragment == "abcd"
    assert remote.candidates[0].port == 6000
    assert remote.dtls.role == "client"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<html>", "not SDP"),
        (ANSWER.split("m=video")[0], "1 m-lines"),
        (ANSWER.replace("m=audio 9", "m=audio 0"), "none of the offered"),
        (ANSWER.replace("a=fingerprint:sha-256 AB:CD\r\n", ""), "lacks ICE or DTLS"),
    ],
)
def test_answers_that_are_none(text: str, words: str) -> None:
    with pytest.raises(DestinationError, match=words):
        read_answer(text, 2)
