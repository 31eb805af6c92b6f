"""Tests of what recordings take from one capture, by decoding: many pauses, and several configurations at once."""

import random
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from roomtape.capture.events import Event, RecordingPaused, RecordingResumed, RecordingStarted, RecordingStopped
from roomtape.capture.timeline import Timeline
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import AudioConfig, RecordingConfig, VideoConfig
from roomtape.render.composite import render_composite
from roomtape.render.job import RenderJob
from tests.support import detect
from tests.support.meeting import EPOCH_US, write_meeting, write_peer
from tests.support.sound import clicks


def render(folder: Path, work: Path, recording: str, config: RecordingConfig) -> Path:
    job = RenderJob(str(folder), Kind.COMPOSITE, config, recording)
    files = render_composite(job, work, Timeline(folder), lambda: None, lambda done, total: None)
    return work / "out" / files[0].name


def at(seconds: float) -> int:
    return EPOCH_US + round(seconds * 1e6)


def spacing(path: Path) -> set[int]:
    """Return the distances between pictures, in 1/30 s."""
    with av.open(str(path)) as container:
        times = [f.pts * f.time_base * 30 for f in container.decode(video=0)]  # type: ignore[operator]
    return {int(b - a) if (b - a).denominator == 1 else -1 for a, b in pairwise(times)}


def test_thirty_pauses_in_a_minute_make_one_seamless_file(tmp_path: Path) -> None:
    chance = random.Random(4)
    events: list[Event] = write_peer(tmp_path, "ann", identity=1, tone=400, seconds=60, size=(160, 90))
    spans: list[tuple[float, float]] = []
    begin = 0.5
    for _ in range(30):
        end = begin + chance.uniform(0.2, 1.2)
        again = end + chance.uniform(0.05, 1.0)
        spans.append((begin, end))
        events += [RecordingPaused(at(end), "rec"), RecordingResumed(at(again), "rec")]
        begin = again
    assert begin < 58
    spans.append((begin, begin + 0.7))
    write_meeting(tmp_path, events, 0.5, begin + 0.7)
    path = render(tmp_path, tmp_path / "work", "rec", RecordingConfig(video=VideoConfig(width=320, height=180)))

    recorded = sum(b - a for a, b in spans)
    ends = detect.durations(path)
    assert ends["video"] == pytest.approx(recorded, abs=0.034)
    assert ends["audio"] == pytest.approx(recorded, abs=0.022)
    assert spacing(path) == {1}

    offsets = np.cumsum([0.0, *(b - a for a, b in spans)])

    def session(t: float) -> float:
        i = int(np.searchsorted(offsets, t + 1e-6, side="right")) - 1
        return spans[min(i, len(spans) - 1)][0] + t - offsets[min(i, len(spans) - 1)]

    readings = detect.read_counters(path)
    off = [session(r.t) * 30 - (r.counter + 300 * round((session(r.t) * 30 - r.counter) / 300)) for r in readings]
    assert len(readings) > recorded * 30 * 0.97  # a picture that has just been scaled may be unreadable
    assert min(off) > -0.1
    assert max(off) < 1.1

    samples = detect.sound(path).samples
    seams = [round(o * detect.RATE) for o in offsets[1:-1]]
    # A beep has (2 pi 2500 / 48000)^2 * 0.4 = 0.043; a hard cut through tone or beep would be up to 0.5.
    assert clicks(samples) < 0.05
    assert max(float(np.abs(samples[s - 24 : s + 24]).max()) for s in seams) < 0.1
    heard = np.array([np.abs(samples[i : i + 960]).max() for i in range(0, len(samples) - 960, 480)])
    assert (heard > 0.03).mean() > 0.97


def test_recordings_at_once_have_their_own_shape_and_length(tmp_path: Path) -> None:
    events: list[Event] = write_peer(tmp_path, "ann", identity=1, tone=400, seconds=9)
    events += write_peer(tmp_path, "bob", identity=2, tone=900, codec="h264", seconds=9)
    events += [
        RecordingStarted(at(2), "upright"),
        RecordingPaused(at(4), "upright"),
        RecordingResumed(at(5), "upright"),
        RecordingStopped(at(8), "upright"),
        RecordingStarted(at(3), "bob alone", ("user-bob",)),
        RecordingStopped(at(6), "bob alone"),
    ]
    write_meeting(tmp_path, events, 1, 7, recording="lying")
    configs = {
        "lying": RecordingConfig(video=VideoConfig(width=640, height=360)),
        "upright": RecordingConfig(video=VideoConfig(width=360, height=640, fps=25)),
        "bob alone": RecordingConfig(
            video=VideoConfig(codec="VP8", width=320, height=240), audio=AudioConfig(channel="mono")
        ),
    }
    made = {name: render(tmp_path, tmp_path / name, name, config) for name, config in configs.items()}
    wanted = {"lying": (1.0, 6.0, {1, 2}), "upright": (2.0, 5.0, {1, 2}), "bob alone": (3.0, 3.0, {2})}
    for name, (start, lasts, who) in wanted.items():
        video, path = configs[name].video, made[name]
        with av.open(str(path)) as container:
            picture = container.streams.video[0]
            assert (picture.width, picture.height) == (video.width, video.height)
        assert detect.durations(path)["video"] == pytest.approx(lasts, abs=1 / video.fps + 0.001)
        rects = [(0, 0, video.width, video.height)]
        if len(who) == 2 and name == "lying":
            rects = [(0, 90, 318, 178), (322, 90, 318, 178)]
        elif len(who) == 2:
            rects = [(0, 58, 360, 202), (0, 380, 360, 202)]
        else:
            rects = [(0, 30, 320, 180)]
        readings = detect.read_counters(path, rects)
        assert {r.identity for r in readings} == who, name
        first = min(r.t for r in readings)
        assert min(r.counter for r in readings if r.t == first) == pytest.approx(start * 30, abs=2), name
        assert detect.tone_present(path, 900, 0.1, lasts - 0.1) == (2 in who)
        assert detect.no_tone(path, 400) == (1 not in who)
