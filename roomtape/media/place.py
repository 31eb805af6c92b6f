"""Owns where the packets of an audio track lie on the session's 48 kHz grid: seamless where they follow one another."""

from __future__ import annotations

from dataclasses import dataclass

from roomtape.capture.values import Frame
from roomtape.media.decode_opus import SAMPLE_RATE

FADE = 240
"""5 ms: the length of every fade and crossfade."""
LATE = SAMPLE_RATE // 100
"""10 ms: a packet that is further off than this has not just jittered, there is a hole (or a jump) before it."""
LATE_AFTER_LOSS = SAMPLE_RATE // 500
MAX_CONCEAL = SAMPLE_RATE // 10
"""100 ms: what extrapolates beyond that is invention, not speech."""
_DRIFT = SAMPLE_RATE // 1000
_FAST_DRIFT = 5 * _DRIFT


@dataclass(slots=True)
class Placed:
    """A packet and what becomes of it; sample positions count from the Unix epoch.

    Before `start`, `conceal` samples are made up for lost packets. The packet's own `samples` samples are stretched
    or squeezed to `length` (drift of the sender's clock, a sample or two). `joined` false: the sound is faded in here
    over what lies there. `tail` true: nothing follows closely, so that the sound is led out to silence after its end.
    `skip` samples at its beginning are not used (the sender's clock jumped back onto sound that is placed already).
    """

    data: bytes
    start: int
    samples: int
    length: int
    conceal: int = 0
    skip: int = 0
    joined: bool = True
    tail: bool = True

    @property
    def end(self) -> int:
        return self.start + self.length

    @property
    def begin(self) -> int:
        return self.start - self.conceal


def position(time_us: int) -> int:
    """Return the sample position (48 kHz, from the Unix epoch) of a session time in µs."""
    return (time_us * 6 + 62) // 125


class Placer:
    """Places the packets of one track, in order. What it answers depends on nothing but the frames it was given."""

    def __init__(self) -> None:
        self._last: Placed | None = None

    def place(self, frame: Frame) -> Placed:
        """Return where `frame` (one Opus packet) lies; settles the `tail` of the one before it."""
        start = position(frame.time_us)
        samples = frame.duration_us * 6 // 125
        placed = Placed(frame.data, start, samples, samples, joined=False)
        last = self._last
        if last is not None:
            self._join(placed, last, frame.lost_before)
        self._last = placed
        return placed

    def _join(self, placed: Placed, last: Placed, lost: int) -> None:
        off = placed.start - last.end
        if lost and LATE_AFTER_LOSS < off <= MAX_CONCEAL:
            placed.conceal, placed.joined, last.tail = off, True, False
        elif -LATE <= off <= LATE:
            placed.start, placed.joined, last.tail = last.end, True, False
            placed.length += _nudge(off) if placed.samples > FADE else 0
        elif off < 0:
            placed.skip = min(-off - FADE, placed.samples)
            last.tail = False
            if placed.skip == placed.samples:
                # Nothing of it lies after what is placed: it is decoded for the decoder's sake alone.
                placed.start, placed.length, placed.joined = last.end, 0, True


def _nudge(off: int) -> int:
    size = abs(off)
    step = 2 if size > _FAST_DRIFT else 1 if size > _DRIFT else 0
    return step if off > 0 else -step
