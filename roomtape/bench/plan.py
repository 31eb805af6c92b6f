"""Owns how long and how often each measurement is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Say = Callable[[str], None]
"""Told what is being measured now."""


@dataclass(frozen=True)
class Plan:
    """Lengths in seconds. `pairs`: how often both sides of a comparison run; `capture_rounds`: off and on once each.

    A page is recorded for `page_s`. `browser_s` 0 leaves the browser out; it is filmed in a real meeting too where so
    many people are measured as `webrtc_people` says. `most_live` recordings run at once at most, one more every
    `live_s`.
    """

    participants: tuple[int, ...] = (1, 4, 9, 16)
    pairs: int = 2
    composite_s: int = 60
    browser_s: int = 10
    webrtc_people: int = 4
    page_s: int = 30
    remux_s: int = 3600
    publishers: int = 20
    capture_s: float = 15
    capture_rounds: int = 1
    starts: int = 10
    stops: int = 2
    short_s: float = 8
    most_live: int = 6
    live_s: float = 8


QUICK = Plan(
    participants=(1, 4),
    pairs=1,
    composite_s=8,
    browser_s=4,
    page_s=8,
    remux_s=300,
    publishers=4,
    capture_s=3,
    capture_rounds=1,
    starts=4,
    stops=1,
    short_s=3,
    most_live=2,
    live_s=4,
)
"""Everything once and briefly: shows that it works, its figures say little."""
