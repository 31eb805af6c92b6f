"""Owns made-up sound for tests: steady tones as samples and as Opus, and how to find clicks."""

from __future__ import annotations

from functools import lru_cache

import av
import numpy as np
from numpy.typing import NDArray

RATE = 48_000


def tone(freq: int, seconds: float, amplitude: float = 0.1) -> NDArray[np.float32]:
    """A steady sine, shape (samples,)."""
    clock = np.arange(round(seconds * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * freq * clock)).astype(np.float32)


@lru_cache(maxsize=16)
def opus_tone(freq: int, seconds: int, amplitude: float = 0.1) -> tuple[bytes, ...]:
    """A steady sine as Opus packets of 20 ms."""
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, av.AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format, codec.bit_rate = RATE, "mono", "flt", 96_000
    packets = []
    samples = tone(freq, seconds, amplitude)
    for at in range(0, len(samples), 960):
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis, at : at + 960], "flt", "mono")
        frame.sample_rate, frame.pts = RATE, at
        packets += [bytes(p) for p in codec.encode(frame)]
    return tuple(packets)


def clicks(samples: NDArray[np.float32]) -> float:
    """The largest second difference: for a sine A (2 pi f / 48000)^2, for a click or an edge many times that."""
    return float(np.abs(np.diff(samples, 2)).max())
