"""What holds for every video codec: whole frames only, in order, with losses told."""

import random
from collections.abc import Callable

import numpy as np
import pytest

from roomtape.rtp.depacketize import h264, vp8, vp9
from roomtape.rtp.depacketize.assembly import Assembly
from roomtape.rtp.depacketize.frame import Frame
from roomtape.rtp.packet import parse
from tests.support import mjr
from tests.support.encoded import VideoCodec, decoded, encoded_video

CODECS: dict[VideoCodec, tuple[Callable[..., Assembly], Callable[..., list[mjr.Timed]]]] = {
    "vp8": (vp8.Depacketizer, mjr.vp8_packets),
    "vp9": (vp9.Depacketizer, mjr.vp9_packets),
    "h264": (h264.Depacketizer, mjr.h264_packets),
}
every_codec = pytest.mark.parametrize("codec", list(CODECS))


def _run(codec: VideoCodec, packets: list[mjr.Timed]) -> tuple[list[Frame], Assembly]:
    depacketizer = CODECS[codec][0]()
    frames: list[Frame] = []
    expected = None
    for ms, data in packets:
        packet = parse(data)
        assert packet is not None
        packet.arrival_us = ms * 1000
        lost = 0 if expected is None else packet.seq - expected
        expected = packet.seq + 1
        frames += depacketizer.push(packet, lost)
    frames += depacketizer.flush()
    return frames, depacketizer


@every_codec
def test_frames_decode_to_what_was_encoded(codec: VideoCodec) -> None:
    sent = encoded_video(codec)
    packets = CODECS[codec][1](sent)
    assert len(packets) > 2 * len(sent)
    frames, depacketizer = _run(codec, packets)
    assert depacketizer.dropped == 0
    assert [f.keyframe for f in frames] == [n % 30 == 0 for n in range(30)]
    assert [f.media_time for f in frames] == [n * 3000 for n in range(30)]
    got, expected = decoded(codec, [f.data for f in frames]), decoded(codec, list(sent))
    assert len(got) == 30
    assert all(np.array_equal(a, b) for a, b in zip(got, expected, strict=True))


@every_codec
def test_any_lost_packet_drops_exactly_its_frame(codec: VideoCodec) -> None:
    sent = encoded_video(codec, frames=6)
    whole, _ = _run(codec, CODECS[codec][1](sent))
    data = {f.media_time: f.data for f in whole}
    packets = CODECS[codec][1](sent)
    for victim in range(1, len(packets) - 1):
        frames, depacketizer = _run(codec, packets[:victim] + packets[victim + 1 :])
        lost_frame = parse(packets[victim][1])
        assert lost_frame is not None
        assert lost_frame.timestamp not in [f.media_time for f in frames]
        assert len(frames) == 5, victim
        assert all(f.data == data[f.media_time] for f in frames)
        after = [f for f in frames if f.media_time > lost_frame.timestamp]
        if after:
            assert after[0].lost_before == 1
        assert sum(f.lost_before for f in frames) == len(after[:1])
        assert depacketizer.dropped <= 1


@every_codec
def test_what_is_delivered_is_whole_whatever_is_lost(codec: VideoCodec) -> None:
    sent = encoded_video(codec)
    packets = CODECS[codec][1](sent)
    data = {f.media_time: f.data for f in _run(codec, packets)[0]}
    for seed in range(20):
        chance = random.Random(seed)
        kept = [p for i, p in enumerate(packets) if i == 0 or chance.random() > 0.02]
        frames, _ = _run(codec, kept)
        assert frames
        assert all(f.data == data[f.media_time] for f in frames)


@every_codec
def test_a_frame_without_marker_ends_where_the_next_begins(codec: VideoCodec) -> None:
    sent = encoded_video(codec, frames=6)
    packets = [(ms, bytes([p[0], p[1] & 0x7F]) + p[2:]) for ms, p in CODECS[codec][1](sent)]
    frames, _ = _run(codec, packets)
    assert [f.media_time for f in frames] == [n * 3000 for n in range(5)]


@every_codec
def test_padding_that_probes_the_bandwidth_is_no_loss(codec: VideoCodec) -> None:
    packets = CODECS[codec][1](encoded_video(codec, frames=2))
    count = len(packets)
    probe = mjr.rtp(count + 1, 3000, b"", pt=96, padding=200)
    more = CODECS[codec][1](encoded_video(codec, frames=2), first_seq=count + 2, first_timestamp=6000)
    frames, depacketizer = _run(codec, [*packets, (70, probe), *more])
    assert len(frames) == 4
    assert depacketizer.dropped == 0


@every_codec
def test_no_payload_makes_it_raise(codec: VideoCodec) -> None:
    chance = random.Random(5)
    depacketizer = CODECS[codec][0]()
    for n in range(20_000):
        payload = chance.randbytes(chance.randrange(1, 12))
        packet = parse(mjr.rtp(n, n // 3 * 3000, payload, marker=chance.random() < 0.3))
        assert packet is not None
        depacketizer.push(packet, chance.random() < 0.05)
    depacketizer.flush()


@every_codec
def test_a_frame_has_the_orientation_in_force_at_its_last_packet(codec: VideoCodec) -> None:
    """It lies on the last packets of the frames 2 and 4 alone; of frame 3 a packet is lost."""
    packets = CODECS[codec][1](encoded_video(codec, frames=6))
    last = [i for i, (_, data) in enumerate(packets) if data[1] & 0x80]
    for frame, value in ((2, 1), (4, 3)):
        ms, data = packets[last[frame]]
        packets[last[frame]] = ms, b"\x90" + data[1:12] + bytes([0xBE, 0xDE, 0, 1, 0x40, value, 0, 0]) + data[12:]
    del packets[last[3]]
    depacketizer = CODECS[codec][0]("", 4)
    frames: list[Frame] = []
    expected = 1
    for _, data in packets:
        packet = parse(data)
        assert packet is not None
        frames += depacketizer.push(packet, packet.seq - expected)
        expected = packet.seq + 1
    assert [(f.media_time // 3000, f.rotation) for f in frames] == [(0, 0), (1, 0), (2, 90), (4, 270), (5, 270)]
