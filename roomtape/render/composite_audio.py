"""Owns the sound of a composite: its tracks, read as far as needed and mixed for a stretch of the output."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from zlib import crc32

import numpy as np

from roomtape.capture.tracks import TrackReader
from roomtape.capture.values import Frame
from roomtape.media.decode_opus import Samples
from roomtape.media.loudness import Loudness
from roomtape.media.mix import TAIL, WARM_UP, Repairs, limited, render_track, soften_cut
from roomtape.media.place import Placed, Placer, position
from roomtape.render.composite_clock import OutputClock, Stretch

AHEAD_US = 150_000
"""What follows within this time decides how a sound ends: a packet of at most 120 ms (RFC 6716), or a hole."""
_CHUNK_US = 60_000_000
_NONE = range(0)
_REACH = WARM_UP + TAIL + position(120_000)


Heard = Callable[[int, int, int], None]
"""Told of each packet, in order: session time and length in µs, and loudness in -dBov (RFC 6464: 0 to 127)."""


class AudioFeed:
    """One Opus track, placed on the grid from its beginning on; only the part still needed is kept.

    `heard` is told of every packet that is read; a loudness that the sender does not say is measured.
    """

    def __init__(self, reader: TrackReader, heard: Heard | None = None) -> None:
        self._reader = reader
        self._heard = heard
        self._loudness: Loudness | None = None
        self._placer = Placer()
        self._packets: deque[Placed] = deque()
        self._repairs: Counter[str] = Counter()

    def next_us(self) -> int | None:
        """Return the session time of the next packet to be read, None if none is known yet."""
        return self._reader.next_us()

    def read(self, until_us: int, keep_from: int) -> None:
        """Read packets before session time `until_us`; forget what ended well before sample position `keep_from`."""
        start = self._reader.next_us()
        while start is not None and start < until_us:
            frames = self._reader.read(min(until_us, start + _CHUNK_US))
            self._packets.extend(map(self._placer.place, frames))
            self._tell(frames)
            self._forget(keep_from)
            start = self._reader.next_us()
        self._forget(keep_from)

    def render(self, start: int, end: int, counted: range = _NONE) -> Samples | None:
        """Return the sound at sample positions [start, end), None where there is not a single packet.

        What had to be made up for packets that begin at the positions `counted` is added to the repairs.
        """
        from_here = self._around(start, end)
        if not any(p.end + TAIL > start for p in from_here):
            return None
        repairs = Repairs(counted.start, counted.stop)
        pcm = render_track(from_here, start, end, repairs)
        if repairs.concealed:
            self._repairs["concealed_samples"] += repairs.concealed
        if repairs.damaged:
            self._repairs["damaged_packets"] += repairs.damaged
        return pcm

    def take_repairs(self) -> dict[str, int]:
        """Return what was made up since this was asked last: samples at 48 kHz, and packets that were damaged."""
        found, self._repairs = self._repairs, Counter()
        return dict(found)

    def digest(self, stretches: Sequence[Stretch]) -> int:
        """Return a number that stands for the packets which make the sound of `stretches`; 0 where there are none."""
        crc = 0
        for stretch in stretches:
            for p in self._around(stretch.start, stretch.start + stretch.length):
                place = p.start, p.samples, p.length, p.conceal, p.skip, p.joined, p.tail
                crc = crc32(p.data, crc32(repr(place).encode(), crc))
        return crc

    def _tell(self, frames: list[Frame]) -> None:
        heard = self._heard
        if heard is None:
            return
        for frame in frames:
            level = frame.level
            if level is None:
                if self._loudness is None:
                    self._loudness = Loudness()
                level = self._loudness.of(frame.data)
            heard(frame.time_us, frame.duration_us, level)

    def _around(self, start: int, end: int) -> list[Placed]:
        return [p for p in self._packets if p.end > start - WARM_UP and p.begin < end]

    def _forget(self, keep_from: int) -> None:
        while self._packets and self._packets[0].end < keep_from - _REACH:
            self._packets.popleft()


def read_for(feed: AudioFeed, stretches: Sequence[Stretch], ahead_us: int) -> None:
    """Read what the sound of `stretches` (at least one) is made of, and what decides how it ends."""
    last = stretches[-1]
    feed.read((last.start + last.length) * 125 // 6 + ahead_us, stretches[0].start)


def mixed(
    feeds: Iterable[AudioFeed],
    clock: OutputClock,
    first: int,
    end: int,
    channels: int,
    ahead_us: int = AHEAD_US,
    counted: range = _NONE,
) -> Samples:
    """Return output samples `first` to `end` (excluded) of all feeds together, with `channels` columns.

    `ahead_us` is 0 for the last stretch of all: whether the session goes on after it makes no difference then. Repairs
    are counted where they lie at the output samples `counted`: stretches of sound overlap, what is counted does not.
    """
    out = np.zeros((end - first, 2), np.float32)
    stretches = clock.stretches(first, end)
    if stretches:
        for feed in feeds:
            read_for(feed, stretches, ahead_us)
            for stretch in stretches:
                begin, until = stretch.start, stretch.start + stretch.length
                shift = stretch.start - stretch.at
                own = range(max(counted.start + shift, begin), min(counted.stop + shift, until))
                sound = feed.render(begin, until, own)
                if sound is not None:
                    out[stretch.at - first : stretch.at - first + stretch.length] += sound
    # The end is known only of the last stretch: the clock of a recording that goes on ends somewhere else.
    for seam in (0, *clock.seams, *(() if ahead_us else (clock.samples,))):
        soften_cut(out, seam - first)
    loud = limited(out, first)
    return loud if channels == 2 else loud.mean(axis=1, keepdims=True, dtype=np.float32)
