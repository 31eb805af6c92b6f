"""The measuring tools are measured: files with known content are made, and what is read must be what was put in."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from roomtape.media.testpicture import COLOURS, TestPicture
from roomtape.media.testsignal import tone_samples
from tests.support import detect


def write_audio(path: Path, blocks: list[tuple[float, NDArray[np.float32]]], codec: str = "libopus") -> None:
    """Encode each block of samples so that its first sample is presented at its time."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=48_000, layout="mono")
        stream.bit_rate = 96_000
        for start, samples in blocks:
            for at in range(0, len(samples) - 959, 960):
                frame = av.AudioFrame.from_ndarray(samples[np.newaxis, at : at + 960], "flt", "mono")
                frame.sample_rate, frame.time_base = 48_000, Fraction(1, 48_000)
                frame.pts = round(start * 48_000) + at
                container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_video(path: Path, frames: list[tuple[int, NDArray[np.uint8]]], codec: str = "libx264", fps: int = 30) -> None:
    """Encode (pts in frames, yuv420p array)."""
    height, width = frames[0][1].shape[0] * 2 // 3, frames[0][1].shape[1]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = width, height, "yuv420p", 600_000
        for pts, array in frames:
            frame = av.VideoFrame.from_ndarray(array, "yuv420p")
            frame.pts, frame.time_base = pts, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def picture(identity: int, counter: int, width: int = 640, height: int = 360, fps: int = 30) -> NDArray[np.uint8]:
    drawn = TestPicture(width, height, fps, identity, COLOURS[identity % 8]).planes(counter)
    flat = np.concatenate([plane.ravel() for plane in drawn])
    return flat.reshape(height * 3 // 2, width)


@pytest.fixture(scope="module")
def gapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """440 Hz from 0 to 2 s and from 4.5 to 6.5 s, with beeps on the seconds of each block."""
    path = tmp_path_factory.mktemp("detect") / "gapped.mka"
    write_audio(path, [(0.0, tone_samples(440, 2)), (4.5, tone_samples(440, 2))], "pcm_f32le")
    return path


def test_beeps_are_found_to_the_millisecond(gapped: Path) -> None:
    assert detect.beep_times(gapped) == pytest.approx([0, 1, 4.5, 5.5], abs=0.0015)


def test_a_gap_in_time_stamps_is_a_hole_of_its_true_length(gapped: Path) -> None:
    assert detect.hole(gapped, 440) == pytest.approx(2.5, abs=0.01)
    assert detect.tone_intervals(gapped, 440) == [
        (pytest.approx(0, abs=0.006), pytest.approx(2, abs=0.006)),
        (pytest.approx(4.5, abs=0.006), pytest.approx(6.5, abs=0.006)),
    ]
    assert detect.sound(gapped).covered == (pytest.approx((0, 2), abs=1e-3), pytest.approx((4.5, 6.5), abs=1e-3))


def test_presence_and_absence(gapped: Path) -> None:
    assert detect.tone_present(gapped, 440, 0, 2)
    assert not detect.tone_present(gapped, 440, 1.5, 2.5)
    assert detect.no_tone(gapped, 440, 2, 4.5)
    assert not detect.no_tone(gapped, 440, 4, 5)
    assert detect.no_tone(gapped, 560)


def test_without_a_break_there_is_no_hole(tmp_path: Path) -> None:
    write_audio(tmp_path / "whole.webm", [(0.0, tone_samples(700, 3))])
    assert detect.hole(tmp_path / "whole.webm", 700) == 0
    assert detect.tone_present(tmp_path / "whole.webm", 700, 0, 2.9)
    assert detect.beep_times(tmp_path / "whole.webm") == pytest.approx([0, 1, 2], abs=0.003)


def test_one_lost_packet_is_seen(tmp_path: Path) -> None:
    samples = tone_samples(700, 2)
    write_audio(tmp_path / "lost.mka", [(0.0, samples[:48_000]), (1.02, samples[48_960:])], "pcm_f32le")
    assert detect.hole(tmp_path / "lost.mka", 700) == pytest.approx(0.02, abs=0.008)


def test_tones_in_a_mix_are_told_apart(tmp_path: Path) -> None:
    mixed = tone_samples(400, 2) + np.concatenate([np.zeros(48_000, np.float32), tone_samples(500, 1, 3_500)])
    write_audio(tmp_path / "mix.mp4", [(0.0, mixed.astype(np.float32))], "aac")
    assert detect.tone_present(tmp_path / "mix.mp4", 400, 0.1, 1.9)
    assert detect.no_tone(tmp_path / "mix.mp4", 500, 0.1, 0.9)
    assert detect.tone_present(tmp_path / "mix.mp4", 500, 1.1, 1.9)
    assert detect.no_tone(tmp_path / "mix.mp4", 600)
    assert detect.beep_times(tmp_path / "mix.mp4", 3_500) == pytest.approx([1], abs=0.005)


@pytest.mark.parametrize(("codec", "name"), [("libvpx", "v.webm"), ("libx264", "v.mp4")])
def test_counters_survive_a_codec(tmp_path: Path, codec: str, name: str) -> None:
    write_video(tmp_path / name, [(n, picture(37, 100 + n)) for n in range(30)], codec)
    readings = detect.read_counters(tmp_path / name)
    assert [(r.identity, r.counter) for r in readings] == [(37, 100 + n) for n in range(30)]
    assert [r.t for r in readings] == pytest.approx([n / 30 for n in range(30)], abs=0.002)


def test_counters_are_read_in_quarter_size_tiles(tmp_path: Path) -> None:
    frames = []
    for n in range(10):
        canvas = np.full((360, 640), 16, np.uint8)
        for place, identity in enumerate((5, 6)):
            full = picture(identity, n * 7 + place)[:360]
            canvas[:90, place * 160 : place * 160 + 160] = full.reshape(90, 4, 160, 4).mean(axis=(1, 3))
        frames.append((n, np.concatenate([canvas, np.full((180, 640), 128, np.uint8)])))
    write_video(tmp_path / "tiles.mp4", frames)
    readings = detect.read_counters(tmp_path / "tiles.mp4", [(0, 0, 160, 90), (160, 0, 160, 90), (320, 0, 160, 90)])
    assert [(r.identity, r.counter) for r in readings] == [v for n in range(10) for v in ((5, n * 7), (6, n * 7 + 1))]


def test_flashes_begin_on_the_second(tmp_path: Path) -> None:
    write_video(tmp_path / "flash.mp4", [(n, picture(1, n)) for n in range(15, 75)])
    assert detect.flash_times(tmp_path / "flash.mp4") == pytest.approx([1.0, 2.0], abs=0.001)


def test_a_black_or_white_picture_has_no_code() -> None:
    assert detect.read_code(np.zeros((360, 640), np.uint8), (0, 0, 640, 360)) is None
    assert detect.read_code(np.full((360, 640), 255, np.uint8), (0, 0, 640, 360)) is None
    assert detect.read_code(np.zeros((36, 64), np.uint8), (1000, 0, 640, 360)) is None


def test_durations_reach_to_the_end_of_the_last_frame(tmp_path: Path, gapped: Path) -> None:
    write_video(tmp_path / "long.mp4", [(n, picture(1, n)) for n in range(45)])
    assert detect.duration_s(tmp_path / "long.mp4") == pytest.approx(1.5, abs=0.001)
    assert detect.durations(gapped) == {"audio": pytest.approx(6.5, abs=0.001)}


def test_the_picture_at_a_time_is_the_one_shown_then(tmp_path: Path) -> None:
    write_video(tmp_path / "colour.mp4", [(n, picture(0 if n < 15 else 2, n)) for n in range(30)])
    early, late = detect.frame_at(tmp_path / "colour.mp4", 0.2), detect.frame_at(tmp_path / "colour.mp4", 0.8)
    assert early[4, 4].tolist() == pytest.approx(COLOURS[0], abs=12)
    assert late[4, 4].tolist() == pytest.approx(COLOURS[2], abs=12)
