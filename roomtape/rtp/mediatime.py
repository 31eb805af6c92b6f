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
from copy import deepcopy

from roomtape.rtp.syncerror import BUCKET_US, SyncMeter

WARMUP_US = 500_000
"""The first packets' delays decide the first offset; shorter and a burst at the start would shift the track."""

WINDOW_US = 10_000_000
"""Length of the envelope's window: long enough to hold an undelayed packet, short against 200 ppm (2 ms)."""

SLEW_PPM = 500
"""The offset moves at most this much a second of media: beyond the drift of real clocks (200 ppm), inaudible."""

OFF_US = 5_000
FAST_SLEW_PPM = 2_000
"""An offset that is wrong by more than OFF_US moves this fast: what sound can be stretched by (media/place.py)."""

JUMP_US = 200_000
"""A delay that grows beyond this is not drift: slewing would leave lips and voice apart for minutes."""

STEP_US = 80_000
"""From one packet to the next, this much is suspicious already: a network's queue grows more slowly than that."""

HOLD_US = 500_000
"""How long packets are held back after a jump until it shows what it was."""

BURST_US = 30_000
"""A queue that empties shortens the delay by at least this from one half of the hold to the other; a jump does not."""

MAX_HELD = 2_000
"""Packets held back at most, for a foreign file whose arrival times stand still."""

MAX_DELAY_US = 5_000_000
"""No network keeps real-time media longer than this: a greater offset is always a jump of the clock."""

MAX_STEP_US = 60_000
"""Upper bound of the step kept to the frame before when a new anchor would place media before what was placed."""

RAISE_US = 500_000
"""What counts at most as media between two packets when the offset is raised: after a pause the few packets that the
window holds may all be late. Opus in silence sends one in 400 ms."""


class MediaClock:
    """Maps the media time of one packet stream of `rate` Hz to session time in µs.

    Packets are pushed in the order they were sent. While `held` is true after a push, that packet and those after it
    may not be placed yet; once it is false, `place` gives the session time of everything held back and of what was
    pushed last. `jumps` counts how often the sender's clock jumped.
    """

    __slots__ = (
        "_anchored",
        "_before",
        "_bucket_end",
        "_bucket_low",
        "_delays",
        "_floor",
        "_held",
        "_held_media",
        "_hold_from",
        "_hold_until",
        "_limit",
        "_lowest",
        "_media",
        "_meter",
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
        self._lowest = 0  # the envelope, which the offset follows
        self._before = 0  # the delay of the packet before
        self._anchored = False
        self._media = 0
        self._step = 0
        self._delays: deque[tuple[int, int]] = deque()
        self._held: list[tuple[int, int]] = []
        self._hold_from = 0
        self._hold_until = 0
        self._held_media = 0
        self._limit = JUMP_US  # what the present hold would allow
        self._bucket_end = 0
        self._bucket_low = 0
        self.held = False
        self.jumps = 0
        self._meter = SyncMeter()

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
        excess = delay - self._lowest
        if excess > STEP_US or excess < -STEP_US:
            limit = JUMP_US if excess > 0 and delay - self._before <= STEP_US else STEP_US
            if not -limit <= excess <= limit:
                self._limit = limit
                self._hold(arrival_us, media, delay, HOLD_US)
                return
        self._before = delay
        step = media - self._media
        if step > 0:
            self._media = media
            self._step = step
        delays = self._delays
        while delays and delays[-1][1] >= delay:
            delays.pop()
        delays.append((arrival_us, delay))
        oldest = arrival_us - WINDOW_US
        while delays[0][0] < oldest:
            delays.popleft()
        self._lowest = lowest = delays[0][1]
        if lowest != self._offset and step > 0:
            self._slew(lowest - self._offset, step)
        if arrival_us >= self._bucket_end or delay < self._bucket_low:
            self._measure(arrival_us, delay)

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
        best, at_us = min((delay, arrival) for arrival, delay in self._held)
        excess = best - self._lowest
        if not self._anchored:
            self._anchored = True
            self._anchor(best, at_us, self._floor - self._hold_from)
        elif not (-self._limit <= excess <= self._limit or (0 < excess <= MAX_DELAY_US and self._emptying())):
            self.jumps += 1
            free_from = self._media + self._offset + min(self._step, MAX_STEP_US)
            self._anchor(best, at_us, free_from - self._hold_from)
        for arrival_us, delay in self._held:
            self._measure(arrival_us, delay)
        self._before = self._held[-1][1]
        self._media = self._held_media
        self._held = []

    def place(self, ticks: int) -> int:
        """Return the session time in µs of a timestamp, by the present offset."""
        return ticks * 1_000_000 // self._rate + self._offset

    def measured(self) -> SyncMeter:
        """Return how well media were placed up to now."""
        meter = deepcopy(self._meter)
        if self._bucket_end:
            meter.add(self._bucket_end, self._bucket_low, self._offset)
        meter.cut()
        return meter

    def _anchor(self, delay: int, arrival_us: int, earliest: int) -> None:
        """Begin anew with an envelope of `delay`, to which the offset is led from `earliest` if that is later."""
        self._close_bucket()
        self._meter.cut()
        self._delays.clear()
        self._delays.append((arrival_us, delay))
        self._lowest = delay
        self._offset = max(delay, earliest)

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

    def _slew(self, error: int, step_us: int) -> None:
        """Lead the offset towards the envelope, by what `step_us` of media admit."""
        if error > 0:
            step_us = min(step_us, RAISE_US)
        most = step_us * (SLEW_PPM if -OFF_US <= error <= OFF_US else FAST_SLEW_PPM) // 1_000_000
        self._offset += max(-most, min(most, error))

    def _measure(self, arrival_us: int, delay: int) -> None:
        if arrival_us >= self._bucket_end:
            self._close_bucket()
            self._bucket_end = arrival_us + BUCKET_US
            self._bucket_low = delay
        elif delay < self._bucket_low:
            self._bucket_low = delay

    def _close_bucket(self) -> None:
        if self._bucket_end:
            self._meter.add(self._bucket_end, self._bucket_low, self._offset)
            self._bucket_end = 0
