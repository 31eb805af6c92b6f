"""Owns MP3 encoding for the audio file: packets on one grid for the whole recording, whichever encoder made them.

Packet `n` of a recording is LAME's `n`-th pair of granules; decoded it begins 1105 samples before 1152 n: 576 that LAME
holds back and 529 of any decoder's filter bank. No packet borrows bits from another one (the reservoir is off), so that
each can be decoded with nothing but its neighbour.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer

from roomtape.media.decode_opus import SAMPLE_RATE, Samples
from roomtape.media.packet_grid import PacketGrid

FRAME = 1152
DECODER_DELAY = 529
DELAY = 576 + DECODER_DELAY
GRID = PacketGrid(frame=FRAME, delay=DELAY, warm_up=10, lookahead=2)
"""LAME looks 224 samples beyond a packet's frame (its FFT reaches 1376 past the place); what its psychoacoustic model
remembers for longer is told to it by ten packets."""
BIT_RATES = {1: 96_000, 2: 160_000}
"""Constant, so that a place in the file follows from the time; without a reservoir speech needs a little more. At these
LAME turns the sound down by 5 %, so that its coding noise does not make it clip."""
OPTIONS = {"reservoir": "0", "compression_level": "5"}
SETTINGS = (BIT_RATES, OPTIONS, GRID)


def open_stream(container: OutputContainer, channels: int) -> AudioStream:
    """Add an MP3 stream at 48 kHz with one or two channels."""
    stream = container.add_stream("libmp3lame", SAMPLE_RATE, options=OPTIONS)
    stream.layout = "stereo" if channels == 2 else "mono"
    stream.format = "fltp"
    stream.bit_rate = BIT_RATES[channels]
    stream.codec_context.time_base = Fraction(1, SAMPLE_RATE)
    return stream


def encode(stream: AudioStream, pcm: Samples, start: int, first: int, end: int) -> Iterator[av.Packet[AudioStream]]:
    """Yield packets `first` to `end` (excluded) with pts 1152 n, from sound that begins at sample `start`.

    `start` is what the grid's `first_sample` says; `pcm` has one column a channel. The stream is used up by it.
    """
    number = start // FRAME
    for at in range(0, len(pcm), FRAME):
        block = np.ascontiguousarray(pcm[at : at + FRAME].T)
        frame = av.AudioFrame.from_ndarray(block, "fltp", "stereo" if block.shape[0] == 2 else "mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, start + at, Fraction(1, SAMPLE_RATE)
        for packet in stream.encode(frame):
            yield from _kept(packet, number, first, end)
            number += 1
    for packet in stream.encode(None):
        yield from _kept(packet, number, first, end)
        number += 1


def _kept(packet: av.Packet[AudioStream], number: int, first: int, end: int) -> Iterator[av.Packet[AudioStream]]:
    if first <= number < end:
        packet.pts = packet.dts = number * FRAME
        packet.duration = FRAME
        yield packet
