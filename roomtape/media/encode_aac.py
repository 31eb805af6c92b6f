"""Owns AAC encoding for the composite: packets on one grid for the whole recording, whichever encoder made them.

Packet `n` of a recording carries samples 1024 n - 1024 to 1024 n + 1024, windowed: each sample is in two packets, and
packet 0 only primes the decoder.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container import OutputContainer

from roomtape.media.decode_opus import SAMPLE_RATE, Samples
from roomtape.media.packet_grid import PacketGrid

FRAME = 1024
GRID = PacketGrid(frame=FRAME, delay=FRAME, warm_up=9, lookahead=2)
"""The choice of window depends on one frame after a packet; one more is in reserve."""
QUALITY = 280
"""FFmpeg's `global_quality`, from 1 up; 280 gives somebody talking without a pause about 150 kbit/s. Below about 250
the encoder's bit reservoir, which remembers what came before, begins to decide, and pieces differ at their borders."""
SETTINGS = (QUALITY, GRID)


def open_stream(container: OutputContainer, channels: int) -> AudioStream:
    """Add an AAC (LC) stream at 48 kHz with one or two channels."""
    # With a bit rate the encoder's rate control remembers everything since its start; with a quality each packet
    # follows from the sound around it alone. The two-loop coder is slower and, measured, no better.
    stream = container.add_stream("aac", SAMPLE_RATE, options={"aac_coder": "fast", "global_quality": str(QUALITY)})
    stream.layout = "stereo" if channels == 2 else "mono"
    stream.format = "fltp"
    context = stream.codec_context
    context.time_base = Fraction(1, SAMPLE_RATE)
    context.flags |= int(Flags.qscale) | int(Flags.global_header)
    return stream


def encode(stream: AudioStream, pcm: Samples, start: int, first: int, end: int) -> Iterator[av.Packet[AudioStream]]:
    """Yield packets `first` to `end` (excluded) with pts 1024 n, from sound that begins at sample `start`.

    `start` is what the grid's `first_sample` says; `pcm` has one column a channel. The stream is used up by it.
    """
    for at in range(0, len(pcm), FRAME):
        block = np.ascontiguousarray(pcm[at : at + FRAME].T)
        frame = av.AudioFrame.from_ndarray(block, "fltp", "stereo" if block.shape[0] == 2 else "mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, start + at, Fraction(1, SAMPLE_RATE)
        yield from _kept(stream.encode(frame), first, end)
    yield from _kept(stream.encode(None), first, end)


def _kept(packets: list[av.Packet[AudioStream]], first: int, end: int) -> Iterator[av.Packet[AudioStream]]:
    for packet in packets:
        if packet.pts is None:
            continue
        number = packet.pts // FRAME + 1
        if first <= number < end:
            packet.pts = packet.dts = number * FRAME
            yield packet
