from __future__ import annotations

from pathlib import Path

from roomtape.capture.timeline import Timeline
from roomtape.capture.values import TrackKey
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import Layer, RecordingConfig
from roomtape.render.job import RenderJob
from roomtape.render.presence import belongs, recorded_peers, recorded_tracks
from tests.support.captures import Capture


def test_only_who_was_chosen_visible_and_there(tmp_path: Path) -> None:
    capture = Capture(tmp_path)
    capture.peer("early", 0, 5)
    capture.peer("late", 8, None)
    capture.peer("chosen", 1, 20, user="user-1")
    capture.peer("hidden", 1, 20, hidden=True)
    capture.peer("paused", 12, 13)
    capture.recording("all", 6, 20, pauses=[(11, 14)])
    capture.recording("one", 6, 20, user_ids=("user-1", "hidden-participant"))
    timeline = Timeline(capture.write())
    timeline.poll()
    assert list(recorded_peers(timeline, "all")) == ["chosen", "late"]
    assert list(recorded_peers(timeline, "one")) == ["chosen"]
    assert [p for p, peer in timeline.peers.items() if belongs(timeline, "all", peer)] == [
        "early",
        "chosen",
        "late",
        "paused",
    ]


def test_a_job_looks_at_no_more_tracks_than_its_files_are_made_of(tmp_path: Path) -> None:
    capture = Capture(tmp_path)
    capture.peer("ann", 0, 5)
    capture.peer("bob", 0, 5)
    capture.tone("ann", 440, 0, 2)
    capture.picture("ann", "vp8", 0, 2)
    capture.tone("bob", 660, 0, 2)
    capture.recording("ann only", 0, 2, user_ids=("ann-participant",))
    timeline = Timeline(capture.write())
    timeline.poll()
    sound, picture = TrackKey("ann", 0), TrackKey("ann", 1)
    for kind, layers, expected in (
        (Kind.COMPOSITE, (), [sound, picture]),
        (Kind.TRACK, (), [sound]),
        (Kind.TRACK, (Layer(media_kind="video"),), [picture]),
    ):
        job = RenderJob(str(tmp_path), kind, RecordingConfig(layers=layers), "ann only")
        assert list(recorded_tracks(timeline, job)) == expected
