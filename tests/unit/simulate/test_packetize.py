from __future__ import annotations

import random

from aiortc.codecs import h264_depayload
from aiortc.codecs.vpx import VpxPayloadDescriptor

from roomtape.media.testsignal import video_loop
from roomtape.simulate import packetize


def noise(length: int) -> bytes:
    return random.Random(length).randbytes(length)


def test_vp8_frames_come_together_again() -> None:
    for length in (1, 1199, 1200, 5000):
        frame = noise(length)
        parts = [VpxPayloadDescriptor.parse(p) for p in packetize.vp8(frame)]
        assert b"".join(data for _, data in parts) == frame
        assert [d.partition_start for d, _ in parts] == [1] + [0] * (len(parts) - 1)


def test_no_payload_is_too_large() -> None:
    unit = b"\x00\x00\x00\x01\x65" + bytes(b | 1 for b in noise(9000))
    for payloads in (packetize.vp8(noise(9000)), packetize.vp9(noise(9000), True, 640, 360), packetize.h264(unit)):
        assert max(map(len, payloads)) <= packetize.MAX_PAYLOAD
        assert len(payloads) == 8


def test_vp9_marks_beginning_end_and_keyframe() -> None:
    frame = noise(3000)
    payloads = packetize.vp9(frame, True, 640, 360)
    # RFC 9628, 4.2: I P L F B E V Z
    assert [p[0] for p in payloads] == [0b0000_1010, 0b0000_0000, 0b0000_0100]
    # N_S = 0 (one layer), Y = 1 (sizes follow), G = 0; then width and height
    assert payloads[0][1:6] == b"\x10\x02\x80\x01\x68"
    assert payloads[0][6:] + payloads[1][1:] + payloads[2][1:] == frame
    (only,) = packetize.vp9(noise(10), False, 640, 360)
    assert only[0] == 0b0100_1100


def test_h264_access_units_come_together_again() -> None:
    loop = video_loop("h264", 640, 360, fps=30, seconds=1)
    for unit in loop.frames:
        whole = b"".join(h264_depayload(p) for p in packetize.h264(unit))
        assert whole == unit.replace(b"\x00\x00\x00\x01", b"\x00\x00\x01").replace(b"\x00\x00\x01", b"\x00\x00\x00\x01")


def test_parameter_sets_travel_in_one_packet() -> None:
    payloads = packetize.h264(b"\x00\x00\x00\x01\x67abc\x00\x00\x00\x01\x68d\x00\x00\x01\x65" + b"e" * 2000)
    assert payloads[0] == b"\x78\x00\x04\x67abc\x00\x02\x68d"
    assert [p[0] & 0x1F for p in payloads[1:]] == [28, 28]
