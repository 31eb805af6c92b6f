"""Owns the cut: where a moment of session time lies in the output, when only the recorded intervals are kept."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from roomtape.capture.values import Interval


class Cut:
    """Recorded intervals laid end to end. Times in µs; output time zero is the start of the first interval."""

    def __init__(self, intervals: Sequence[Interval]) -> None:
        self._starts = [i.start_us for i in intervals]
        self._ends = [i.end_us for i in intervals]
        self._shifts = []
        done = 0
        for interval in intervals:
            self._shifts.append(interval.start_us - done)
            done += interval.duration_us
        self.duration_us = done

    def at(self, start_us: int, duration_us: int = 0) -> int | None:
        """Return the output time of `start_us`, or None when `duration_us` from there is not wholly inside an interval.

        Wholly, so that nothing said in a pause gets out, and a seam never has two packets on top of each other.
        """
        index = bisect_right(self._starts, start_us) - 1
        if index < 0 or start_us >= self._ends[index] or start_us + duration_us > self._ends[index]:
            return None
        return start_us - self._shifts[index]

    def before(self, moment_us: int) -> int:
        """Return how much of the output lies before the moment `moment_us` of session time."""
        return sum(
            min(end, moment_us) - start
            for start, end in zip(self._starts, self._ends, strict=True)
            if start < moment_us
        )
