"""Publishing by WHIP: the answer is made fit for text, refusals are told apart, and leaving is one DELETE."""

from __future__ import annotations

import pytest

from roomtape.browser.whip import WhipRefused, WhipSession, most_bits, tuned
from tests.support.webserver import content, serving

ANSWER = """v=0
m=audio 9 UDP/TLS/RTP/SAVPF 111
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;useinbandfec=1
m=video 9 UDP/TLS/RTP/SAVPF 102 103
a=rtpmap:102 H264/90000
a=fmtp:102 packetization-mode=1
a=rtpmap:103 rtx/90000
a=fmtp:103 apt=102
a=rtpmap:96 VP8/90000
"""


def test_an_answer_is_made_fit_for_text() -> None:
    lines = tuned(ANSWER, 6_000_000).split("\r\n")
    rates = "x-google-start-bitrate=4000;x-google-min-bitrate=1000;x-google-max-bitrate=6000"
    assert f"a=fmtp:102 packetization-mode=1;{rates}" in lines
    assert lines[lines.index("a=rtpmap:96 VP8/90000") + 1] == f"a=fmtp:96 {rates}"
    assert "a=fmtp:103 apt=102" in lines
    opus = next(line for line in lines if line.startswith("a=fmtp:111 "))
    assert "stereo=1" in opus
    assert "minptime=10" in opus
    assert opus.count("useinbandfec") == 1


def test_the_bit_rate_goes_with_the_picture() -> None:
    assert most_bits(1280, 720) == 6_000_000
    assert most_bits(320, 180) == 1_500_000
    assert most_bits(3840, 2160) == 12_000_000


async def test_published_and_left() -> None:
    answers = {
        "/whip": content(b"answer", "application/sdp", "201 Created", "Location: /whip/peer-1"),
        "/whip/peer-1": content(b"", "text/plain"),
    }
    async with serving(answers) as server:
        session = WhipSession(server.url("/whip"), "secret")
        assert await session.publish("offer") == "answer"
        assert session.peer_id == "peer-1"
        await session.leave()
        await session.leave()
        await session.close()
    assert [path for path, _ in server.asked] == ["/whip", "/whip/peer-1"]
    assert {headers["authorization"] for _, headers in server.asked} == {"Bearer secret"}


@pytest.mark.parametrize(("status", "for_good"), [("403 Forbidden", True), ("409 Conflict", False), ("502 No", False)])
async def test_refusals(status: str, for_good: bool) -> None:
    async with serving({"/whip": content(b"why", "text/plain", status)}) as server:
        session = WhipSession(server.url("/whip"), "secret")
        with pytest.raises(WhipRefused, match=f"{status[:3]}: why") as refused:
            await session.publish("offer")
        await session.close()
    assert refused.value.for_good == for_good
    assert session.peer_id == ""


async def test_a_server_that_is_away_may_come_back() -> None:
    session = WhipSession("http://127.0.0.1:9/whip", "secret")
    with pytest.raises(WhipRefused, match="cannot be reached") as refused:
        await session.publish("offer")
    assert not refused.value.for_good
    await session.close()
