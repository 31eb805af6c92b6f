"""Tests of the finished files: which ones there are, and that picture and sound in each lie where they belong."""

from pathlib import Path

import av
import pytest

from roomtape.capture.values import Interval
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import AudioConfig, RecordingConfig, VideoCodec, VideoConfig
from roomtape.render import assemble
from roomtape.render.composite_clock import OutputClock
from roomtape.render.job import RenderedFile, RenderJob
from tests.support import detect, segmented

SECONDS = 9.37


def job_of(config: RecordingConfig, stream_only: bool = False) -> RenderJob:
    return RenderJob("", Kind.COMPOSITE, config, output_name=f"x.{config.extension}", stream_only=stream_only)


def made(folder: Path, config: RecordingConfig, seconds: float = SECONDS) -> tuple[list[RenderedFile], list[int]]:
    """Make the files of a click track; return them and where the clicks are."""
    clock = OutputClock([Interval(5_000_000, 5_000_000 + round(seconds * 1e6))], config.video.fps)
    form = assemble.form_of(config)
    sound, at = segmented.click_track(clock.samples / 48_000, form.channels)
    segments = segmented.write(folder, form, clock.frames, sound)
    return assemble.assemble(job_of(config), folder / "out", clock, segments, form), at


def check_sound(path: Path, at: list[int], seconds: float = SECONDS) -> None:
    """The clicks are true to 1 ms, and the sound is as long as the recorded time within a packet."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        zero = round((stream.start_time or 0) * stream.time_base * 48_000) if path.suffix == ".mp3" else 0
    found = detect.sound(path).samples[zero:]
    late = [got - due for got, due in zip(segmented.clicks_found(found, at), at, strict=True)]
    assert max(map(abs, late)) <= 48, late
    assert len(found) / 48_000 == pytest.approx(seconds, abs=0.025)


def check_pictures(path: Path, frames: int, fps: int = 30) -> None:
    shown = segmented.shown(path)
    assert len(shown) == frames
    tick = 0.0006 if path.suffix == ".webm" else 1e-9
    assert all(abs(t - i / fps) < tick and abs(luma - segmented.light(i)) <= 2 for i, (t, luma) in enumerate(shown))


@pytest.mark.parametrize(
    ("video", "audio", "names"),
    [
        ("H264", AudioConfig(), ["x.mp4"]),
        ("H264", AudioConfig(channel="mono", export_file=True), ["x.mp4", "x.m4a"]),
        ("H264", AudioConfig("MP3", export_file=True), ["x.mp4", "x.mp3"]),
        ("VP8", AudioConfig(export_file=True), ["x.webm", "x.ogg"]),
        ("VP9", AudioConfig(channel="mono"), ["x.webm"]),
    ],
)
def test_picture_and_sound_are_in_step(video: VideoCodec, audio: AudioConfig, names: list[str], tmp_path: Path) -> None:
    config = RecordingConfig(VideoConfig(video, 160, 90), audio)
    files, at = made(tmp_path, config)
    assert [f.name for f in files] == names
    assert [f.role for f in files] == ["composite", "audio"][: len(names)]
    for file in files:
        check_sound(tmp_path / "out" / file.name, at)
        assert file.duration_ms == pytest.approx(SECONDS * 1000, abs=34)
        assert file.start_us == 5_000_000
    check_pictures(tmp_path / "out" / files[0].name, 282)


@pytest.mark.parametrize(
    ("video", "audio", "name", "codecs"),
    [
        ("H264", AudioConfig(export_file=True), "x.m4a", ("AAC",)),
        ("H264", AudioConfig("MP3", "mono", True), "x.mp3", ("MP3",)),
        ("VP9", AudioConfig(export_file=True), "x.ogg", ("FLAC",)),
    ],
)
def test_sound_alone_takes_no_pictures(
    video: VideoCodec, audio: AudioConfig, name: str, codecs: tuple[str, ...], tmp_path: Path
) -> None:
    config = RecordingConfig(VideoConfig(video, export_file=False), audio)
    form = assemble.form_of(config)
    assert (form.video_codec, form.audio_codecs) == (None, codecs)
    ((file,), at) = made(tmp_path, config)
    assert (file.name, file.role) == (name, "audio")
    check_sound(tmp_path / "out" / name, at)
    with av.open(str(tmp_path / "out" / name)) as container:
        assert not container.streams.video


@pytest.mark.parametrize("video", ["H264", "VP8", "VP9"])
@pytest.mark.parametrize("seconds", [0.01, 0.5, 4.0])
def test_short_ones_are_valid(video: VideoCodec, seconds: float, tmp_path: Path) -> None:
    config = RecordingConfig(
        VideoConfig(video, 160, 90), AudioConfig("MP3" if video == "H264" else "AAC", "mono", True)
    )
    files, _ = made(tmp_path, config, seconds)
    for file in files:
        assert detect.sound(tmp_path / "out" / file.name).samples.size / 48_000 == pytest.approx(seconds, abs=0.05)
    check_pictures(tmp_path / "out" / files[0].name, max(1, round(seconds * 30)))


def test_a_live_stream_has_pictures_with_a_keyframe_every_two_seconds_and_no_file() -> None:
    config = RecordingConfig(
        VideoConfig(export_file=False, fps=25), AudioConfig(export_file=True), rtmp_url="rtmp://x/y"
    )
    form = assemble.form_of(config)
    assert (form.video_codec, form.audio_codecs, form.keyframe_ticks) == ("H264", ("AAC",), 50)
    assert [o.name for o in assemble.outputs(job_of(config))] == ["x.m4a"]
    assert assemble.outputs(job_of(config, stream_only=True)) == []


def test_the_same_segments_give_the_same_bytes_and_files_that_are_there_are_kept(tmp_path: Path) -> None:
    config = RecordingConfig(VideoConfig("VP8", 160, 90), AudioConfig(export_file=True))
    hashes = []
    for name in "ab":
        (tmp_path / name).mkdir()
        files, _ = made(tmp_path / name, config)
        hashes.append([f.sha256 for f in files])
    assert hashes[0] == hashes[1]
    before = (tmp_path / "a" / "out" / "x.webm").stat().st_mtime_ns
    (tmp_path / "a" / "out" / "x.ogg").unlink()
    made(tmp_path / "a", config)
    assert (tmp_path / "a" / "out" / "x.webm").stat().st_mtime_ns == before
    assert (tmp_path / "a" / "out" / "x.ogg").exists()
