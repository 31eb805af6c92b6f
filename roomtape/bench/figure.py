"""Owns the figure: one measured number with what stands beside it, and its place in the table and in the JSON file."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Spread:
    """Median and extremes of some measurements."""

    median: float
    lowest: float
    highest: float
    count: int


@dataclass(frozen=True)
class Figure:
    """A line of the table: `ours` and `beside` (None: nothing to compare with) in `unit`.

    `ratio` is ours over beside, pair by pair; `runs` holds the single measurements in the order they were made.
    """

    name: str
    what: str
    unit: str
    ours: Spread
    beside: Spread | None = None
    beside_name: str = ""
    ratio: Spread | None = None
    runs: tuple[tuple[float, ...], ...] = field(default=(), repr=False)


def spread(values: Sequence[float]) -> Spread:
    """Return the spread of at least one value."""
    return Spread(statistics.median(values), min(values), max(values), len(values))


def compared(name: str, what: str, unit: str, beside_name: str, pairs: Sequence[tuple[float, float]]) -> Figure:
    """Return the figure of (ours, beside) pairs that were measured side by side."""
    ours, beside = [p[0] for p in pairs], [p[1] for p in pairs]
    ratio = spread([a / b for a, b in pairs]) if all(beside) else None
    return Figure(name, what, unit, spread(ours), spread(beside), beside_name, ratio, tuple(pairs))


def alone(name: str, what: str, unit: str, values: Sequence[float]) -> Figure:
    """Return the figure of measurements that nothing stands beside."""
    return Figure(name, what, unit, spread(values), runs=tuple((v,) for v in values))


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least `percent` of the values do not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]
