"""Owns counting beyond the width of a field: 16-bit sequence numbers and 32-bit timestamps that wrap around."""

from __future__ import annotations


class Unwrapper:
    """Turns a counter of `bits` bits into one that never wraps, taking each value as the one nearest to the last."""

    __slots__ = ("_half", "_last", "_mask", "_started")

    def __init__(self, bits: int) -> None:
        self._mask = (1 << bits) - 1
        self._half = 1 << (bits - 1)
        self._last = 0
        self._started = False

    def unwrap(self, value: int) -> int:
        """Return `value` counted on; the first value stands for itself.

        Steps back give smaller, even negative, numbers. A step of exactly half the range counts as one forward.
        """
        if not self._started:
            self._started = True
            self._last = value
            return value
        step = (value - self._last) & self._mask
        if step > self._half:
            step -= self._mask + 1
        self._last += step
        return self._last
