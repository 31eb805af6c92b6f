"""Tests of what is sent of a segment; that a server takes it is tested against nginx (integration/test_rtmp.py)."""

import socket
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from roomtape.domain.rtmp import parse
from roomtape.media import push_flv, segment_nut
from roomtape.media.compose import Canvas
from roomtape.media.segment_nut import SegmentAudio, SegmentFormat

FORM = SegmentFormat(160, 90, 30, 30, 1, keyframe_ticks=15)
SECOND = 48_000
ADDRESS = parse("rtmp://live.example.com/live/key")


def _segments(folder: Path, count: int) -> list[bytes]:
    canvas = Canvas(FORM.width, FORM.height)
    made = []
    for index in range(count):
        span = FORM.sound(index * SECOND, (index + 1) * SECOND, index == count - 1)

        def pictures(index: int = index) -> object:
            for tick in range(index * 30, index * 30 + 30):
                canvas.fill(canvas.whole, (16 + tick * 7 % 200, 128, 128))
                yield tick, canvas.frame

        path = folder / f"{index}.nut"
        sound = np.zeros((span.end - span.start, 1), np.float32)
        segment_nut.write(path, FORM, pictures(), SegmentAudio(sound, span))  # type: ignore[arg-type]
        made.append(path.read_bytes())
    return made


def test_segments_follow_one_another_on_one_clock(tmp_path: Path) -> None:
    push = push_flv.FlvPush(ADDRESS, 1, FORM.fps)
    sent = [timed for data in _segments(tmp_path, 3) for timed in push.packets(data)]
    video = [(at, packet) for at, packet in sent if packet.stream.type == "video"]
    audio = [(at, packet) for at, packet in sent if packet.stream.type == "audio"]
    assert [packet.dts for _, packet in video] == list(range(90))
    assert sorted(packet.pts for _, packet in video) == [tick + push_flv.REORDER for tick in range(90)]
    keyframes = [at for at, packet in video if packet.is_keyframe]
    assert {0, 1, 2} <= set(keyframes)
    assert max(b - a for a, b in pairwise([*keyframes, 3])) <= 0.5
    assert {b.pts - a.pts for (_, a), (_, b) in pairwise(audio)} == {1024}
    assert audio[0][1].pts >= 0
    # The first sample of sound that counts is shown with the first picture.
    assert audio[1][0] == pytest.approx(push_flv.REORDER / 30, abs=1e-4)
    assert all(at == pytest.approx(float(packet.dts * packet.time_base)) for at, packet in sent)


def test_each_segment_is_in_the_order_of_sending(tmp_path: Path) -> None:
    push = push_flv.FlvPush(ADDRESS, 1, FORM.fps)
    for data in _segments(tmp_path, 2):
        times = [at for at, _ in push.packets(data)]
        assert times == sorted(times)


def test_where_nobody_listens_the_connection_is_lost(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    push = push_flv.FlvPush(ADDRESS, port, FORM.fps)
    with pytest.raises(push_flv.LostConnection):
        _send(push, _segments(tmp_path, 2))


def _send(push: push_flv.FlvPush, segments: list[bytes]) -> None:
    for data in segments:
        for _, packet in push.packets(data):
            push.send(packet)


def test_options_hold_whatever_a_key_has_in_it() -> None:
    key = r"a:b=c'd\e f?x=1&y=2"
    packed = push_flv._packed({"playpath": key, "app": "live"})
    assert _unpacked(packed) == {"playpath": key, "app": "live"}


def _unpacked(text: str) -> dict[str, str]:
    """Read options as av_get_token does: a backslash takes the next character as it is."""
    found: dict[str, str] = {}
    name, value, escaped = "", "", False
    target = "name"
    for c in text:
        if escaped:
            value, escaped = value + c, False
        elif c == "\\":
            escaped = True
        elif c == "=" and target == "name":
            name, value, target = value, "", "value"
        elif c == ":":
            found[name], value, target = value, "", "name"
        else:
            value += c
    found[name] = value
    return found
