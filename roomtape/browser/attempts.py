"""Owns how often, and after which pauses, a page that fails is started again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

FIRST_S, LONGEST_S = 0.2, 30.0
MOST, WINDOW_S = 5, 120.0
"""More failures than this within the window, and nothing was ever shown: it is given up."""


class Attempts:
    """Counts failures; `now` gives seconds of any clock that only goes on."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._failures: deque[float] = deque()

    def pause_s(self) -> float:
        """Count a failure and return how long to wait before the next attempt: longer, the more failed lately."""
        now = self._now()
        self._failures.append(now)
        while self._failures[0] < now - WINDOW_S:
            self._failures.popleft()
        return float(min(LONGEST_S, FIRST_S * 2.5 ** (len(self._failures) - 1)))

    @property
    def count(self) -> int:
        """How many failures there were lately."""
        return len(self._failures)

    @property
    def too_many(self) -> bool:
        """Tell whether there were more failures lately than make sense."""
        return len(self._failures) > MOST
