"""Owns the composite's figures: what a recorded minute costs, beside ffmpeg doing the same job and a filmed browser."""

from __future__ import annotations

import os
import shutil
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from roomtape.bench import browser, filmedpage, meetingfilm
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
MOST_REPEATED = 9
"""More people than that are measured once: it takes long."""
_TOLERANCE_US = 100_000
_MIB = 1 << 20


@dataclass(frozen=True)
class _Measured:
    """What the tools took for `count` participants; `jobs` is Roomtape with JOBS processes, `shown` what it showed.

    `films` are those of browsers, by what the browser played.
    """

    count: int
    pairs: list[tuple[Usage, Usage]]
    jobs: Usage
    films: dict[str, browser.Grabbed]
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

    pairs = alternate(ours, other, plan.pairs if count <= MOST_REPEATED else 1)
    say(f"composite of {count}: Roomtape renders in {JOBS} processes")
    jobs = run(_in_jobs(capture, jobs_file), TIMEOUT_S)
    for file in (ours_file, other_file, jobs_file):
        _check(file, plan.composite_s)
    tiles = grid(count, VideoConfig.width, VideoConfig.height)
    shown = shown_per_second(ours_file, (tiles[0].x, tiles[0].y, tiles[0].width, tiles[0].height))
    films = _films(folder, inputs, tiles, plan, say) if plan.browser_s else {}
    return _Measured(count, pairs, jobs, films, shown)


def _films(
    folder: Path, inputs: Sequence[Path], tiles: Sequence[Rect], plan: Plan, say: Say
) -> dict[str, browser.Grabbed]:
    count = len(tiles)
    say(f"composite of {count}: a browser shows files and ffmpeg films it")
    with filmedpage.of_files(inputs, tiles) as shown:
        films = {"files": browser.film(folder / "files", shown, tiles[0], VideoConfig(), plan.browser_s)}
    if count == plan.webrtc_people:
        say(f"composite of {count}: a browser is in the meeting and ffmpeg films it")
        films["WebRTC"] = meetingfilm.film(folder / "meeting", count, plan)
    for film in films.values():
        _check(film.file, plan.browser_s)
    return films


def _in_jobs(capture: Path, output: Path) -> list[str]:
    words = ("render", str(capture), "--recording", RECORDING, "-o", str(output), "--jobs", str(JOBS))
    return [sys.executable, "-m", "roomtape.cli", *words]


def _figures(found: _Measured, minutes: float) -> list[Figure]:
    n, pairs = found.count, found.pairs
    who = _who(n)
    cpu = [(a.cpu_s / minutes, b.cpu_s / minutes) for a, b in pairs]
    peaks = [(a.peak_bytes / _MIB, b.peak_bytes / _MIB) for a, b in pairs]
    mine, most = statistics.median(a for a, _ in cpu), max(a for a, _ in peaks)
    speed = [(60 * minutes / a.wall_s, 60 * minutes / b.wall_s) for a, b in pairs]
    jobs = f"{who}: speed, {JOBS} jobs on {os.cpu_count() or 1} cores"
    return [
        compared(f"composite_cpu_{n}", f"{who}: CPU a recorded minute", "s", "ffmpeg", cpu),
        *_filmed(found, "cpu", "CPU a recorded minute", "s", mine, lambda film: film.cpu_s_per_minute),
        compared(f"composite_memory_{n}", f"{who}: memory at most", "MiB", "ffmpeg", peaks),
        *_filmed(found, "memory", "memory at most", "MiB", most, lambda film: film.peak_bytes / _MIB),
        *_filmed(found, "shown", "pictures shown, of 30", "1/s", found.shown, lambda film: film.shown_per_second),
        compared(f"composite_speed_{n}", f"{who}: speed, 1 job", "×", "ffmpeg", speed),
        alone(f"composite_speed_{n}_jobs", jobs, "×", [60 * minutes / found.jobs.wall_s]),
    ]


def _filmed(
    found: _Measured, name: str, what: str, unit: str, mine: float, of: Callable[[browser.Grabbed], float]
) -> list[Figure]:
    n = found.count
    who = _who(n)
    return [
        compared(
            f"composite_{name}_{n}_{played.lower()}", f"{who}: {what}", unit, f"browser, {played}",
            [(mine, of(film))],
        )
        for played, film in found.films.items()
    ]  # fmt: skip


def _who(count: int) -> str:
    return f"composite of {count} {'person' if count == 1 else 'people'}"


def _check(file: Path, seconds: int) -> None:
    """Raise DestinationError unless a job was really done: a figure of half a job would be worth nothing."""
    found = probe(file)
    kinds = sorted(s.kind for s in found.streams)
    if kinds != ["audio", "video"] or abs(found.end_us - seconds * 1_000_000) > _TOLERANCE_US:
        raise DestinationError(
            f"{file.name} holds {kinds} of {found.end_us / 1e6:.2f} s instead of {seconds} s of both"
        )
