import av
import pytest

from roomtape.rtp.depacketize.opus import Depacketizer, duration_us
from roomtape.rtp.packet import parse
from tests.support.mjr import opus_silence, rtp


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        (bytes([0 << 3]), 10_000),  # SILK narrowband
        (bytes([3 << 3]), 60_000),
        (bytes([13 << 3]), 20_000),  # hybrid
        (bytes([16 << 3]), 2_500),  # CELT
        (bytes([31 << 3]), 20_000),
        (bytes([31 << 3 | 1]), 40_000),  # two frames
        (bytes([31 << 3 | 3, 6]), 120_000),
        (bytes([31 << 3 | 3, 7]), 0),  # longer than a packet may be
        (bytes([31 << 3 | 3]), 0),
        (b"", 0),
    ],
)
def test_duration_is_in_the_first_bytes(packet: bytes, expected: int) -> None:
    assert duration_us(packet) == expected


@pytest.mark.parametrize("frame_ms", [5, 10, 20])
def test_duration_is_what_a_decoder_gives(frame_ms: int) -> None:
    context = av.CodecContext.create("opus", "r")
    samples = sum(f.samples for f in context.decode(av.Packet(opus_silence(frame_ms))))
    assert duration_us(opus_silence(frame_ms)) == samples * 1_000_000 // 48_000


def test_each_packet_is_a_frame_and_losses_are_carried_on() -> None:
    depacketizer = Depacketizer()
    frames = []
    for seq, payload, lost in [(1, opus_silence(), 0), (4, b"\xff", 2), (5, opus_silence(), 1), (6, b"", 0)]:
        packet = parse(rtp(seq, seq * 960, payload))
        assert packet is not None
        frames += depacketizer.push(packet, lost)
    assert [(f.data, f.media_time, f.lost_before, f.keyframe) for f in frames] == [
        (opus_silence(), 960, 0, True),
        (opus_silence(), 4800, 3, True),
    ]
    assert depacketizer.dropped == 1


def test_the_level_comes_with_the_frame_if_its_id_is_known() -> None:
    packet = parse(rtp(1, 960, opus_silence(), audio_level=0x80 | 40))
    assert packet is not None
    assert [f.level for f in Depacketizer("", 1).push(packet, 0)] == [40]
    assert [f.level for f in Depacketizer("", 2).push(packet, 0)] == [None]
    assert [f.level for f in Depacketizer().push(packet, 0)] == [None]
