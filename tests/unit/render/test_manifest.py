from __future__ import annotations

import json
from pathlib import Path

from roomtape.capture.events import TrackMuted, TrackUnmuted
from roomtape.capture.timeline import Timeline
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import RecordingConfig
from roomtape.render import manifest
from roomtape.render.job import RenderJob, RenderResult
from tests.support.captures import Capture, at


def test_manifest_names_gaps_of_the_recorded_time_and_nobody_left_out(tmp_path: Path) -> None:
    capture = Capture(tmp_path)
    capture.peer("ann", 0, 20, user="user-1")
    capture.tone("ann", 440, 0, 20, hole=(6, 8))
    capture.peer("bob", 0, 20)
    capture.tone("bob", 660, 0, 20)
    capture.recording("r1", 1, 20, pauses=[(2, 4)], user_ids=("user-1",))
    timeline = Timeline(capture.write())
    timeline.poll()
    job = RenderJob(str(tmp_path), Kind.TRACK, RecordingConfig(), "r1")
    manifest.write(job, RenderResult((), 17_000, ("a warning",)), tmp_path, timeline)
    body = json.loads((tmp_path / manifest.NAME).read_bytes())
    assert [p["peer_id"] for p in body["participants"]] == ["ann"]
    (track,) = body["tracks"]
    assert (track["codec"], track["captured"]["lost"]) == ("opus", 100)
    (gap,) = track["gaps"]
    assert (gap["cause"], gap["lost_packets"]) == ("network", 100)
    assert abs(gap["start_us"] - at(6)) < 5000
    assert (round(gap["from_ms"], -1), round(gap["to_ms"], -1)) == (3000, 5000)
    assert body["intervals"] == [
        {"start_us": at(1), "end_us": at(2)},
        {"start_us": at(4), "end_us": at(20)},
    ]
    assert body["warnings"] == ["a warning"]
    assert body["duration_ms"] == 17_000


def test_a_gap_outside_the_recorded_time_is_left_out(tmp_path: Path) -> None:
    capture = Capture(tmp_path)
    capture.peer("ann", 0, 20)
    capture.tone("ann", 440, 0, 20, hole=(6, 8))
    capture.events += [TrackMuted(at(6), "ann", 0), TrackUnmuted(at(8), "ann", 0)]
    capture.recording("r1", 10, 20)
    capture.recording("r2", 0, 20)
    timeline = Timeline(capture.write())
    timeline.poll()
    without, with_gap = (
        manifest.build(RenderJob("", Kind.TRACK, RecordingConfig(), r), RenderResult((), 0), timeline)["tracks"][0]
        for r in ("r1", "r2")
    )
    assert without["gaps"] == []
    assert [g["cause"] for g in with_gap["gaps"]] == ["muted"]
