from __future__ import annotations

from pathlib import Path

from roomtape.capture.timeline import Timeline
from roomtape.render.presence import belongs, recorded_peers
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
