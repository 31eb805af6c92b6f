"""Owns the decoding of one Opus track to 48 kHz stereo, and the concealment of packets that never came."""

from __future__ import annotations

import av
import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 48_000
CHANNELS = 2
Samples = NDArray[np.float32]
"""Shape (samples, CHANNELS), full scale is -1 to 1."""

_SILK_MS = (10, 20, 40, 60)
_HYBRID_MS = (10, 20)
_CELT_MS = (2.5, 5, 10, 20)


class OpusDecoder:
    """Decodes the packets of one track, in order.

    `damaged` counts the packets that could not be decoded, `concealed` the samples that were made up in their place and
    in that of packets which never came.
    """

    def __init__(self) -> None:
        self.damaged = self.concealed = 0
        context = av.CodecContext.create("libopus", "r")
        assert isinstance(context, av.AudioCodecContext)
        context.sample_rate = SAMPLE_RATE
        context.layout = "stereo"
        context.options = {"request_sample_fmt": "flt"}
        self._context = context
        self._toc: int | None = None

    def decode(self, data: bytes, samples: int) -> Samples:
        """Return the `samples` samples of a packet; one that cannot be decoded is concealed."""
        pcm = self._run(data)
        if pcm is None:
            self.damaged += 1
            self.concealed += samples
            return self.extrapolate(samples)
        self._toc = data[0]
        return fit(pcm, samples)

    def conceal(self, samples: int) -> Samples:
        """Return `samples` samples in place of packets that are missing; silence before the first packet."""
        self.concealed += samples
        return self.extrapolate(samples)

    def extrapolate(self, samples: int) -> Samples:
        """Return `samples` samples as the sound may have gone on; silence before the first packet.

        A packet that is nothing but its TOC byte carries one frame of no bytes, which stands for a lost frame
        (RFC 6716, section 3.2.1 and 4.4): libopus then extrapolates from what it decoded last.
        """
        if self._toc is None:
            return np.zeros((samples, CHANNELS), np.float32)
        lost = bytes([self._toc & 0b11111100])
        step = frame_samples(self._toc)
        parts = [self._run(lost) for _ in range(-(-samples // step))]
        whole = [p if p is not None else np.zeros((step, CHANNELS), np.float32) for p in parts]
        return fit(np.concatenate(whole), samples) if whole else np.zeros((0, CHANNELS), np.float32)

    def _run(self, data: bytes) -> Samples | None:
        if not data:
            return None
        try:
            frames = self._context.decode(av.Packet(data))
        except av.FFmpegError:
            return None
        if not frames:
            return None
        # The decoder's own memory, read only: packed samples need neither copying nor stacking.
        parts = [
            np.frombuffer(memoryview(f.planes[0]), np.float32, f.samples * CHANNELS).reshape(-1, CHANNELS)
            for f in frames
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)


def frame_samples(toc: int) -> int:
    """Return the samples at 48 kHz of one frame under a TOC byte (RFC 6716, section 3.1, table 2)."""
    config = toc >> 3
    if config < 12:
        ms: float = _SILK_MS[config % 4]
    elif config < 16:
        ms = _HYBRID_MS[config % 2]
    else:
        ms = _CELT_MS[config % 4]
    return int(ms * SAMPLE_RATE / 1000)


def fit(pcm: Samples, samples: int) -> Samples:
    """Return `pcm` cut or filled with silence to `samples` samples."""
    if len(pcm) >= samples:
        return pcm[:samples]
    return np.concatenate([pcm, np.zeros((samples - len(pcm), CHANNELS), np.float32)])
