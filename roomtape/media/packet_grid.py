"""Owns the packet grid of an audio codec: which samples a packet needs, so that pieces are encoded apart and joined.

Packet `n` begins, decoded, at sample `n * frame - delay` of the recording, whichever encoder made it. Packets of
different encoders can follow one another if each encoder has heard enough before (`warm_up`) and after (`lookahead`)
its part to choose the same as its neighbour. See docs/decisions/0004.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class PacketGrid:
    """`frame` samples a packet; `delay` samples by which a packet's sound begins before its place.

    `warm_up` packets are encoded and thrown away before the first one that is kept; `lookahead` frames have to be known
    after a packet's place.
    """

    frame: int
    delay: int
    warm_up: int
    lookahead: int

    def first_sample(self, packet: int) -> int:
        """Return where the sound must begin that packet `packet` and those after it are encoded from."""
        return max(0, (packet - self.warm_up) * self.frame)

    def packets_within(self, samples: int) -> int:
        """Return how many packets, counted from packet 0, are settled once `samples` samples are known."""
        return max(0, samples // self.frame - self.lookahead)

    def packets_of(self, samples: int) -> int:
        """Return how many packets a whole recording of `samples` samples has."""
        return -(-(samples + self.delay) // self.frame)


@dataclass(frozen=True)
class SoundSpan:
    """The sound of a segment: samples `start` to `end` (excluded) are mixed, from which packets are encoded.

    `packets` has for each codec the first packet that is kept and the end (excluded).
    """

    start: int
    end: int
    packets: tuple[tuple[int, int], ...]


def span(grids: Iterable[PacketGrid], first: int, end: int, last: bool) -> SoundSpan:
    """Return what the segment from sample `first` to `end` (excluded) takes; `last` tells that nothing follows it."""
    found = list(grids)
    packets = tuple((g.packets_within(first), g.packets_of(end) if last else g.packets_within(end)) for g in found)
    start = min(grid.first_sample(kept) for grid, (kept, _) in zip(found, packets, strict=True))
    return SoundSpan(start, end, packets)
