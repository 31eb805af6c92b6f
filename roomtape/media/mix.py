"""Owns the mixing of tracks: placed packets become one stretch of sound on the session's 48 kHz grid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roomtape.media.decode_opus import CHANNELS, SAMPLE_RATE, OpusDecoder, Samples
from roomtape.media.place import FADE, Placed

WARM_UP = SAMPLE_RATE * 2 // 5
"""400 ms of packets are decoded before the stretch that is wanted. RFC 7845 (section 4.6) asks for 80 ms after a seek;
five times that makes the decoder's memory of what came before too small to be heard or measured at a border."""
TAIL = SAMPLE_RATE // 50
"""20 ms: how long the extrapolated end of a sound takes to fade away."""
KNEE = 0.8
"""Below it the mix is left as it is; where it is louder it is turned down, and what still passes is bent."""
BLOCK = 256
"""Samples over which the limiter takes a peak. Blocks are counted from the output's beginning, so that a stretch has
the same blocks wherever it begins."""
RELEASE = 30
"""Blocks (160 ms) after which a peak is forgotten: less than what is mixed ahead of a stretch and thrown away."""

_RISE: NDArray[np.float32] = np.linspace(0, 1, FADE, endpoint=False, dtype=np.float32)[:, None]
_FALL: NDArray[np.float32] = np.linspace(1, 0, TAIL, endpoint=False, dtype=np.float32)[:, None]


class _Stretch:
    """A window onto the grid: what is put partly or wholly outside of it is cut off."""

    def __init__(self, start: int, end: int) -> None:
        self.pcm: Samples = np.zeros((max(0, end - start), CHANNELS), np.float32)
        self._start = start

    def put(self, at: int, pcm: Samples, fade_in: bool = False) -> None:
        first = at - self._start
        low, high = max(first, 0), min(first + len(pcm), len(self.pcm))
        if low >= high:
            return
        part = pcm[low - first : high - first]
        if fade_in and low - first < FADE:
            rise = _RISE[low - first : low - first + len(part)]
            under = self.pcm[low : low + len(rise)]
            under += (part[: len(rise)] - under) * rise
            low, part = low + len(rise), part[len(rise) :]
        self.pcm[low : low + len(part)] = part


@dataclass
class Repairs:
    """What had to be made up between two sample positions: `concealed` samples, and `damaged` packets."""

    start: int
    end: int
    concealed: int = 0
    damaged: int = 0

    def add(self, at: int, concealed: int, damaged: int) -> None:
        """Count what was made up for the packet whose sound begins at sample position `at`."""
        if self.start <= at < self.end:
            self.concealed += concealed
            self.damaged += damaged


def render_track(packets: Iterable[Placed], start: int, end: int, repairs: Repairs | None = None) -> Samples:
    """Return one track's sound in [start, end) (sample positions); silence where it has none.

    `packets` are the placed packets of the track that lie in it, from WARM_UP before `start` on. The decoder is a new
    one: the answer depends on nothing else. What had to be made up is added to `repairs`.
    """
    decoder = OpusDecoder()
    stretch = _Stretch(start, end)
    for packet in packets:
        if packet.begin >= end:
            break
        concealed, damaged = decoder.concealed, decoder.damaged
        if packet.conceal:
            stretch.put(packet.begin, decoder.conceal(packet.conceal))
        pcm = decoder.decode(packet.data, packet.samples)
        if packet.length not in (packet.samples, 0):
            pcm = stretched(pcm, packet.length)
        if packet.length:
            stretch.put(packet.start + packet.skip, pcm[packet.skip :], fade_in=not packet.joined)
        if packet.tail:
            stretch.put(packet.end, decoder.extrapolate(TAIL) * _FALL)
        if repairs is not None and decoder.concealed > concealed:
            repairs.add(packet.begin, decoder.concealed - concealed, decoder.damaged - damaged)
    return stretch.pcm


def stretched(pcm: Samples, length: int) -> Samples:
    """Return `pcm` resampled to `length` samples, a few more or less than it has; both ends stay what they are."""
    at = np.linspace(0, len(pcm) - 1, length)
    grid = np.arange(len(pcm))
    return np.stack([np.interp(at, grid, pcm[:, c]) for c in range(CHANNELS)], axis=1).astype(np.float32)


def limited(mix: Samples, first: int = 0) -> Samples:
    """Return `mix`, which begins at output sample `first`, turned down where it is louder than KNEE, so that nothing
    passes full scale.

    The gain follows from the last RELEASE blocks alone, so that a stretch sounds the same whichever was rendered
    before it; it falls within a block, and what is too loud until then is bent softly.
    """
    loudness = np.maximum(np.abs(mix[:, 0]), np.abs(mix[:, -1]))
    if loudness.max(initial=0) <= KNEE:
        return mix
    before = first % BLOCK
    blocks = -(-(before + len(mix)) // BLOCK)
    peaks = np.zeros(blocks * BLOCK, np.float32)
    peaks[before : before + len(mix)] = loudness
    need = np.minimum(1, KNEE / np.maximum(peaks.reshape(blocks, BLOCK).max(axis=1), KNEE))
    gain = need.copy()
    for age in range(1, min(RELEASE, blocks)):
        np.minimum(gain[age:], need[:-age] + age / RELEASE, out=gain[age:])
    ends = np.arange(blocks + 1) * BLOCK
    curve = np.interp(before + np.arange(len(mix)), ends, np.concatenate([gain[:1], gain]))
    turned = mix * curve.astype(np.float32)[:, None]
    size = np.abs(turned)
    room = 1 - KNEE
    bent = np.copysign(KNEE + room * np.tanh((size - KNEE) / room), turned)
    out: Samples = np.where(size > KNEE, bent, turned).astype(np.float32)
    return out


def soften_cut(pcm: Samples, at: int) -> None:
    """Fade out before sample `at` of `pcm` and in after it, in place: two sounds are joined there that never met."""
    low, high = max(0, at - FADE), min(len(pcm), at + FADE)
    if low < high:
        pcm[low:high] *= (np.abs(np.arange(low, high) - at) / FADE).astype(np.float32)[:, None]
