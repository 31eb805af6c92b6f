from base64 import b64encode

import pytest

from roomtape.rtp.depacketize.frame import Frame
from roomtape.rtp.depacketize.h264 import Depacketizer, parameter_sets
from roomtape.rtp.packet import parse
from tests.support.encoded import decoded, encoded_video
from tests.support.mjr import h264_packets, rtp

SPS, PPS, IDR, SLICE = b"\x67sps", b"\x68\x80pps", b"\x65\x88idr", b"\x41\x9aslice"
START = b"\0\0\0\1"


def _run(payloads: list[tuple[int, bytes, bool]], fmtp: str = "") -> list[Frame]:
    depacketizer = Depacketizer(fmtp)
    frames: list[Frame] = []
    for seq, (timestamp, payload, marker) in enumerate(payloads):
        packet = parse(rtp(seq, timestamp, payload, marker=marker))
        assert packet is not None
        frames += depacketizer.push(packet, 0)
    return frames


def test_parameter_sets_are_kept_and_put_before_every_idr() -> None:
    aggregate = b"\x78\x00\x04" + SPS + b"\x00\x05" + PPS
    frames = _run([(0, aggregate, False), (0, IDR, True), (1, SLICE, True), (2, IDR, True)])
    with_sets = START + SPS + START + PPS + START + IDR
    assert [f.data for f in frames] == [with_sets, START + SLICE, with_sets]
    assert [f.keyframe for f in frames] == [True, False, True]


def test_parameter_sets_may_come_with_the_offer_only() -> None:
    fmtp = f"packetization-mode=1; sprop-parameter-sets={b64encode(SPS).decode()},{b64encode(PPS).decode()}"
    assert parameter_sets(fmtp) == [SPS, PPS]
    (frame,) = _run([(0, IDR, True)], fmtp)
    assert frame.data == START + SPS + START + PPS + START + IDR


@pytest.mark.parametrize("fmtp", ["", "sprop-parameter-sets=", "sprop-parameter-sets=!,%%", "a=b;;=;"])
def test_a_damaged_fmtp_gives_nothing(fmtp: str) -> None:
    assert parameter_sets(fmtp) == []


@pytest.mark.parametrize(
    "payload",
    [
        b"\x78\x00\xff" + SPS,  # aggregate longer than the packet
        b"\x78\x00\x00",
        b"\x7c\x05rest",  # fragment without its start
        b"\x79\x00\x00\x00\x04" + SPS,  # interleaved mode
        b"\x41\x3aslice",  # not the first macroblock: what came before it is missing
    ],
)
def test_what_cannot_be_decoded_is_dropped(payload: bytes) -> None:
    assert _run([(0, payload, True)]) == []


def test_units_of_several_slices_stay_together() -> None:
    frames = _run([(0, SLICE, False), (0, b"\x41\x3asecond", True)])
    assert [f.data for f in frames] == [START + SLICE + START + b"\x41\x3asecond"]


def test_decodes_when_parameter_sets_came_but_once() -> None:
    sent = encoded_video("h264", frames=12, gop=6)
    stripped = [sent[0]] + [START + u.split(START, 3)[-1] if i % 6 == 0 else u for i, u in enumerate(sent) if i]
    payloads = [parse(p) for _, p in h264_packets(stripped)]
    depacketizer = Depacketizer()
    frames = [f for p in payloads if p is not None for f in depacketizer.push(p, 0)]
    assert [f.keyframe for f in frames] == [i % 6 == 0 for i in range(12)]
    assert len(decoded("h264", [f.data for f in frames[6:]])) == 6
