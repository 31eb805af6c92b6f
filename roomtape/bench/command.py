"""Owns the command line of `roomtape bench`: which measurements run, where they work, how they are shown."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from roomtape.bench.figure import Figure
from roomtape.bench.plan import QUICK, Plan, Say
from roomtape.errors import RoomtapeError

_WIDTH = 120
"""Columns of a table that no terminal shows."""

Measure = Callable[[Path, Plan, Say], list[Figure]]


class Name(StrEnum):
    """The measurements, in the order in which they run."""

    COMPOSITE = "composite"
    PAGE = "page"
    REMUX = "remux"
    CAPTURE = "capture"
    LATENCY = "latency"
    LIVE = "live"


def bench(
    only: Annotated[list[Name] | None, typer.Option(help="Only this measurement; repeat it for several.")] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Everything once and briefly; the figures say little.")
    ] = False,
    output: Annotated[Path, typer.Option(help="Where the figures go as JSON.")] = Path("bench/results.json"),
) -> None:
    """Measure Roomtape beside other tools that do the same job, in the same run. Best on a machine that is idle."""
    from roomtape.bench import report  # here and below: the other commands need not wait for what only this one uses
    from roomtape.bench.facts import facts

    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    plan = QUICK if quick else Plan()
    told = facts()
    if float(told["load"]) > (os.cpu_count() or 1) / 2:
        console.print(f"[yellow]The machine is busy (load {told['load']}): on an idle one the figures are better.[/]")
    figures: list[Figure] = []
    try:
        with tempfile.TemporaryDirectory(prefix="roomtape-bench-") as folder:
            for name in Name:
                if not only or name in only:
                    figures += _measured(name, Path(folder) / name, plan, console)
    except (RoomtapeError, TimeoutError, OSError) as error:
        sys.exit(f"roomtape: {error or type(error).__name__}")
    finally:
        if figures:
            report.show(figures, told, console)
            report.save(output, figures, told, quick)


def _measured(name: Name, folder: Path, plan: Plan, console: Console) -> list[Figure]:
    measure = _measurement(name)
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console) as bars:
        task = bars.add_task(name)
        done = measure(folder, plan, lambda text: bars.update(task, description=text))
        bars.update(task, description=f"{name}: done", total=1, completed=1)
    return done


def _measurement(name: Name) -> Measure:
    from roomtape.bench import capture, composite, latency, live, page, remux

    return {
        Name.COMPOSITE: composite.measure,
        Name.PAGE: page.measure,
        Name.REMUX: remux.measure,
        Name.CAPTURE: capture.measure,
        Name.LATENCY: latency.measure,
        Name.LIVE: live.measure,
    }[name]
