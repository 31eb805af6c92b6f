from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from roomtape.errors import RenderError
from roomtape.media.remux import Remuxer, extension, frame_size
from roomtape.media.testsignal import VideoCodec, audio_loop, video_loop

START_US = 1_760_000_000_123_456
SILENCE_STEREO = b"\xfc\xff\xfe"


def sound(path: Path) -> np.ndarray:
    """Decode to samples at 48 kHz, each frame at its own presentation time."""
    with av.open(str(path)) as source:
        frames = list(source.decode(audio=0))
    end = max(round(f.time * 48_000) + f.samples for f in frames)
    out = np.zeros(end, np.float32)
    for frame in frames:
        at = round(frame.time * 48_000)
        out[at : at + frame.samples] = frame.to_ndarray()[0]
    return out


def beeps(samples: np.ndarray) -> list[float]:
    """Return the beginnings, in s, of what is louder than the tone."""
    loud = np.convolve(np.abs(samples), np.ones(96) / 96, "same") > 0.12
    edges = np.flatnonzero(np.diff(loud.astype(np.int8)) == 1)
    return [float(e) / 48_000 for e in edges]


def write_tone(path: Path, times_us: list[int]) -> None:
    loop = audio_loop(440)
    with Remuxer(path, "opus", START_US) as remuxer:
        for i, time_us in enumerate(times_us):
            remuxer.write(time_us, 20_000, loop.packets[i % 50], True)
        remuxer.finish()


def test_gap_is_kept_and_the_tone_lies_where_it_was_sent(tmp_path: Path) -> None:
    gap = 2_345_000
    write_tone(tmp_path / "a.webm", [i * 20_000 + (gap if i >= 100 else 0) for i in range(250)])
    samples = sound(tmp_path / "a.webm")
    assert len(samples) / 48_000 == pytest.approx(5 + gap / 1e6, abs=0.001)
    found = beeps(samples)
    # The first is left out: a decoder that starts cold needs a few packets to come up to it.
    assert found[1:] == pytest.approx([1, 2 + gap / 1e6, 3 + gap / 1e6, 4 + gap / 1e6], abs=0.005)
    assert np.abs(samples[int(2.1 * 48_000) : int(4.2 * 48_000)]).max() == 0


def test_times_are_rounded_one_by_one(tmp_path: Path) -> None:
    times = [round(i * 20_000.4) for i in range(5000)]
    write_tone(tmp_path / "a.webm", times)
    with av.open(str(tmp_path / "a.webm")) as source:
        read = [round(p.pts * p.time_base * 1_000_000) for p in source.demux(audio=0) if p.size]
    assert max(abs(a - b) for a, b in zip(read, times, strict=True)) <= 500


def test_equal_times_are_kept_in_order(tmp_path: Path) -> None:
    write_tone(tmp_path / "a.webm", [0, 100, 200, 20_000])
    with av.open(str(tmp_path / "a.webm")) as source:
        assert [p.pts for p in source.demux(audio=0) if p.size] == [0, 1, 2, 20]


def test_header_has_duration_cues_and_the_wall_time(tmp_path: Path) -> None:
    write_tone(tmp_path / "a.webm", [i * 20_000 for i in range(3000)])
    head = (tmp_path / "a.webm").read_bytes()[:4096]
    cues, cluster = head.index(b"\x1c\x53\xbb\x6b", 256), head.index(b"\x1f\x43\xb6\x75")
    assert cues < cluster  # a player may seek before it has loaded the file
    with av.open(str(tmp_path / "a.webm")) as source:
        assert source.duration == 60_000_000
        assert source.metadata["creation_time"].startswith("2025-10-09T08:53:20.123456")
        assert source.streams.audio[0].codec_context.extradata == (
            b"OpusHead\x01\x01\x00\x00\x80\xbb\x00\x00\x00\x00\x00"
        )
        source.seek(30_000_000)
        packet = next(iter(source.demux(audio=0)))
        assert 24_000 <= packet.pts <= 30_000


def test_a_single_picture_of_unknown_length_says_how_long_it_is(tmp_path: Path) -> None:
    with Remuxer(tmp_path / "a.webm", "vp8", START_US) as remuxer:
        remuxer.write(0, 0, video_loop("vp8", 320, 180).frames[0], True)
        remuxer.finish()
    assert remuxer.end_ms == 1
    with av.open(str(tmp_path / "a.webm")) as source:
        assert source.duration == 1000
        assert len(list(source.decode(video=0))) == 1


def test_same_frames_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.webm", "b.webm"):
        write_tone(tmp_path / name, [i * 20_000 for i in range(100)])
    assert (tmp_path / "a.webm").read_bytes() == (tmp_path / "b.webm").read_bytes()


def test_stereo_that_comes_later_is_not_folded(tmp_path: Path) -> None:
    path = tmp_path / "a.webm"
    with Remuxer(path, "opus", START_US) as remuxer:
        for i, data in enumerate([audio_loop(440).packets[0], SILENCE_STEREO, audio_loop(440).packets[1]]):
            remuxer.write(i * 20_000, 20_000, data, True)
        remuxer.finish()
    with av.open(str(path)) as source:
        assert source.streams.audio[0].channels == 2
        assert [p.pts for p in source.demux(audio=0) if p.size] == [0, 20, 40]
        assert source.metadata["creation_time"].startswith("2025-10-09T08:53:20.123456")
    assert [p.name for p in tmp_path.iterdir()] == ["a.webm"]


@pytest.mark.parametrize("codec", ["vp8", "vp9", "h264"])
def test_video_is_kept_as_sent(tmp_path: Path, codec: VideoCodec) -> None:
    loop = video_loop(codec, 320, 180, 10, 1)
    path = tmp_path / f"v.{extension(codec)}"
    with Remuxer(path, codec, START_US) as remuxer:
        for i, (data, keyframe) in enumerate(zip(loop.frames, loop.keyframes, strict=True)):
            remuxer.write(i * 100_000 + (i > 4) * 700_000, 0, data, keyframe)
        remuxer.finish()
    with av.open(str(path)) as source:
        times = [round(f.time * 1000) for f in source.decode(video=0)]
        assert (source.streams.video[0].width, source.streams.video[0].height) == (320, 180)
    assert times == [i * 100 + (i > 4) * 700 for i in range(10)]
    assert frame_size(codec, loop.frames[0]) == (320, 180)


def test_what_is_not_finished_leaves_nothing(tmp_path: Path) -> None:
    with Remuxer(tmp_path / "a.webm", "opus", START_US) as remuxer:
        remuxer.write(0, 20_000, audio_loop(440).packets[0], True)
        assert not (tmp_path / "a.webm").exists()
    assert list(tmp_path.iterdir()) == []


def test_nothing_and_nonsense_are_refused(tmp_path: Path) -> None:
    with Remuxer(tmp_path / "a.webm", "opus", START_US) as remuxer, pytest.raises(RenderError, match="no frame"):
        remuxer.finish()
    with Remuxer(tmp_path / "v.webm", "vp8", START_US) as remuxer:
        with pytest.raises(RenderError, match="needs an earlier one"):
            remuxer.write(0, 0, b"\x01\x02", False)
        with pytest.raises(RenderError, match="vp8 keyframe"):
            remuxer.write(0, 0, b"\x00\x02\x03", True)
        assert remuxer.write(0, 0, video_loop("vp8", 320, 180, 10, 1).frames[0], True) == 0
    assert list(tmp_path.iterdir()) == []
