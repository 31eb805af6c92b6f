"""Owns showing figures: the table on the terminal and the JSON file."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from roomtape.bench.figure import Figure, Spread


def show(figures: Sequence[Figure], facts: Mapping[str, Any], console: Console) -> None:
    """Print a line a figure: medians, the ratio's median, and its extremes with the number of runs.

    Without a ratio the extremes are those of Roomtape's own measurements. What stands beside a second tool directly
    after the first is not said again.
    """
    table = Table("what", Column(justify="right"), Column("Roomtape", justify="right"), box=None)
    for name in ("beside", "ratio"):
        table.add_column(name, justify="right")
    for name in ("which is", "spread"):
        table.add_column(name)
    before = ""
    for figure in figures:
        ratio, over = (f"{figure.ratio.median:.2f}", figure.ratio) if figure.ratio else ("–", figure.ours)
        beside = _number(figure.beside.median) if figure.beside else "–"
        again = figure.what == before
        ours = _number(figure.ours.median) if figure.unit else f"{figure.ours.median:.0f}"  # a number of things
        said = ("", "", "") if again else (figure.what, figure.unit, ours)
        table.add_row(*said, beside, ratio, figure.beside_name, _range(over))
        before = figure.what
    console.print(table)
    console.print(", ".join(f"{name} {value}" for name, value in facts.items() if value), highlight=False)


def save(path: Path, figures: Sequence[Figure], facts: Mapping[str, Any], quick: bool) -> None:
    """Write the figures with every single run; the figures of an earlier run that were not made again are kept.

    Each figure has its own `machine`, `quick` and `unix_time`, since they may be of different runs.
    """
    kept = _kept(path)
    told = {"machine": dict(facts), "quick": quick, "unix_time": int(time.time())}
    kept.update({figure.name: asdict(figure) | told for figure in figures})
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps({"figures": list(kept.values())}, indent=1, ensure_ascii=False) + "\n")
    aside.replace(path)


def _kept(path: Path) -> dict[str, dict[str, Any]]:
    try:
        return {figure["name"]: figure for figure in json.loads(path.read_bytes())["figures"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:#.3g}"


def _range(over: Spread) -> str:
    if over.count < 2:
        return "one run"
    return f"{_number(over.lowest)}–{_number(over.highest)} ({over.count})"
