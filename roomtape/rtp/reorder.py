"""Owns putting packets into the order they were sent in, and counting what is missing, doubled or too late."""

from __future__ import annotations

from roomtape.rtp.packet import Packet

WINDOW_US = 400_000
"""How long a missing packet is waited for: a retransmission takes a round trip or two, and Janus stops asking then."""

START_US = 100_000
"""How long the first packet waits for one that was sent before it."""

DEPTH = 1_000
"""How many packets wait at most for a missing one: more than a second of the fattest stream that WebRTC sends."""

RESTART = 3_000
"""A packet this far behind what came last is no late one: the sender's numbers started anew."""

Ordered = tuple[Packet, int]
"""A packet in its turn, and how many packets are missing directly before it."""

_NONE: list[Ordered] = []


class Reorder:
    """Puts packets into order. What it gives back depends on the packets and their arrival times alone.

    `packets`, `lost`, `late` and `duplicates` count since the beginning. A late packet is one that was given up
    before it came: it stays counted in `lost` too, because its place has been passed.
    """

    __slots__ = ("_expected", "_patience_us", "_waiting", "duplicates", "late", "lost", "packets")

    def __init__(self) -> None:
        self._expected: int | None = None
        self._waiting: dict[int, Packet] = {}
        self._patience_us = START_US
        self.packets = 0
        self.lost = 0
        self.late = 0
        self.duplicates = 0

    @property
    def waiting(self) -> bool:
        """Tell whether packets wait for a missing one."""
        return bool(self._waiting)

    def push(self, seq: int, packet: Packet) -> list[Ordered]:
        """Take a packet with its unwrapped sequence number; return those whose turn it now is.

        The list is for reading only and may be shared.
        """
        self.packets += 1
        expected = self._expected
        if not self._waiting and expected is not None:
            if seq == expected:
                self._expected = seq + 1
                return [(packet, 0)]
            if seq > expected:
                self._waiting[seq] = packet
                return _NONE
            return self._behind(seq, packet, expected, [])
        out = self.advance(packet.arrival_us)
        expected = self._expected
        if expected is not None and seq < expected:
            return self._behind(seq, packet, expected, out)
        if seq in self._waiting:
            self.duplicates += 1
            return out
        self._waiting[seq] = packet
        if seq == expected:
            self._release_run(out, expected, 0)
        elif len(self._waiting) > DEPTH:
            self._skip(out)
        return out

    def advance(self, arrival_us: int) -> list[Ordered]:
        """Say that every packet still to come arrives at `arrival_us` or later; return what need not wait now."""
        out: list[Ordered] = []
        waiting = self._waiting
        # A dict keeps the order of insertion, which is that of arrival: its first one has waited longest.
        while waiting and next(iter(waiting.values())).arrival_us + self._patience_us < arrival_us:
            self._skip(out)
        return out

    def flush(self) -> list[Ordered]:
        """Return everything that still waits: no packet is to come."""
        out: list[Ordered] = []
        while self._waiting:
            self._skip(out)
        return out

    def _behind(self, seq: int, packet: Packet, expected: int, out: list[Ordered]) -> list[Ordered]:
        if expected - seq > RESTART:
            out.extend(self.flush())
            self._expected = seq + 1
            out.append((packet, 0))
            return out
        # Which of the two it is cannot be told once its number has been passed, unless it was the very last one.
        if seq == expected - 1:
            self.duplicates += 1
        else:
            self.late += 1
        return out

    def _skip(self, out: list[Ordered]) -> None:
        first = min(self._waiting)
        missing = 0 if self._expected is None else first - self._expected
        self._patience_us = WINDOW_US
        self.lost += missing
        self._release_run(out, first, missing)

    def _release_run(self, out: list[Ordered], seq: int, missing: int) -> None:
        waiting = self._waiting
        while (packet := waiting.pop(seq, None)) is not None:
            out.append((packet, missing))
            missing = 0
            seq += 1
        self._expected = seq
