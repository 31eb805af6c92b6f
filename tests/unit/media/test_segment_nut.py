"""Tests of segments on disk: what is written is read back at the same times."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from roomtape.domain.recording_config import VideoCodec
from roomtape.media import segment_nut
from roomtape.media.compose import Canvas
from roomtape.media.packet_grid import SoundSpan
from roomtape.media.segment_nut import SegmentAudio, SegmentFormat


def pictures(first: int, end: int) -> Iterator[tuple[int, av.VideoFrame]]:
    canvas = Canvas(320, 180)
    for tick in range(first, end):
        canvas.fill(canvas.whole, (16 + tick * 7 % 200, 128, 128))
        yield tick, canvas.frame


def test_ticks_and_packet_numbers_survive(tmp_path: Path) -> None:
    for fps, first, end in ((30, 0, 50), (25, 100, 101), (60, 240, 300)):
        form = SegmentFormat(320, 180, fps, 4 * fps, 2)
        path = tmp_path / f"{fps}.nut"
        sound = np.zeros((20 * 1024, 2), np.float32)
        segment_nut.write(
            path, form, pictures(first, end), SegmentAudio(sound, SoundSpan(1024 * 91, 1024 * 111, ((100, 108),)))
        )
        with segment_nut.open_for_reading(path) as source:
            found = segment_nut.read(source, fps)
        assert sorted(t for t, _ in found.video) == list(range(first, end))
        assert [n for n, _ in found.audio] == list(range(100, 108))


def test_the_first_packet_of_all_has_number_zero(tmp_path: Path) -> None:
    form = SegmentFormat(320, 180, 30, 120, 1)
    sound = np.zeros((4096, 1), np.float32)
    segment_nut.write(tmp_path / "a.nut", form, pictures(0, 2), SegmentAudio(sound, SoundSpan(0, 4096, ((0, 5),))))
    with segment_nut.open_for_reading(tmp_path / "a.nut") as source:
        assert [n for n, _ in segment_nut.read(source, 30).audio] == [0, 1, 2, 3, 4]


def test_segments_that_cannot_be_joined_have_another_fingerprint() -> None:
    forms = [
        SegmentFormat(320, 180, 30, 120, 2),
        SegmentFormat(320, 180, 25, 100, 2),
        SegmentFormat(320, 180, 30, 120, 1),
    ]
    forms += [
        replace(forms[0], video_codec="VP8"),
        replace(forms[0], video_codec="VP9"),
        replace(forms[0], video_codec=None),
        replace(forms[0], audio_codecs=("AAC", "MP3")),
        replace(forms[0], audio_codecs=("FLAC",)),
        replace(forms[0], keyframe_ticks=60),
    ]
    assert len({segment_nut.fingerprint(f) for f in forms}) == len(forms)
    assert segment_nut.fingerprint(forms[0]) == segment_nut.fingerprint(SegmentFormat(320, 180, 30, 120, 2))


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    form = SegmentFormat(320, 180, 30, 120, 2)
    sound = np.random.default_rng(0).standard_normal((48000, 2)).astype(np.float32) * 0.1
    for name in "ab":
        segment_nut.write(tmp_path / name, form, pictures(0, 30), SegmentAudio(sound, SoundSpan(0, 48000, ((0, 40),))))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("codec", ["H264", "VP8", "VP9"])
def test_every_codec_is_found_again_with_keyframes_where_they_are_wanted(codec: VideoCodec, tmp_path: Path) -> None:
    form = SegmentFormat(320, 180, 30, 120, 1, codec, ("AAC", "MP3", "FLAC"), keyframe_ticks=30)
    span = form.sound(192_000, 384_000, False)
    sound = np.zeros((span.end - span.start, 1), np.float32)
    segment_nut.write(tmp_path / "a.nut", form, pictures(120, 200), SegmentAudio(sound, span))
    for name, (first, end) in zip(form.audio_codecs, span.packets, strict=True):
        with segment_nut.open_for_reading(tmp_path / "a.nut") as source:
            found = segment_nut.read(source, 30, name)
        keyframes = [t for t, packet in found.video if packet.is_keyframe]
        assert keyframes[0] == 120
        assert all(b - a <= 30 for a, b in pairwise([*keyframes, 200]))  # x264 adds one where the scene changes
        numbers = [n for n, _ in found.audio]
        assert numbers[0] == first
        assert numbers[-1] < end
        assert name == "FLAC" or numbers == list(range(first, end))
    with segment_nut.open_for_reading(tmp_path / "a.nut") as source:
        assert not segment_nut.read(source, 30, "MP3", video=False).video
