from __future__ import annotations

import sys
from pathlib import Path

from roomtape.bench.madeup import RECORDING, START_US, people, render_command, write_capture, write_webm
from roomtape.capture.timeline import Timeline
from roomtape.capture.values import Interval
from roomtape.domain.recording import Kind
from roomtape.media.probe import probe
from roomtape.render.job import RenderJob


def test_the_capture_is_whole_and_over(tmp_path: Path) -> None:
    write_capture(tmp_path / "c", people(2, pictures=True), 2)
    timeline = Timeline(tmp_path / "c")
    timeline.poll()
    assert timeline.ended(RECORDING)
    assert timeline.intervals(RECORDING) == [Interval(START_US, START_US + 2_000_000)]
    assert {key.peer_id for key in timeline.tracks} == {"peer0", "peer1"}
    assert not timeline.unclaimed
    for track in timeline.tracks.values():
        assert track.stats.frames == (100 if track.kind == "audio" else 60)
        assert (track.stats.lost, track.stats.damage, track.gaps) == (0, (), [])


def test_the_webm_files_hold_the_same_media(tmp_path: Path) -> None:
    paths = write_webm(tmp_path / "w", people(2, pictures=True), 2)
    found = [probe(path).streams[0] for path in paths]
    assert [(s.kind, s.packets) for s in found] == [("audio", 100), ("video", 60)] * 2
    assert [s.last_us for s in found] == [1_980_000, 1_967_000] * 2
    assert (found[1].codec, found[1].width, found[1].height) == ("vp8", 640, 360)


def test_a_render_is_prepared_as_the_server_does_it(tmp_path: Path) -> None:
    command = render_command(tmp_path / "c", tmp_path / "w", Kind.TRACK)
    job = RenderJob.read(tmp_path / "w")
    assert (job.kind, job.recording_id, job.follow) == (Kind.TRACK, RECORDING, False)
    assert command == [sys.executable, "-m", "roomtape.render.process", str(tmp_path / "w")]
