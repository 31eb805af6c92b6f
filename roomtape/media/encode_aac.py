"""Owns AAC encoding for the composite: packets on one grid for the whole recording, whichever encoder made them.

Packet `n` of a recording carries samples 1024 n - 1024 to 1024 n + 1024, windowed: each sample is in two packets, and
packet 0 only primes the decoder. Packets of different encoders can follow one another if each encoder has heard enough
before (WARM_UP) and after (LOOKAHEAD) its part to choose the same windows. See docs/decisions/0004.
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

FRAME = 1024
WARM_UP = 8
"""Packets encoded and thrown away before the first one that is kept."""
LOOKAHEAD = 2
"""Frames after a packet that its choice of window depends on: one, and one in reserve."""
QUALITY = 280
"""FFmpeg's `global_quality`, from 1 up; 280 gives somebody talking without a pause about 150 kbit/s. Below about 250
the encoder's bit reservoir, which remembers what came before, begins to decide, and pieces differ at their borders."""


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


def first_sample(packet: int) -> int:
    """Return where the sound must begin that packet `packet` and those after it are encoded from."""
    return max(0, (packet - WARM_UP - 1) * FRAME)


def packets_within(samples: int) -> int:
    """Return how many packets, counted from packet 0, are settled once `samples` samples are known."""
    return max(0, samples // FRAME - LOOKAHEAD)


def packets_of(samples: int) -> int:
    """Return how many packets a whole recording of `samples` samples has."""
    return -(-samples // FRAME) + 1


def encode(stream: AudioStream, pcm: Samples, start: int, first: int, end: int) -> Iterator[av.Packet[AudioStream]]:
    """Yield packets `first` to `end` (excluded) with pts 1024 n, from sound that begins at sample `start`.

    `start` is what `first_sample` says; `pcm` has one column a channel. The stream cannot be used afterwards.
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
