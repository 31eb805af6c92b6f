"""Owns the clock model: it places media (RTP timestamps) on session time (the SFU's wall clock).

Timestamps tell the true spacing of frames and nothing of where they lie; arrivals tell where, with jitter that only
ever adds. So session time is media time plus an offset, the offset being the lower envelope of (arrival - media time)
over a sliding window, followed slowly: jitter vanishes, drift is followed. When the sender's timestamps jump, or stand
still while it is muted, the offset no longer fits; whether it was that or a network that stood still and then
delivered in a burst shows in the packets that follow, so they are held back for a moment before any is placed.

Everything depends on the packets alone: neither on a clock nor on how often anybody asks.
"""

from __future__ import annotations

from collections import deque

WARMUP_US = 500_000
"""The first packets' delays decide the first offset; shorter and a burst at the start would shift the track."""

WINDOW_US = 10_000_000
"""Length of the envelope's window: long enough to hold an undelayed packet, short against 200 ppm (2 ms)."""

SLEW_PPM = 500
"""The offset moves at most this much a second of media: beyond the drift of real clocks (200 ppm), inaudible."""

JUMP_US = 200_000
"""An offset that is wrong by more than this is not drift: slewing would leave lips and voice apart for minutes."""

HOLD_US = 500_000
"""How long packets are held back after a jump until it shows what it was."""

BURST_US = 30_000
"""A queue that empties shortens the delay by at least this from one half of the hold to the other; a jump does not."""

DRAIN_US = 10_000_000
"""How long a queue may take to empty before its delay counts as a jump after all."""

MAX_HELD = 2_000
"""Packets held back at most, for a foreign file whose arrival times stand still."""

MAX_DELAY_US = 5_000_000
"""No network keeps real-time media longer than this: a greater offset is always a jump of the clock."""

MAX_STEP_US = 60_000
"""Upper bound of the step kept to the frame before when a new anchor would place media before what was placed."""


class MediaClock:
    """Maps the media time of one packet stream of `rate` Hz to session time in µs.

    Packets are pushed in the order they were sent. While `held` is true after a push, that packet and those after it
    may not be placed yet; once it is false, `place` gives the session time of everything held back and of what was
    pushed last. `jumps` counts how often the sender's clock jumped.
    """

    __slots__ = (
        "_anchored",
        "_delays",
        "_drain_until",
        "_floor",
        "_held",
        "_held_media",
        "_hold_from",
        "_hold_until",
        "_media",
        "_offset",
        "_rate",
        "_step",
        "held",
        "jumps",
    )

    def __init__(self, rate: int, floor_us: int = 0) -> None:
        """`floor_us`: nothing is placed before it (the end of what came before on the same track)."""
        self._rate = rate
        self._floor = floor_us
        self._offset = 0
        self._anchored = False
        self._media = 0
        self._step = 0
        self._delays: deque[tuple[int, int]] = deque()
        self._held: list[tuple[int, int]] = []
        self._hold_from = 0
        self._hold_until = 0
        self._held_media = 0
        self._drain_until = 0
        self.held = False
        self.jumps = 0

    def push(self, arrival_us: int, ticks: int) -> None:
        """Take the next packet in order of sending: when it arrived, and its unwrapped timestamp."""
        media = ticks * 1_000_000 // self._rate
        delay = arrival_us - media
        if self.held:
            self.foresee(arrival_us, ticks)
        if self.held:
            self._held.append((arrival_us, delay))
            self._held_media = media
            if len(self._held) > MAX_HELD:
                self.decide()
            return
        if not self._anchored:
            self._hold(arrival_us, media, delay, WARMUP_US)
            return
        excess = delay - self._offset
        if excess < -JUMP_US or excess > MAX_DELAY_US or (excess > JUMP_US and arrival_us > self._drain_until):
            self._hold(arrival_us, media, delay, HOLD_US)
            return
        step = media - self._media
        if step > 0:
            self._media = media
            self._step = step
        self._follow(arrival_us, delay, step)

    def foresee(self, arrival_us: int, ticks: int) -> None:
        """Say which packet is pushed next: it may end a hold, so that what was held is placed before it."""
        self.advance(arrival_us)
        if self.held and abs(arrival_us - ticks * 1_000_000 // self._rate - self._held[0][1]) > MAX_DELAY_US:
            self.decide()  # the clock jumped once more

    def advance(self, arrival_us: int) -> None:
        """Say that every packet still to come arrives at `arrival_us` or later; may end a hold."""
        if self.held and arrival_us > self._hold_until:
            self.decide()

    def decide(self) -> None:
        """End a hold with what is known: its time is over, or no more packets are to come."""
        if not self.held:
            return
        self.held = False
        best = min(delay for _, delay in self._held)
        excess = best - self._offset
        if not self._anchored:
            self._anchored = True
            self._offset = max(best, self._floor - self._hold_from)
        elif -JUMP_US <= excess <= JUMP_US or (excess <= MAX_DELAY_US and self._emptying()):
            self._drain_until = self._hold_until + DRAIN_US
        else:
            self.jumps += 1
            free_from = self._media + self._offset + min(self._step, MAX_STEP_US)
            self._offset = max(best, free_from - self._hold_from)
            self._delays.clear()
        self._media = self._held_media
        self._held = []

    def place(self, ticks: int) -> int:
        """Return the session time in µs of a timestamp, by the present offset."""
        return ticks * 1_000_000 // self._rate + self._offset

    def _hold(self, arrival_us: int, media: int, delay: int, length_us: int) -> None:
        self.held = True
        self._hold_from = self._held_media = media
        self._hold_until = arrival_us + length_us
        self._held = [(arrival_us, delay)]

    def _emptying(self) -> bool:
        """Tell whether the delay shrank steadily over the hold, as that of a queue does."""
        first_arrival, last_arrival = self._held[0][0], self._held[-1][0]
        middle = (first_arrival + last_arrival) // 2
        early = min(delay for arrival, delay in self._held if arrival <= middle)
        late = min((delay for arrival, delay in self._held if arrival > middle), default=early)
        return early - late >= BURST_US

    def _follow(self, arrival_us: int, delay: int, step_us: int) -> None:
        """Move the offset towards the lowest delay of the window."""
        delays = self._delays
        while delays and delays[-1][1] >= delay:
            delays.pop()
        delays.append((arrival_us, delay))
        oldest = arrival_us - WINDOW_US
        while delays[0][0] < oldest:
            delays.popleft()
        error = delays[0][1] - self._offset
        if error and step_us > 0:
            most = step_us * SLEW_PPM // 1_000_000
            self._offset += max(-most, min(most, error))
