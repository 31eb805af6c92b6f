from __future__ import annotations

from roomtape.sfu.janus.answer import tracks, with_capture_times
from roomtape.sfu.port import PublishedTrack

ANSWER = "\r\n".join(
    [
        "v=0",
        "s=VideoRoom",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "a=recvonly",
        "a=mid:a0",
        "a=rtpmap:111 OPUS/48000/2",
        "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
        "a=extmap:2 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        "m=video 0 UDP/TLS/RTP/SAVPF 0",
        "a=inactive",
        "a=mid:v1",
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
        "a=recvonly",
        "a=rtpmap:97 rtx/90000",
        "a=extmap:13/recvonly urn:3gpp:video-orientation",
        "a=extmap:2 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        "a=rtpmap:96 H264/90000",
        "m=video 9 UDP/TLS/RTP/SAVPF 98",
        "a=inactive",
        "a=rtpmap:98 VP9/90000",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        "a=mid:d",
        "",
    ]
)


def test_accepted_lines_keep_their_place_and_rejected_ones_are_left_out() -> None:
    assert tracks(ANSWER) == (
        PublishedTrack(0, "a0", "audio", "opus", audio_level_id=2),
        PublishedTrack(2, "2", "video", "h264", orientation_id=13),
    )


def test_an_answer_that_takes_nothing_has_no_tracks() -> None:
    assert tracks("v=0\r\nm=audio 0 UDP/TLS/RTP/SAVPF 0\r\n") == ()
    assert tracks("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 9\r\na=recvonly\r\n") == ()
    assert tracks("") == ()


CAPTURED = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"


def offer(*lines: str) -> str:
    """An offer of as many m-lines as ANSWER has, each with one of these lines."""
    return "v=0\r\n" + "".join(f"m=any 9 UDP/TLS/RTP/SAVPF 96\r\na=sendonly\r\n{line}\r\n" for line in lines)


def test_capture_times_are_taken_where_they_are_offered() -> None:
    yes, no = f"a=extmap:5 {CAPTURED}", "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid"
    answer = with_capture_times(ANSWER, offer(yes, yes, no, yes, yes))
    assert [(t.mindex, t.capture_time_id, t.audio_level_id) for t in tracks(answer)] == [(0, 5, 2), (2, None, None)]
    assert answer.count(CAPTURED) == 1, "what was rejected gets none"
    assert answer.replace(f"{yes}\r\n", "") == ANSWER
    assert tracks(with_capture_times(ANSWER, offer(no, yes, f"a=extmap:7/sendonly {CAPTURED}")))[1].capture_time_id == 7
    for less in (f"a=extmap:5/recvonly {CAPTURED}", f"a=extmap:5 {CAPTURED}-2", f"a=note:5 {CAPTURED}"):
        assert with_capture_times(ANSWER, offer(less)) == ANSWER
    assert with_capture_times(ANSWER, "") == ANSWER
