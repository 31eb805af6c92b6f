"""Tests of VP8 encoding."""

from pathlib import Path

import av
import pytest

from roomtape.media import encode_vp8
from roomtape.media.compose import Canvas, planes_of


def encoded(path: Path, ticks: range, group: int = 60) -> tuple[list[bytes], list[tuple[int, bool]]]:
    """Encode grey pictures; return the packets, and each one's tick and whether it is a keyframe."""
    canvas = Canvas(322, 180)
    with av.open(str(path), "w", format="nut") as container:
        stream = encode_vp8.open_stream(container, 322, 180, 30, group)
        packets = []
        for tick in ticks:
            canvas.fill(canvas.whole, (16 + tick * 5 % 200, 128, 128))
            packets += encode_vp8.encode(stream, canvas.frame, tick)
        packets += encode_vp8.encode(stream, None)
        found = [(round(p.pts * p.time_base * 30), p.is_keyframe) for p in packets if p.pts is not None]
        return [bytes(p) for p in packets], found


def test_each_picture_is_one_packet_in_the_order_of_showing(tmp_path: Path) -> None:
    _, packets = encoded(tmp_path / "a.nut", range(40, 110), 30)
    assert [t for t, _ in packets] == list(range(40, 110))
    assert [t for t, key in packets if key] == [40, 70, 100]


def test_each_packet_shows_its_picture(tmp_path: Path) -> None:
    data, _ = encoded(tmp_path / "a.nut", range(60))
    decoder = av.CodecContext.create("vp8", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    for tick, packet in enumerate(data):
        (frame,) = decoder.decode(av.Packet(packet))
        assert (frame.width, frame.height) == (322, 180)
        assert int(planes_of(frame)[0][90, 160]) == pytest.approx(16 + tick * 5 % 200, abs=3)


def test_the_same_pictures_give_the_same_bytes(tmp_path: Path) -> None:
    assert encoded(tmp_path / "a.nut", range(30))[0] == encoded(tmp_path / "b.nut", range(30))[0]
