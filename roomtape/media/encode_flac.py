"""Owns FLAC encoding for segments whose sound is encoded as one stream later: 16 bits, nothing of it is lost.

A packet's number is its first sample: pieces may be cut anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from numpy.typing import NDArray

from roomtape.media.decode_opus import SAMPLE_RATE, Samples
from roomtape.media.mix import BLOCK, RELEASE
from roomtape.media.packet_grid import PacketGrid

FRAME = 1
GRID = PacketGrid(frame=FRAME, delay=0, warm_up=(RELEASE + 2) * BLOCK, lookahead=0)
"""Nothing of the codec needs to be warmed up, but the limiter remembers RELEASE blocks."""
LEVEL = "2"
"""Compression level: higher ones take longer and save little."""
SETTINGS = (LEVEL, GRID)
_SCALE, _LOWEST, _HIGHEST = 32768, -32768, 32767


def open_stream(container: OutputContainer, channels: int) -> AudioStream:
    """Add a FLAC stream at 48 kHz with one or two channels."""
    stream = container.add_stream("flac", SAMPLE_RATE, options={"compression_level": LEVEL})
    stream.layout = "stereo" if channels == 2 else "mono"
    stream.format = "s16"
    stream.codec_context.time_base = Fraction(1, SAMPLE_RATE)
    return stream


def encode(stream: AudioStream, pcm: Samples, start: int, first: int, end: int) -> Iterator[av.Packet[AudioStream]]:
    """Yield packets with samples `first` to `end` (excluded), each with its first sample as pts.

    The sound begins at sample `start`; `pcm` has one column a channel. The stream cannot be used afterwards.
    """
    kept = pcm[first - start : end - start]
    whole = np.clip(np.rint(kept * _SCALE), _LOWEST, _HIGHEST).astype(np.int16)
    at, size = first, SAMPLE_RATE // 10
    for low in range(0, len(whole), size):
        block = np.ascontiguousarray(whole[low : low + size]).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(block, "s16", "stereo" if whole.shape[1] == 2 else "mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, first + low, Fraction(1, SAMPLE_RATE)
        for packet in stream.encode(frame):
            yield _placed(packet, at)
            at += packet.duration or 0
    for packet in stream.encode(None):
        if packet.size:
            yield _placed(packet, at)
            at += packet.duration or 0


def decode(source: InputContainer) -> NDArray[np.float32]:
    """Return the samples of the first FLAC stream of `source`, one column a channel."""
    stream = next(s for s in source.streams.audio if s.codec_context.name == "flac")
    blocks = [f.to_ndarray().reshape(-1, f.layout.nb_channels) for f in source.decode(stream)]
    whole = np.concatenate(blocks) if blocks else np.zeros((0, stream.codec_context.channels), np.int16)
    return whole.astype(np.float32) * np.float32(1 / _SCALE)


def _placed(packet: av.Packet[AudioStream], at: int) -> av.Packet[AudioStream]:
    packet.pts = packet.dts = at
    return packet
