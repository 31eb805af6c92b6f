from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from roomtape.capture.timeline import Timeline
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import AudioConfig, RecordingConfig, VideoCodec, VideoConfig
from roomtape.errors import RenderError
from roomtape.media.remux import Remuxer
from roomtape.media.testsignal import audio_loop
from roomtape.render import assemble
from roomtape.render.composite_clock import OutputClock
from roomtape.render.job import RenderedFile, RenderJob, RenderResult
from roomtape.render.tracks import LEDGER, render_tracks
from roomtape.render.verify import verify
from tests.support import segmented
from tests.support.captures import Capture

JOB = RenderJob("", Kind.TRACK, RecordingConfig(), "r1")


class Rendered:
    """A rendered capture of one tone of 10 s and the means to spoil it."""

    def __init__(self, folder: Path) -> None:
        capture = Capture(folder / "capture")
        capture.peer("ann", 0, 10)
        capture.tone("ann", 440, 0, 10)
        capture.recording("r1", 0, 10)
        self.timeline = Timeline(capture.write())
        self.work = folder / "work"
        files = render_tracks(JOB, self.work, self.timeline, lambda: None, lambda a, b: None)
        self.result = RenderResult(tuple(files), 10_000)
        self.path = self.work / "out" / files[0].name

    def verify(self, job: RenderJob = JOB) -> list[str]:
        return verify(job, self.result, self.work / "out", self.timeline)

    def replace_file(self, data: bytes) -> None:
        self.path.write_bytes(data)
        self.change(size=len(data))

    def change(self, **fields: object) -> None:
        self.result = replace(self.result, files=(replace(self.result.files[0], **fields),))  # type: ignore[arg-type]


@pytest.fixture
def rendered(tmp_path: Path) -> Rendered:
    return Rendered(tmp_path)


def test_good_file_passes(rendered: Rendered) -> None:
    assert rendered.verify() == []


def test_missing_or_short_file(rendered: Rendered) -> None:
    rendered.path.write_bytes(rendered.path.read_bytes()[:-1])
    with pytest.raises(RenderError, match="rendered again"):
        rendered.verify()
    rendered.path.unlink()
    with pytest.raises(RenderError, match="is not there"):
        rendered.verify()


def test_truncated_file(rendered: Rendered) -> None:
    rendered.replace_file(rendered.path.read_bytes()[:20_000])
    with pytest.raises(RenderError, match=r"packets where the log has 500"):
        rendered.verify()


def test_file_that_is_no_media(rendered: Rendered) -> None:
    rendered.replace_file(b"nothing of the kind" * 50)
    with pytest.raises(RenderError, match="cannot be read as media"):
        rendered.verify()


def test_packets_at_other_times(rendered: Rendered) -> None:
    with Remuxer(rendered.path, "opus", 0) as remuxer:
        for i in range(500):
            remuxer.write(i * 20_000 + (i > 300) * 500_000, 20_000, audio_loop(440).packets[0], True)
        remuxer.finish()
    rendered.change(size=rendered.path.stat().st_size)
    with pytest.raises(RenderError, match=r"10\.480 s where the log has 0 to 9\.980"):
        rendered.verify()


def test_file_that_outlasts_the_recorded_time(rendered: Rendered) -> None:
    with Remuxer(rendered.path, "opus", 0) as remuxer:
        for i in range(550):
            remuxer.write(i * 20_000, 20_000, audio_loop(440).packets[0], True)
        remuxer.finish()
    rendered.change(size=rendered.path.stat().st_size)
    entry = {"packets": 550, "last_ms": 10_980, "end_ms": 11_000}
    (rendered.work / LEDGER).write_text(json.dumps({rendered.path.name: entry}))
    with pytest.raises(RenderError, match=r"lasts 11\.000 s, 10\.000 s were recorded"):
        rendered.verify()


def test_composite_without_picture_or_of_wrong_length(rendered: Rendered) -> None:
    rendered.change(role="composite")
    with pytest.raises(RenderError, match="0 video streams"):
        rendered.verify(replace(JOB, kind=Kind.COMPOSITE, config=RecordingConfig(VideoConfig(width=320))))
    rendered.change(role="audio")
    with pytest.raises(RenderError, match="holds opus of 1 channels instead of None of 2"):
        rendered.verify()
    with Remuxer(rendered.path, "opus", 0) as remuxer:
        for i in range(490):
            remuxer.write(i * 20_000, 20_000, audio_loop(440).packets[0], True)
        remuxer.finish()
    rendered.change(size=rendered.path.stat().st_size)
    with pytest.raises(RenderError, match=r"audio lasts 9\.800 s where 10\.000 s were recorded"):
        rendered.verify()


@pytest.mark.parametrize("video", ["H264", "VP8", "VP9"])
@pytest.mark.parametrize("audio", [AudioConfig(export_file=True), AudioConfig("MP3", "mono", True)])
def test_composed_files_of_every_codec(
    video: VideoCodec, audio: AudioConfig, rendered: Rendered, tmp_path: Path
) -> None:
    config = RecordingConfig(VideoConfig(video, 160, 90), audio)
    clock = OutputClock(rendered.timeline.intervals("r1"), 30)
    form = assemble.form_of(config)
    (tmp_path / "parts").mkdir()
    parts = segmented.write(tmp_path / "parts", form, clock.frames, segmented.click_track(10, form.channels)[0])
    job = RenderJob("", Kind.COMPOSITE, config, "r1", f"x.{config.extension}")
    files = assemble.assemble(job, rendered.work / "out", clock, parts, form)
    rendered.result = RenderResult(tuple(files), 10_000)
    assert rendered.verify(job) == []
    for other, message in (
        (replace(config, video=VideoConfig("H264" if video != "H264" else "VP9", 160, 90)), "instead of"),
        (replace(config, video=VideoConfig(video, 160, 92)), "160x90 instead of"),
        (replace(config, video=VideoConfig(video, 160, 90, fps=25)), "300 pictures instead of 250"),
        (replace(config, audio=AudioConfig(channel="mono" if form.channels == 2 else "stereo")), "channels instead of"),
    ):
        with pytest.raises(RenderError, match=message):
            rendered.verify(replace(job, config=other))


def test_damage_of_the_log_is_a_warning(tmp_path: Path) -> None:
    rendered = Rendered(tmp_path)
    file: RenderedFile = rendered.result.files[0]
    with (tmp_path / "capture" / "events.jsonl").open("ab") as log:
        log.write(b"{broken}\n")
    rendered.timeline.poll()
    assert rendered.verify() == ["1 lines of the event log cannot be read"]
    assert file.role == "track"


def test_last_words_that_may_come_later_are_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = Rendered(tmp_path)
    track = next(iter(rendered.timeline.tracks))
    monkeypatch.setattr(rendered.timeline, "guessing", lambda recording_id: [track])
    (sentence,) = rendered.verify()
    assert "fell silent" in sentence
