from __future__ import annotations

from pathlib import Path

from roomtape.capture.timeline import Timeline
from roomtape.capture.values import TrackKey
from roomtape.render.extent import Extent
from roomtape.render.findings import Findings
from roomtape.render.manifest_track import told_track
from tests.support.captures import Capture


def test_gaps_of_the_recorded_time_with_what_was_lost_and_what_was_made_up(tmp_path: Path) -> None:
    capture = Capture(tmp_path)
    capture.peer("ann", 0, 20)
    capture.tone("ann", 440, 0, 20, hole=(6, 8))
    capture.recording("r1", 1, 20)
    timeline = Timeline(capture.write())
    timeline.poll()
    key = TrackKey("ann", 0)
    extent = Extent(timeline.intervals("r1"))
    told = told_track(timeline.tracks[key], timeline, extent, Findings((), {key: {"concealed_samples": 960}}))
    (gap,) = told["gaps"]
    assert gap["cause"] == "network"
    assert gap["lost_packets"] == 100
    assert abs(gap["from_ms"] - 5000) <= 20
    assert abs(gap["to_ms"] - 7000) <= 20
    assert told["decoded"] == {"damaged_packets": 0, "concealed_samples": 960}
    assert told_track(timeline.tracks[key], timeline, extent, Findings())["decoded"] is None
