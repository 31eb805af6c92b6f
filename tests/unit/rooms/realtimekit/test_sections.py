import pytest

from roomtape.errors import InvalidRequest
from roomtape.rooms import sdp
from roomtape.rooms.realtimekit import sections
from tests.support.subscriber import FakeSubscriber

LINES = ["m=video 9 X 96 97", "a=mid:5", "a=rtpmap:96 VP8/90000", "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96"]


def test_formats_are_the_m_line_and_what_its_types_are() -> None:
    assert sections.formats(LINES) == (LINES[0], *LINES[2:])
    assert sections.formats(LINES, first_only=True) == ("m=video 9 X 96", LINES[2])
    assert sections.formats(["m=audio 0 X 0"]) == ("m=audio 9 X 0",)


def test_parts_of_a_section() -> None:
    assert sections.mid_of(LINES) == "5"
    assert sections.with_port(LINES[0], 0) == "m=video 0 X 96 97"
    assert sections.head("m=audio 9 X 0", "7") == ["m=audio 9 X 0", "c=IN IP4 0.0.0.0", "a=mid:7"]
    lines = ["a=mid:5", "a=midi", "a=candidate:1", "a=end-of-candidates", "c=x"]
    assert sections.without(lines, "mid", "end-of-candidates") == ["a=midi", "a=candidate:1", "c=x"]


def test_an_m_line_without_a_mid_is_named() -> None:
    with pytest.raises(InvalidRequest, match="m-line 3"):
        sections.mid_in(sdp.Section(3, ["m=audio 9 X 0"]))


def test_ice_is_read_and_written() -> None:
    ice = sections.Ice.of(sdp.parse(FakeSubscriber().offer()))
    assert (ice.ufrag, ice.lite, len(ice.candidates)) == ("sfu1", False, 1)
    assert ice.lines("active")[-1] == "a=setup:active"


@pytest.mark.parametrize("name", ["ice-ufrag", "ice-pwd", "fingerprint"])
def test_missing_ice_is_named(name: str) -> None:
    text = "\r\n".join(line for line in FakeSubscriber().offer().split("\r\n") if not line.startswith(f"a={name}:"))
    with pytest.raises(InvalidRequest, match=name):
        sections.Ice.of(sdp.parse(text))


def test_what_is_too_long_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="bytes at most"):
        sections.read("v=0\r\n" + "a=x\r\n" * 200_000)
    with pytest.raises(InvalidRequest, match="m-lines"):
        sections.read("v=0\r\n" + "m=audio 9 X 0\r\n" * (sections.MOST_M_LINES + 1))
