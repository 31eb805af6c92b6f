"""Owns the recorded time as a manifest tells it: stretches cut to it, each in session time and in output time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from roomtape.capture.values import Interval
from roomtape.render.cut import Cut

Told = dict[str, int]
"""`start_us` and `end_us` in µs since the Unix epoch, `from_ms` and `to_ms` in ms of output time (pauses cut out)."""


class Extent:
    """From the start of the first recorded interval to the end of the last one."""

    def __init__(self, intervals: Sequence[Interval]) -> None:
        self._intervals = intervals
        self._cut = Cut(intervals)
        self.start_us = intervals[0].start_us if intervals else 0
        self.end_us = intervals[-1].end_us if intervals else 0

    def recorded(self, start_us: int, end_us: int | None) -> bool:
        """Tell whether a stretch (an end that is open: None) reaches into a recorded interval."""
        return any(start_us < i.end_us and (end_us is None or end_us > i.start_us) for i in self._intervals)

    def at_ms(self, moment_us: int) -> int:
        """Return where a moment lies in the output."""
        return self._cut.before(moment_us) // 1000

    def told(self, start_us: int, end_us: int | None) -> Told:
        """Return a stretch, cut to the recorded time."""
        start = min(max(start_us, self.start_us), self.end_us)
        end = self.end_us if end_us is None else max(min(end_us, self.end_us), start)
        return {"start_us": start, "end_us": end, "from_ms": self.at_ms(start), "to_ms": self.at_ms(end)}

    def told_of(self, spans: Iterable[tuple[int, int | None]]) -> list[Told]:
        """Return those of the stretches that reach into a recorded interval."""
        return [self.told(start, end) for start, end in spans if self.recorded(start, end)]
