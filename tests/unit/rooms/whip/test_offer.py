import pytest

from roomtape.errors import InvalidRequest
from roomtape.rooms.whip import offer

HEAD = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
ICE = "a=ice-ufrag:uf\r\na=ice-pwd:pw\r\na=fingerprint:sha-256 00\r\n"
AUDIO = f"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n{ICE}a=sendonly\r\na=rtpmap:111 opus/48000/2\r\n"


def video(*codecs: str) -> str:
    maps = "".join(f"a=rtpmap:{96 + n} {c}/90000\r\n" for n, c in enumerate(codecs))
    numbers = " ".join(str(96 + n) for n in range(len(codecs)))
    return f"m=video 9 UDP/TLS/RTP/SAVPF {numbers}\r\n{ICE}a=sendonly\r\n{maps}"


def test_audio_only_video_only_and_both() -> None:
    assert offer.read(HEAD + AUDIO).kinds == {"audio"}
    assert offer.read(HEAD + AUDIO).video_codec is None
    assert offer.read(HEAD + video("H264")).kinds == {"video"}
    both = offer.read(HEAD + AUDIO + video("VP8"))
    assert (both.kinds, both.video_codec, both.etag) == ({"audio", "video"}, "vp8", '"uf"')


def test_the_first_codec_we_take_is_the_senders_preference() -> None:
    assert offer.read(HEAD + video("AV1", "H264", "VP8")).video_codec == "h264"
    assert offer.read(HEAD + video("VP9", "VP8")).video_codec == "vp9"


def test_no_codec_we_take_is_406_with_the_list() -> None:
    with pytest.raises(InvalidRequest, match="vp8, vp9, h264") as refused:
        offer.read(HEAD + AUDIO + video("AV1"))
    assert refused.value.http_status == 406
    with pytest.raises(InvalidRequest, match="opus"):
        offer.read(HEAD + AUDIO.replace("opus/48000/2", "PCMU/8000"))


@pytest.mark.parametrize(
    "text",
    [
        HEAD,
        HEAD + AUDIO.replace("sendonly", "recvonly"),
        HEAD + AUDIO.replace("a=ice-ufrag:uf\r\n", ""),
        HEAD + AUDIO.replace("a=fingerprint:sha-256 00\r\n", ""),
        HEAD + AUDIO.replace("audio 9", "audio 0"),
        "nonsense",
    ],
)
def test_an_offer_that_publishes_nothing_or_is_damaged_is_400(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        offer.read(text)
    assert refused.value.http_status == 400
