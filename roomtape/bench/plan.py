"""Owns how long and how often each measurement is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Say = Callable[[str], None]
"""Told what is being measured now."""


@dataclass(frozen=True)
class Plan:
    """Lengths in seconds. `pairs`: how often both sides of a comparison run; `capture_rounds`: off and on once each."""

    pairs: int = 3
    composite_s: int = 60
    remux_s: int = 3600
    publishers: int = 20
    capture_s: float = 20
    capture_rounds: int = 2
    starts: int = 20
    stops: int = 3
    short_s: float = 10


QUICK = Plan(
    pairs=1, composite_s=8, remux_s=300, publishers=4, capture_s=3, capture_rounds=1, starts=4, stops=1, short_s=3
)
"""Everything once and briefly: shows that it works, its figures say little."""
