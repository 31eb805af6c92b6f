"""Tests of composites in other codecs: killed and gone on with, they are the same; sound alone has no pictures."""

from pathlib import Path

import av
import numpy as np
import pytest

from roomtape.capture.events import RecordingPaused, RecordingResumed
from roomtape.capture.timeline import Timeline
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import AudioConfig, RecordingConfig, VideoCodec, VideoConfig
from roomtape.media import encode_h264, encode_vp8
from roomtape.render.composite import Composite, render_composite
from roomtape.render.job import RenderJob
from tests.support import detect
from tests.support.meeting import EPOCH_US, write_meeting, write_peer


def job_of(folder: Path, config: RecordingConfig) -> RenderJob:
    return RenderJob(str(folder), Kind.COMPOSITE, config, "rec", f"x.{config.extension}")


def render(job: RenderJob, work: Path, most: int = 1000) -> list[str]:
    """Render `job`, killed once `most` segments have been made or found; return the names of its files."""
    left = most

    def progress(done: int, total: int | None) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt

    def never() -> None:
        raise AssertionError("a finished capture needs no waiting")

    return [f.name for f in render_composite(job, work, Timeline(Path(job.capture_dir)), never, progress)]


@pytest.mark.parametrize("video", ["VP8", "VP9"])
def test_a_killed_render_goes_on_and_gives_the_same_files(video: VideoCodec, tmp_path: Path) -> None:
    events = write_peer(tmp_path, "ann", identity=1, tone=400, seconds=12)
    events += [RecordingPaused(EPOCH_US + 5_000_000, "rec"), RecordingResumed(EPOCH_US + 6_000_000, "rec")]
    write_meeting(tmp_path, events, 0.5, 11.5)
    job = job_of(tmp_path, RecordingConfig(VideoConfig(video, 320, 180), AudioConfig(export_file=True)))
    names = render(job, tmp_path / "whole")
    assert names == ["x.webm", "x.ogg"]
    for segments in (0, 2):
        with pytest.raises(KeyboardInterrupt):
            render(job, tmp_path / "work", segments)
    assert render(job, tmp_path / "work") == names
    for name in names:
        whole = tmp_path / "whole" / "out" / name
        assert (tmp_path / "work" / "out" / name).read_bytes() == whole.read_bytes()
    video_file = tmp_path / "whole" / "out" / "x.webm"
    assert detect.tone_present(video_file, 400, 0.1, 4.4)
    assert detect.tone_present(video_file, 400, 4.6, 9.9)
    assert detect.durations(video_file)["audio"] == pytest.approx(10, abs=0.03)
    with av.open(str(tmp_path / "whole" / "out" / "x.ogg")) as container:
        sound = np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], axis=1).mean(axis=0)
    assert np.allclose(sound, detect.sound(video_file).samples[: len(sound)], atol=1e-4)
    assert len(sound) == 480_000
    assert detect.durations(video_file)["video"] == pytest.approx(10, abs=0.035)
    readings = detect.read_counters(video_file)
    assert len(readings) > 250
    late = [r.t + 0.5 + (r.t > 4.499) - r.counter / 30 for r in readings if r.t < 8.4]  # then they begin anew
    assert min(late) > -0.002
    assert max(late) < 0.036


def test_segments_made_anew_are_in_the_sound(tmp_path: Path) -> None:
    write_meeting(tmp_path, write_peer(tmp_path, "ann", tone=400, seconds=10), 0.5, 9.5)
    job = job_of(tmp_path, RecordingConfig(VideoConfig("VP8", export_file=False), AudioConfig(export_file=True)))
    render(job, tmp_path / "whole")
    timeline = Timeline(tmp_path)
    timeline.poll()
    made = Composite(job, tmp_path / "work", timeline)
    clock, _ = made.clock()
    assert clock is not None
    made.render(clock, True, lambda done, total: None)
    made.segments.drop([1])
    timeline.reread()
    made.anew().render(clock, True, lambda done, total: None)
    (file,) = made.join(clock)
    assert (tmp_path / "whole" / "out" / file.name).read_bytes() == (tmp_path / "work" / "out" / file.name).read_bytes()


def test_sound_alone_is_made_without_a_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_meeting(tmp_path, write_peer(tmp_path, "ann", identity=1, tone=400, seconds=6), 0.5, 5.5)
    for module in (encode_h264, encode_vp8):
        monkeypatch.setattr(module, "open_stream", None)
    config = RecordingConfig(VideoConfig(export_file=False), AudioConfig("MP3", "mono", True))
    assert render(job_of(tmp_path, config), tmp_path / "work") == ["x.mp3"]
    path = tmp_path / "work" / "out" / "x.mp3"
    assert detect.tone_present(path, 400, 0.1, 4.9)
    with av.open(str(path)) as container:
        assert container.duration == pytest.approx(5_000_000, abs=1000)
        assert container.streams.audio[0].codec_context.channels == 1
