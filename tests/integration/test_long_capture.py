"""Tests of a four-hour capture whose sender's clock is fast: what is rendered of its end is as true as of its start.

Segments are functions of their index, so that the first and the last ones tell it; what lies between is only read.
"""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import av
import numpy as np

from roomtape.capture.timeline import Timeline
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import RecordingConfig, VideoConfig
from roomtape.media import encode_aac, segment_nut
from roomtape.render.composite import Composite
from roomtape.render.job import RenderJob
from roomtape.render.segments import SECONDS
from tests.support import detect
from tests.support.longcapture import BEAT_S, truth_s, write_long

HOURS, PPM, FPS = 4, 200.0, 100
PART = (
    "import sys; from roomtape.render import process; code = process.main(sys.argv[1:]); "
    "print(process.peak_bytes()); sys.exit(code)"
)


def part(work: Path, first: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PART, str(work), "--from", str(first), "--parent", str(os.getpid())]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def finished(child: subprocess.Popen[str]) -> float:
    """Wait for a part and return how much memory it took at most, in MB."""
    out, _ = child.communicate(timeout=120)
    assert child.returncode == 0
    return int(out) / 1e6


def beeps(segment: Path) -> list[float]:
    """Return when beeps begin in a segment, in s of the recording."""
    blocks, start = [], None
    with av.open(str(segment)) as container:
        for frame in container.decode(audio=0):
            assert frame.pts is not None
            if start is None:
                start = frame.pts - encode_aac.GRID.delay
            blocks.append(frame.to_ndarray()[0])
    assert start is not None
    loud = np.abs(np.concatenate(blocks)) > 0.1
    (at,) = np.nonzero(loud)
    first = at[np.insert(np.diff(at) > detect.RATE // 4, 0, True)]
    return [float(start + i) / detect.RATE for i in first if i > detect.RATE // 4]


def flashes(segment: Path) -> list[float]:
    """Return when flashes begin in a segment, in s of the recording."""
    return [t - segment_nut.LEAD / FPS for t in detect.flash_times(segment)]


def late(times: list[float]) -> float:
    """Return by how much the moments lie behind the beats nearest to them, in s, in the middle."""
    assert times
    beats = [round(t / truth_s(1, PPM)) for t in times]
    return float(np.median([t - truth_s(beat, PPM) for t, beat in zip(times, beats, strict=True)]))


def test_the_end_of_four_hours_is_as_true_as_their_start(tmp_path: Path) -> None:
    folder, work = tmp_path / "capture", tmp_path / "work"
    write_long(folder, HOURS, PPM)
    video = VideoConfig(width=320, height=180, fps=FPS)
    job = RenderJob(str(folder), Kind.COMPOSITE, RecordingConfig(video=video), "rec")
    job.write(work)
    timeline = Timeline(folder)
    timeline.poll()
    composite = Composite(job, work, timeline)
    clock, final = composite.clock()
    assert clock is not None
    assert final
    count = composite.count(clock)
    assert count == -(-round(truth_s(HOURS * 3600 / BEAT_S, PPM) * FPS) // (FPS * SECONDS))
    with ExitStack() as held:
        held.enter_context(composite.segments.claim(3))
        children = [part(work, 0), part(work, count - 3)]
        memory = [finished(child) for child in children]
    start, end = ([composite.segments.path(i) for i in range(first, first + 3)] for first in (0, count - 3))
    heard, seen = (
        [late([t for segment in of for t in find(segment)]) for of in (start, end)] for find in (beeps, flashes)
    )
    assert max(map(abs, heard)) < 0.02, heard
    assert max(map(abs, seen)) < 0.02, seen
    assert abs(heard[1] - heard[0]) < 0.010, heard
    assert abs(seen[1] - seen[0]) < 0.020, seen
    apart = [s - h for h, s in zip(heard, seen, strict=True)]
    assert abs(apart[1] - apart[0]) <= 0.020, apart
    print(f"late: sound {heard}, picture {seen}; memory {memory} MB")
    assert memory[1] < memory[0] + 25, memory
