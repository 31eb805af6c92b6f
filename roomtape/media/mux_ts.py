"""Owns MPEG-TS segments of an HLS package: packets of a composite's segments and ID3 tags, nothing encoded again.

Each segment is a file of its own, made by a muxer of its own, and goes on where the one before ended: the clock is
that of the recording, and the continuity counters are counted on (`ts_packets`). Timed ID3 is carried as
private PES packets of stream type 0x15 ("Timed Metadata for HTTP Live Streaming", section 2).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from roomtape.media import segment_nut
from roomtape.media.decode_opus import SAMPLE_RATE
from roomtape.media.encode_aac import FRAME
from roomtape.media.encode_h264 import REORDER
from roomtape.media.ts_packets import Counters, finish

VIDEO_TYPE = "video/mp2t"
ORIGIN_S = 10
"""Seconds of the stream's own clock at output time zero: nothing in front of it, such as the PCR, is then negative."""
_CLOCK = 90_000
# The decoder's clock (PCR) runs so far behind the decoding times, which leaves room for the pictures to arrive.
_OPTIONS = {"mpegts_copyts": "1", "max_delay": "350000", "pat_period": "1", "sdt_period": "10"}


@dataclass(frozen=True)
class Tag:
    """A whole ID3 tag and where in the output it belongs, in µs."""

    at_us: int
    data: bytes


def write(
    path: Path, sources: Sequence[Path], after: Path | None, fps: int, tags: Iterable[Tag], counters: Counters
) -> int:
    """Write one segment with the pictures (H.264) of `sources` and return how many they are.

    It has the sound (AAC) that begins with one of these pictures or later, and before those that follow: the end of it
    lies in the composite's segment `after`, None where nothing follows. `tags` are in order. Packet 0 of the sound,
    which lies before time zero and only primes decoders, is left out: a player's clock would begin with it.
    """
    tick, sample, us = Fraction(1, fps), Fraction(1, SAMPLE_RATE), Fraction(1, 1_000_000)
    with (
        _Packets(sources, after, fps) as packets,
        av.open(str(path), "w", format="mpegts", options=_OPTIONS) as container,
    ):
        streams = [container.add_stream_from_template(t) for t in packets.templates]
        tagged = container.add_data_stream("timed_id3")
        origin = ORIGIN_S * fps
        base = min(at for at, _ in packets.video)
        for i, (at, packet) in enumerate(packets.video):
            packet.stream, packet.time_base = streams[0], tick
            packet.pts, packet.dts, packet.duration = at + origin, base + i - REORDER + origin, 1
        for number, packet in packets.audio:
            packet.stream, packet.time_base = streams[1], sample
            packet.pts = packet.dts = (number - 1) * FRAME + ORIGIN_S * SAMPLE_RATE
            packet.duration = FRAME
        told = []
        for tag in tags:
            packet = av.Packet(tag.data)
            packet.stream, packet.time_base = tagged, us
            packet.pts = packet.dts = tag.at_us + ORIGIN_S * 1_000_000
            told.append(packet)
        for packet in _in_order([p for _, p in packets.video], [p for _, p in packets.audio], told):
            container.mux_one(packet)
    finish(path, counters)
    return len(packets.video)


class _Packets(ExitStack):
    """The packets of a segment; within its context the sources are open, which the streams' templates need."""

    def __init__(self, sources: Sequence[Path], after: Path | None, fps: int) -> None:
        super().__init__()
        self.video: list[tuple[int, Any]] = []
        self.audio: list[tuple[int, Any]] = []
        self.templates: list[Any] = []
        for path in sources:
            source = self.enter_context(segment_nut.open_for_reading(path))
            if not self.templates:
                self.templates = [source.streams.video[0], segment_nut.sound_stream(source, "AAC")]
            found = segment_nut.read(source, fps, "AAC")
            self.video += found.video
            self.audio += found.audio
        first, end = min(at for at, _ in self.video), max(at for at, _ in self.video) + 1
        if after is not None:
            source = self.enter_context(segment_nut.open_for_reading(after))
            self.audio += segment_nut.read(source, fps, "AAC", video=False).audio
        low = Fraction(first, fps) * SAMPLE_RATE / FRAME + 1
        high = Fraction(end, fps) * SAMPLE_RATE / FRAME + 1 if after is not None else None
        self.audio = [(n, p) for n, p in self.audio if n >= low and (high is None or n < high)]


def _in_order(*streams: Sequence[Any]) -> Iterator[Any]:
    """Yield the packets by decoding time; the muxer, which would do so too, then need not keep any back."""
    found = [p for packets in streams for p in packets]
    found.sort(key=lambda packet: packet.dts * packet.time_base)
    return iter(found)
