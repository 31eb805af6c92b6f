"""Golden scenes: small captures that are kept, rendered, and held against pictures that somebody has looked at."""

from __future__ import annotations

import json
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from roomtape.capture.timeline import Timeline
from roomtape.render import parallel
from tests.support import detect, golden
from tests.support.sceneform import SHIFT, Scene
from tests.support.scenery import FPS, RECORDING
from tests.support.scenes import SCENES

PACKET_S = 1024 / 48_000
EDGE_S = 0.05
"""Opus at 16 kbit/s needs a packet or two until a tone that begins sounds in full."""
BEEP_S = 0.008
CUT_S = 0.03


@pytest.fixture(scope="module", params=SCENES)
def rendered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> golden.Rendered:
    return golden.render(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture
def scene(rendered: golden.Rendered) -> Scene:
    return SCENES[rendered.name]


def test_looks_as_it_was_accepted(rendered: golden.Rendered, tmp_path: Path) -> None:
    differ = golden.differences(rendered)
    if differ:
        golden.save(rendered, tmp_path)
    assert not differ, f"see {tmp_path}; if it is meant: python -m tests.support.golden accept {rendered.name}"


def test_lasts_as_long_as_was_recorded(rendered: golden.Rendered, scene: Scene) -> None:
    for kind, end in detect.durations(rendered.video).items():
        assert abs(end - scene.seconds) <= 1 / FPS + PACKET_S, kind
    with av.open(str(rendered.video)) as container:
        shown = [frame.time for frame in container.decode(video=0)]
    assert {round((b - a) * FPS, 3) for a, b in pairwise(shown)} <= {1.0}, "evenly spaced"


def test_is_heard_when_it_was_said(rendered: golden.Rendered, scene: Scene) -> None:
    for hz, spans in scene.tones.items():
        heard = _joined(detect.tone_intervals(rendered.video, hz))
        wanted = [(max(0, a - SHIFT), min(scene.seconds, b - SHIFT)) for a, b in spans]
        assert np.shape(heard) == np.shape(wanted), f"{hz} Hz: {heard}"
        assert np.allclose(heard, wanted, atol=EDGE_S), f"{hz} Hz: {heard}"
    for hz, times in scene.beeps.items():
        # The recording begins within a beep.
        whole = [t for t in detect.beep_times(rendered.video, hz) if t > EDGE_S]
        assert whole == pytest.approx(times, abs=BEEP_S), f"{hz} Hz"


def test_is_seen_when_it_was_shown(rendered: golden.Rendered, scene: Scene) -> None:
    if scene.flashes is not None:
        assert detect.flash_times(rendered.video) == pytest.approx(scene.flashes, abs=1e-3)
    if scene.counters:
        read = {round(r.t * FPS): r.counter for r in detect.read_counters(rendered.video)}
        assert {t: read.get(int(t * FPS + 1e-6)) for t in scene.counters} == scene.counters


def test_tells_what_is_wrong_with_the_capture(rendered: golden.Rendered, scene: Scene) -> None:
    assert len(rendered.result.warnings) == scene.warnings, rendered.result.warnings
    (manifest,) = [f for f in rendered.result.files if f.role == "manifest"]
    told = json.loads(rendered.video.with_name(manifest.name).read_bytes())
    assert sum(t["decoded"].get("damaged_frames", 0) for t in told["tracks"]) == scene.damaged_frames


def test_is_the_same_again_and_from_two_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "speaker"  # whose second segment goes on with what was said in the first
    first = _decoded(golden.render(name, tmp_path / "first"))
    assert _decoded(golden.render(name, tmp_path / "again")) == first
    monkeypatch.setattr(parallel, "LEAST", 1)  # the second process makes the second of two segments
    assert _decoded(golden.render(name, tmp_path / "two", jobs=2)) == first


def test_the_captures_are_small_and_whole() -> None:
    files = [f for f in golden.FOLDER.rglob("*") if f.is_file()]
    assert max(f.stat().st_size for f in files) < 150_000
    assert sum(f.stat().st_size for f in files) < 2_000_000
    assert {f.relative_to(golden.FOLDER).parts[0] for f in files} == set(SCENES), "no scene without a test"
    for name in SCENES:
        timeline = Timeline(golden.capture(name))
        timeline.poll()
        assert timeline.intervals(RECORDING)
        assert not timeline.damaged_events


def _decoded(rendered: golden.Rendered) -> tuple[list[str], str]:
    """Return what stands for each picture and for all the sound of a file."""
    with av.open(str(rendered.video)) as container:
        shown = [sha256(frame.to_ndarray().tobytes()).hexdigest() for frame in container.decode(video=0)]
    return shown, sha256(detect.sound(rendered.video).samples.tobytes()).hexdigest()


def _joined(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Join what is parted by no more than the softening of a cut, or the limiter where all beep at once."""
    out: list[tuple[float, float]] = []
    for begin, end in spans:
        if out and begin - out[-1][1] <= CUT_S:
            begin = out.pop()[0]
        out.append((begin, end))
    return out
