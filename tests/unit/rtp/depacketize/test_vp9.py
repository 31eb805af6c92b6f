import numpy as np
import pytest

from roomtape.rtp.depacketize.frame import Frame
from roomtape.rtp.depacketize.vp9 import Depacketizer
from roomtape.rtp.packet import parse
from tests.support.encoded import decoded, encoded_video
from tests.support.mjr import rtp


def _run(payloads: list[tuple[bytes, bool]]) -> list[Frame]:
    depacketizer = Depacketizer()
    frames: list[Frame] = []
    for seq, (payload, marker) in enumerate(payloads):
        packet = parse(rtp(seq, 0, payload, marker=marker))
        assert packet is not None
        frames += depacketizer.push(packet, 0)
    return frames


@pytest.mark.parametrize(
    "descriptor",
    [
        b"\x0c",
        b"\x8c\x05",  # 7-bit picture id
        b"\x8c\x85\x01",
        b"\xac\x85\x01\x20\x07",  # layer indices and TL0PICIDX
        b"\xbc\x85\x01\x20",  # layer indices in flexible mode
        b"\xdc\x85\x01\x03\x05\x02",  # P and F: three references
        b"\x8e\x85\x01\x18\x01\x40\x00\xf0\x02\x04\x01\x08\x01\x02",  # scalability structure with sizes and group
    ],
)
def test_descriptor_is_left_out(descriptor: bytes) -> None:
    (frame,) = _run([(descriptor + b"frame", True)])
    assert frame.data == b"frame"
    assert frame.keyframe is not bool(descriptor[0] & 0x40)


def test_layer_frames_of_a_picture_become_a_superframe_that_decodes() -> None:
    sent = encoded_video("vp9", frames=2)
    # Two frames as if they were two spatial layers of one picture: a decoder must find both.
    (frame,) = _run([(b"\xac\x01\x00\x00" + sent[0], False), (b"\xac\x01\x02\x00" + sent[1], True)])
    assert frame.data.startswith(sent[0] + sent[1])
    assert frame.keyframe
    pictures = decoded("vp9", [frame.data])
    expected = decoded("vp9", list(sent))
    assert len(pictures) == 2
    assert np.array_equal(pictures[1], expected[1])


def test_a_picture_that_lacks_its_lowest_layer_is_dropped() -> None:
    assert _run([(b"\xac\x01\x02\x00upper", True)]) == []


def test_a_layer_frame_without_its_end_is_dropped() -> None:
    assert _run([(b"\x88\x01half", True)]) == []
