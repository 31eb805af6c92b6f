"""Owns measuring how well media were placed: the offset that was used against the lower envelope known afterwards."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

BUCKET_US = 1_000_000
"""Media are judged second by second: by the packet that was delayed least in it."""

REACH = 5
"""The truth about a second is the least delay of the seconds around it, this many on each side: long enough to hold an
undelayed packet, short against the drift of real clocks (200 ppm make 1 ms of it)."""

SHORTEST_DRIFT_S = 60
"""Over less time than this, jitter of a few milliseconds would be taken for drift."""

_RESOLUTION_US = 100


@dataclass
class SyncMeter:
    """Takes one track's seconds in order; memory does not grow with their number.

    `errors` counts seconds by their error in tenths of a millisecond. `drift_ppm` is by how much the sender's clock is
    faster than the SFU's, over the longest stretch without a jump, of `drift_s` seconds; None while that is too short.
    """

    errors: Counter[int] = field(default_factory=Counter)
    drift_ppm: float | None = None
    drift_s: int = 0
    _around: deque[tuple[int, int, int]] = field(default_factory=lambda: deque(maxlen=2 * REACH + 1))
    _waiting: int = 0
    _line: _Line = field(default_factory=lambda: _Line())

    def add(self, at_us: int, low_us: int, offset_us: int) -> None:
        """Take the next second with media: its time, the least delay in it, and the offset in use at its end (µs)."""
        self._around.append((at_us, low_us, offset_us))
        self._waiting += 1
        if self._waiting > REACH:
            self._waiting -= 1
            self._judge(len(self._around) - 1 - REACH)

    def cut(self) -> None:
        """The sender's clock has jumped (seconds before and after it have no common truth), or nothing is to come."""
        for index in range(len(self._around) - self._waiting, len(self._around)):
            self._judge(index)
        self._around.clear()
        self._waiting = 0
        if self._line.seconds >= SHORTEST_DRIFT_S and self._line.seconds > self.drift_s:
            self.drift_s, self.drift_ppm = self._line.seconds, -self._line.slope * 1_000_000
        self._line = _Line()

    def _judge(self, index: int) -> None:
        around = list(self._around)[max(index - REACH, 0) : index + REACH + 1]
        truth = min(low for _, low, _ in around)
        at_us, _, offset = self._around[index]
        self.errors[abs(offset - truth) // _RESOLUTION_US] += 1
        self._line.add(at_us, truth)


@dataclass
class _Line:
    """The straight line through points, by least squares over running sums."""

    seconds: int = 0
    _first: tuple[int, int] = (0, 0)
    _x: float = 0.0
    _y: float = 0.0
    _xx: float = 0.0
    _xy: float = 0.0
    _n: int = 0

    def add(self, at_us: int, value_us: int) -> None:
        if not self._n:
            self._first = at_us, value_us
        x, y = (at_us - self._first[0]) / 1e6, (value_us - self._first[1]) / 1e6
        self._n += 1
        self._x += x
        self._y += y
        self._xx += x * x
        self._xy += x * y
        self.seconds = int(x)

    @property
    def slope(self) -> float:
        spread = self._n * self._xx - self._x * self._x
        return (self._n * self._xy - self._x * self._y) / spread if spread else 0.0


def percentile_ms(errors: Counter[int], share: float) -> float | None:
    """Return the error in ms that a `share` (0 to 1) of all seconds do not exceed, None without any."""
    due = share * errors.total()
    passed = 0
    for step in sorted(errors):
        passed += errors[step]
        if passed >= due:
            return step * _RESOLUTION_US / 1000
    return None
