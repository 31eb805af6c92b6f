from __future__ import annotations

import json
from pathlib import Path

from roomtape.capture.values import TrackKey
from roomtape.render.findings import Findings, LayoutChange, Seen


def test_written_and_read_again(tmp_path: Path) -> None:
    ann, share = Seen("ann", "peer"), Seen("bob", "screenshare")
    found = Findings(
        (LayoutChange(5, "screen", (share,), (share, ann)), LayoutChange(9, "grid", (), (ann,), 2)),
        {TrackKey("ann", 1): {"damaged_frames": 3}},
    )
    found.write(tmp_path)
    assert Findings.read(tmp_path) == found
    assert Findings.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_what_renders_no_composite_has_none(tmp_path: Path) -> None:
    assert Findings.read(tmp_path) == Findings()
