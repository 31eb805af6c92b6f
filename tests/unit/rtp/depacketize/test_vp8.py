import pytest

from roomtape.rtp.depacketize.vp8 import Depacketizer
from roomtape.rtp.packet import parse
from tests.support.mjr import rtp


@pytest.mark.parametrize(
    "descriptor",
    [
        b"\x10",  # no extension
        b"\x90\x80\x05",  # 7-bit picture id
        b"\x90\x80\x85\x01",  # 15-bit picture id
        b"\x90\xe0\x85\x01\x07\x20",  # with TL0PICIDX and TID
        b"\x90\x30\x20",  # T and K share a byte
        b"\xb0\x00",  # non-reference frame
    ],
)
def test_descriptor_is_left_out(descriptor: bytes) -> None:
    packet = parse(rtp(1, 0, descriptor + b"\x00frame", marker=True))
    assert packet is not None
    (frame,) = Depacketizer().push(packet, 0)
    assert frame.data == b"\x00frame"
    assert frame.keyframe


def test_a_frame_may_have_several_partitions() -> None:
    depacketizer = Depacketizer()
    first, second = parse(rtp(1, 0, b"\x10\x01a")), parse(rtp(2, 0, b"\x11b", marker=True))
    assert first is not None
    assert second is not None
    assert not depacketizer.push(first, 0)
    (frame,) = depacketizer.push(second, 0)
    assert frame.data == b"\x01ab"
    assert not frame.keyframe
