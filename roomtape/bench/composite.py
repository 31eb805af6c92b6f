"""Owns the composite's figures: what a recorded minute costs, beside ffmpeg doing the same job and a filmed browser."""

from __future__ import annotations

import os
import shutil
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from roomtape.bench import browser
from roomtape.bench.ffmpeg import command as ffmpeg_command
from roomtape.bench.figure import Figure, alone, compared
from roomtape.bench.madeup import OUTPUT, RECORDING, people, render_command, write_capture, write_webm
from roomtape.bench.measure import Usage, alternate, run
from roomtape.bench.plan import Plan, Say
from roomtape.domain.layout import Rect, grid
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import VideoConfig
from roomtape.errors import DestinationError
from roomtape.media.probe import probe
from roomtape.media.testreading import shown_per_second
from roomtape.render.job import OUT

TIMEOUT_S = 300.0
JOBS = 2
_TOLERANCE_US = 100_000
_MIB = 1 << 20


@dataclass(frozen=True)
class _Measured:
    """What the tools took for `count` participants; `jobs` is Roomtape with JOBS processes."""

    count: int
    pairs: list[tuple[Usage, Usage]]
    jobs: Usage
    grabbed: browser.Grabbed | None
    shown: float


def measure(folder: Path, plan: Plan, say: Say) -> list[Figure]:
    """Make the same picture of 1280x720 with Roomtape, ffmpeg and a browser, for each number of participants."""
    figures = []
    for count in plan.participants:
        figures += _figures(_measured(folder / str(count), count, plan, say), plan.composite_s / 60)
        shutil.rmtree(folder / str(count))
    return figures


def _measured(folder: Path, count: int, plan: Plan, say: Say) -> _Measured:
    everybody = people(count, pictures=True)
    say(f"composite of {count}: media are made")
    capture, work = folder / "capture", folder / "work"
    write_capture(capture, everybody, plan.composite_s)
    inputs = write_webm(folder / "webm", everybody, plan.composite_s)
    ours_file, other_file, jobs_file = work / OUT / OUTPUT, folder / "ffmpeg.mp4", folder / "jobs.mp4"
    source = everybody[0].video
    assert source is not None
    command = ffmpeg_command(inputs, (source.width, source.height), VideoConfig(), other_file)

    def ours() -> Usage:
        say(f"composite of {count}: Roomtape renders")
        shutil.rmtree(work, ignore_errors=True)
        return run(render_command(capture, work, Kind.COMPOSITE), TIMEOUT_S)

    def other() -> Usage:
        say(f"composite of {count}: ffmpeg renders")
        return run(command, TIMEOUT_S)

    pairs = alternate(ours, other, plan.pairs)
    say(f"composite of {count}: Roomtape renders in {JOBS} processes")
    jobs = run(_in_jobs(capture, jobs_file), TIMEOUT_S)
    for file in (ours_file, other_file, jobs_file):
        _check(file, plan.composite_s)
    tiles = grid(count, VideoConfig.width, VideoConfig.height)
    shown = shown_per_second(ours_file, _rect(tiles[0]))
    grabbed = _grabbed(folder / "browser", inputs, tiles, plan, say) if plan.browser_s else None
    return _Measured(count, pairs, jobs, grabbed, shown)


def _grabbed(folder: Path, inputs: Sequence[Path], tiles: Sequence[Rect], plan: Plan, say: Say) -> browser.Grabbed:
    say(f"composite of {len(tiles)}: a browser shows the meeting and ffmpeg films it")
    found = browser.grab(folder, inputs, tiles, VideoConfig(), plan.browser_s)
    _check(found.file, plan.browser_s)
    return found


def _in_jobs(capture: Path, output: Path) -> list[str]:
    words = ("render", str(capture), "--recording", RECORDING, "-o", str(output), "--jobs", str(JOBS))
    return [sys.executable, "-m", "roomtape.cli", *words]


def _figures(found: _Measured, minutes: float) -> list[Figure]:
    n, pairs, grabbed = found.count, found.pairs, found.grabbed
    who = f"{n} {'person' if n == 1 else 'people'}"
    cpu, memory = f"composite of {who}: CPU per recorded minute", f"composite of {who}: memory at most"
    speed = [60 * minutes / a.wall_s for a, _ in pairs]
    figures = [
        compared(f"composite_cpu_{n}", cpu, "s", "ffmpeg", [(a.cpu_s / minutes, b.cpu_s / minutes) for a, b in pairs])
    ]
    if grabbed is not None:
        mine = statistics.median(a.cpu_s for a, _ in pairs) / minutes
        figures.append(compared(f"composite_cpu_{n}_browser", cpu, "s", "browser", [(mine, grabbed.cpu_s_per_minute)]))
    peaks = [(a.peak_bytes / _MIB, b.peak_bytes / _MIB) for a, b in pairs]
    figures.append(compared(f"composite_memory_{n}", memory, "MiB", "ffmpeg", peaks))
    if grabbed is not None:
        peak = (max(a for a, _ in peaks), grabbed.peak_bytes / _MIB)
        figures.append(compared(f"composite_memory_{n}_browser", memory, "MiB", "browser", [peak]))
        pictures = f"composite of {who}: pictures of a participant shown, of 30"
        figures.append(
            compared(f"composite_shown_{n}", pictures, "1/s", "browser", [(found.shown, grabbed.shown_per_second)])
        )
    times = [(mine, 60 * minutes / b.wall_s) for mine, (_, b) in zip(speed, pairs, strict=True)]
    figures.append(compared(f"composite_speed_{n}", f"composite of {who}: speed, 1 job", "×", "ffmpeg", times))
    both = f"composite of {who}: speed, {JOBS} jobs on {os.cpu_count() or 1} cores"
    figures.append(alone(f"composite_speed_{n}_jobs", both, "×", [60 * minutes / found.jobs.wall_s]))
    return figures


def _rect(tile: Rect) -> tuple[int, int, int, int]:
    return tile.x, tile.y, tile.width, tile.height


def _check(file: Path, seconds: int) -> None:
    """Raise DestinationError unless a job was really done: a figure of half a job would be worth nothing."""
    found = probe(file)
    kinds = sorted(s.kind for s in found.streams)
    if kinds != ["audio", "video"] or abs(found.end_us - seconds * 1_000_000) > _TOLERANCE_US:
        raise DestinationError(
            f"{file.name} holds {kinds} of {found.end_us / 1e6:.2f} s instead of {seconds} s of both"
        )
