"""Owns the loudness of Opus packets whose sender does not say it (RFC 6464), by decoding each one once, in order."""

from __future__ import annotations

import math

import av
import numpy as np

from roomtape.media.decode_opus import SAMPLE_RATE

SILENCE = 127
_EMPTY = 2
"""Bytes of a packet that holds nothing: in silence (DTX) senders make packets of a TOC byte, and of one more."""


class Loudness:
    """Measures one track."""

    def __init__(self) -> None:
        context = av.CodecContext.create("libopus", "r")
        assert isinstance(context, av.AudioCodecContext)
        context.sample_rate = SAMPLE_RATE
        context.layout = "mono"  # half the work of stereo
        context.options = {"request_sample_fmt": "flt"}
        self._context = context

    def of(self, data: bytes) -> int:
        """Return the loudness of the next packet in -dBov: 0 is a square wave at full scale, 127 silence and damage."""
        if len(data) <= _EMPTY:
            return SILENCE
        try:
            frames = self._context.decode(av.Packet(data))
        except av.FFmpegError:
            return SILENCE
        power = count = 0.0
        for frame in frames:
            pcm = np.frombuffer(memoryview(frame.planes[0]), np.float32, frame.samples)
            power += float(pcm @ pcm)
            count += frame.samples
        if power <= 0:
            return SILENCE
        return min(SILENCE, max(0, round(-10 * math.log10(power / count))))
