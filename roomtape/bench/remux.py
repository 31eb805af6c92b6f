"""Owns the track file's figure: how fast an hour of one participant's Opus is remuxed, beside Janus's own tool."""

from __future__ import annotations

import shutil
from pathlib import Path

from roomtape.bench.figure import Figure, compared
from roomtape.bench.madeup import people, render_command, write_capture
from roomtape.bench.measure import Usage, alternate, run
from roomtape.bench.plan import Plan, Say
from roomtape.domain.recording import Kind
from roomtape.errors import DestinationError
from roomtape.media.probe import probe
from roomtape.render.child import NICE
from roomtape.render.job import OUT

TIMEOUT_S = 120.0
_TOLERANCE_US = 200_000


def measure(folder: Path, plan: Plan, say: Say) -> list[Figure]:
    """Make a track file of the same `.mjr` with both, alternating."""
    say(f"remux: {plan.remux_s} s of Opus are made")
    capture, work = folder / "capture", folder / "work"
    write_capture(capture, people(1, pictures=False), plan.remux_s)
    source, theirs = next(capture.glob("*.mjr")), folder / "janus.opus"
    command = ["nice", "-n", str(NICE), "janus-pp-rec", "-d", "0", str(source), str(theirs)]

    def ours() -> Usage:
        say("remux: Roomtape remuxes")
        shutil.rmtree(work, ignore_errors=True)
        return run(render_command(capture, work, Kind.TRACK), TIMEOUT_S)

    def other() -> Usage:
        say("remux: janus-pp-rec remuxes")
        theirs.unlink(missing_ok=True)
        return run(command, TIMEOUT_S)

    pairs = alternate(ours, other, plan.pairs)
    for file in (next((work / OUT).glob("*.webm"), None), theirs):
        length_us = probe(file).duration_us if file else None
        if length_us is None or abs(length_us - plan.remux_s * 1_000_000) > _TOLERANCE_US:
            raise DestinationError(f"{file.name if file else 'the track file'} does not last {plan.remux_s} s")
    hours = plan.remux_s / 3600
    wall = [(a.wall_s / hours, b.wall_s / hours) for a, b in pairs]
    cpu = [(a.cpu_s / hours, b.cpu_s / hours) for a, b in pairs]
    return [
        compared("remux_wall", "track file of an hour of Opus: wall", "s", "janus-pp-rec", wall),
        compared("remux_cpu", "track file of an hour of Opus: CPU", "s", "janus-pp-rec", cpu),
    ]
