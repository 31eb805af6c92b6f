"""Owns the output clock of a composite: which session time each picture and each sample of the file shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roomtape.capture.values import Interval
from roomtape.media.decode_opus import SAMPLE_RATE
from roomtape.media.place import position


@dataclass(frozen=True)
class Stretch:
    """`length` samples of the output from sample `at` on, which lie at session sample position `start`."""

    at: int
    start: int
    length: int


class OutputClock:
    """Recorded intervals laid end to end at a fixed rate of `fps` pictures and 48000 samples a second."""

    def __init__(self, intervals: Sequence[Interval], fps: int) -> None:
        """Raise ValueError without any interval."""
        if not intervals:
            raise ValueError("a clock needs at least one interval")
        self._intervals = list(intervals)
        self._offsets = [0]
        for interval in intervals:
            self._offsets.append(self._offsets[-1] + interval.duration_us)
        self._fps = fps

    @property
    def start_us(self) -> int:
        """Session time of output time zero."""
        return self._intervals[0].start_us

    @property
    def duration_us(self) -> int:
        return self._offsets[-1]

    @property
    def frames(self) -> int:
        """Pictures of the whole output: one for each that has begun, at least one."""
        return max(1, -(-self.duration_us * self._fps // 1_000_000))

    @property
    def samples(self) -> int:
        """Samples of the whole output: at least what one picture lasts."""
        return max(_samples(self.duration_us), SAMPLE_RATE // self._fps if self.frames == 1 else 1)

    @property
    def seams(self) -> list[int]:
        """Output samples at which one interval ends and the next begins."""
        return [_samples(offset) for offset in self._offsets[1:-1]]

    def session_us(self, output_us: int) -> int:
        """Return the session time shown at `output_us`; beyond the end, the last moment of all."""
        for interval, offset in zip(self._intervals, self._offsets, strict=False):
            if output_us < offset + interval.duration_us:
                return interval.start_us + output_us - offset
        return max(self._intervals[-1].start_us, self._intervals[-1].end_us - 1)

    def tick_us(self, tick: int) -> int:
        """Return the session time of picture `tick`."""
        return self.session_us(tick * 1_000_000 // self._fps)

    def stretches(self, first: int, end: int) -> list[Stretch]:
        """Return where the output samples `first` to `end` (excluded) come from, in order; past the end is nowhere."""
        found = []
        for i, interval in enumerate(self._intervals):
            at, until = _samples(self._offsets[i]), _samples(self._offsets[i + 1])
            low, high = max(at, first), min(until, end)
            if low < high:
                found.append(Stretch(low, position(interval.start_us) + low - at, high - low))
        return found


def _samples(output_us: int) -> int:
    return (output_us * 6 + 62) // 125
