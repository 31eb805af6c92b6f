"""Owns who speaks: from the loudness that clients report, the order of speakers that all clients show."""

from __future__ import annotations

from dataclasses import dataclass, field

HOLD_MS = 1500
"""Nobody takes over before the present speaker has had this long, so that tiles do not jump with every cough."""
SILENT_AFTER_MS = 1200
"""A peer who reported nothing for so long is silent; clients report about every 400 ms while they speak."""
SMOOTHING = 0.5
LOUDER = 1.3
"""Somebody takes over from a speaker who is not silent when louder by this factor (energies go from 0 to 10)."""


@dataclass
class _Level:
    energy: float = 0.0
    at_ms: int = -(10**12)


@dataclass
class Speakers:
    """`order` has the peer ids, the latest speaker first."""

    order: list[str] = field(default_factory=list)
    _levels: dict[str, _Level] = field(default_factory=dict)
    _since_ms: int = -(10**12)

    def heard(self, peer_id: str, energy: int, silent: bool, now_ms: int) -> bool:
        """Note a report; return whether the peer has become the active speaker with it."""
        level = self._levels.setdefault(peer_id, _Level())
        fresh = now_ms - level.at_ms <= SILENT_AFTER_MS
        loud = 0.0 if silent else float(max(energy, 0))
        level.energy = SMOOTHING * loud + (1 - SMOOTHING) * level.energy if fresh else loud
        level.at_ms = now_ms
        if silent or loud == 0 or (self.order and self.order[0] == peer_id):
            return False
        if self.order and not self._may_take_over(level, now_ms):
            return False
        self._since_ms = now_ms
        self._drop(peer_id)
        self.order.insert(0, peer_id)
        return True

    def _may_take_over(self, level: _Level, now_ms: int) -> bool:
        if now_ms - self._since_ms < HOLD_MS:
            return False
        present = self._levels.get(self.order[0])
        if present is None or now_ms - present.at_ms > SILENT_AFTER_MS or present.energy <= 0:
            return True
        return level.energy > present.energy * LOUDER

    def remove(self, peer_id: str) -> None:
        """The peer left or stopped sending sound."""
        self._levels.pop(peer_id, None)
        if self.order and self.order[0] == peer_id:
            self._since_ms = -(10**12)
        self._drop(peer_id)

    def _drop(self, peer_id: str) -> None:
        if peer_id in self.order:
            self.order.remove(peer_id)
