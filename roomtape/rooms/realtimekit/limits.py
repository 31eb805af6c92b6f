"""Owns how often something may happen: a token bucket that is told the time."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Bucket:
    """`rate` a second on average, `size` at once."""

    rate: float
    size: float
    _left: float = field(init=False)
    _at_ms: int | None = None

    def __post_init__(self) -> None:
        self._left = self.size

    def take(self, now_ms: int) -> bool:
        """Tell whether it may happen now. A clock that was set back gives nothing and takes nothing."""
        if self._at_ms is not None:
            self._left = min(self.size, self._left + max(now_ms - self._at_ms, 0) / 1000 * self.rate)
        self._at_ms = now_ms
        if self._left < 1:
            return False
        self._left -= 1
        return True
