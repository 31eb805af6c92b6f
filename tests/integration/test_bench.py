"""The bench's tools on real media: they are given the same meeting, and make the same picture of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import av
import numpy as np
import pytest

from roomtape.bench import composite
from roomtape.bench.plan import Plan


def picture(path: Path, number: int) -> np.ndarray:
    with av.open(str(path)) as source:
        for i, frame in enumerate(source.decode(video=0)):
            if i == number:
                return frame.to_ndarray(format="gray").astype(int)
    raise AssertionError(f"{path} has no picture {number}")


def test_all_do_the_same_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)  # the files are looked at below
    said: list[str] = []
    filmed = shutil.which("Xvfb") is not None  # `scripts/setup bench` installs it
    plan = Plan(participants=(2,), pairs=1, composite_s=4, browser_s=2 if filmed else 0)
    figures = {f.name: f for f in composite.measure(tmp_path, plan, said.append)}
    if filmed:
        browser = figures["composite_cpu_2_files"].beside
        assert browser is not None
        assert 1 < browser.median < 60 * (os.cpu_count() or 1)
        shown = figures["composite_shown_2_files"].runs[0]
        assert 25 < shown[0] < 31
        assert 1 < shown[1] < 31
    for name in ("composite_cpu_2", "composite_memory_2", "composite_speed_2"):
        ratio = figures[name].ratio
        assert ratio is not None
        assert 0.05 < ratio.median < 100
    assert 20 < figures["composite_memory_2"].ours.median < 1000
    assert "composite of 2: Roomtape renders in 2 processes" in said
    ours = picture(tmp_path / "2/work/out/bench.mp4", 15)
    assert ours.shape == (720, 1280)
    # Above the names, which only Roomtape writes; a frame that came late by its jitter is shown a tick later.
    differences = [np.abs(ours - picture(tmp_path / "2/ffmpeg.mp4", i))[220:480, 20:600].mean() for i in (14, 15)]
    assert min(differences) < 1
