from __future__ import annotations

from pathlib import Path

import pytest

from roomtape.bench import remux
from roomtape.bench.plan import Plan
from roomtape.errors import DestinationError


def test_both_make_the_track_file(tmp_path: Path) -> None:
    figures = remux.measure(tmp_path, Plan(pairs=2, remux_s=3), lambda _: None)
    assert [f.name for f in figures] == ["remux_wall", "remux_cpu"]
    assert all(len(f.runs) == 2 and f.beside_name == "janus-pp-rec" for f in figures)
    assert figures[1].ours.lowest > 0
    assert list((tmp_path / "work/out").glob("*.webm"))


def test_a_tool_that_makes_something_else_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remux, "_TOLERANCE_US", -1)
    with pytest.raises(DestinationError, match="does not last 1 s"):
        remux.measure(tmp_path, Plan(pairs=1, remux_s=1), lambda _: None)
