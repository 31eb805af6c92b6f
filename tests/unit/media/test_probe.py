from __future__ import annotations

from pathlib import Path

import pytest

from roomtape.errors import RenderError
from roomtape.media import mux_mp3
from roomtape.media.probe import duration_ms, probe
from roomtape.media.remux import Remuxer
from roomtape.media.segment_nut import SegmentFormat
from roomtape.media.testsignal import audio_loop, video_loop
from tests.support import segmented


def tone(path: Path, packets: int) -> Path:
    loop = audio_loop(440)
    with Remuxer(path, "opus", 0) as remuxer:
        for i in range(packets):
            remuxer.write(i * 20_000, 20_000, loop.packets[i % 50], True)
        remuxer.finish()
    return path


def test_audio_file(tmp_path: Path) -> None:
    found = probe(tone(tmp_path / "a.webm", 150))
    assert found.duration_us == found.end_us == 3_000_000
    (stream,) = found.of("audio")
    assert (stream.codec, stream.packets, stream.first_us, stream.last_us) == ("opus", 150, 0, 2_980_000)
    assert (stream.channels, stream.sample_rate, stream.decoded) == (1, 48_000, True)
    assert found.of("video") == []


def test_video_file_with_a_single_frame(tmp_path: Path) -> None:
    loop = video_loop("vp8", 320, 180, 10, 1)
    with Remuxer(tmp_path / "v.webm", "vp8", 0) as remuxer:
        remuxer.write(0, 0, loop.frames[0], True)
        remuxer.finish()
    (stream,) = probe(tmp_path / "v.webm").of("video")
    assert (stream.packets, stream.width, stream.height, stream.decoded) == (1, 320, 180, True)


def test_file_cut_short_shows_it(tmp_path: Path) -> None:
    whole = tone(tmp_path / "a.webm", 1500).read_bytes()
    (tmp_path / "b.webm").write_bytes(whole[: len(whole) // 2])
    found = probe(tmp_path / "b.webm")
    assert found.duration_us == 30_000_000
    assert found.end_us < 20_000_000


def test_an_mp3_begins_with_its_sound(tmp_path: Path) -> None:
    form = SegmentFormat(64, 64, 30, 30, 1, None, ("MP3",))
    sound, _ = segmented.click_track(1.5, 1)
    mux_mp3.join(segmented.write(tmp_path, form, 45, sound), tmp_path / "a.mp3", 30, len(sound))
    found = probe(tmp_path / "a.mp3")
    (stream,) = found.streams
    assert (stream.codec, stream.channels) == ("mp3", 1)
    assert found.duration_us == pytest.approx(1_500_000, abs=1000)
    assert stream.end_us == pytest.approx(1_500_000, abs=24_000)
    assert duration_ms(tmp_path / "a.mp3") == pytest.approx(1500, abs=1)


def test_what_is_no_media_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.webm").write_bytes(b"not media at all" * 100)
    with pytest.raises(RenderError, match=r"x\.webm cannot be read as media"):
        probe(tmp_path / "x.webm")
    with pytest.raises(RenderError, match=r"y\.webm"):
        probe(tmp_path / "y.webm")
