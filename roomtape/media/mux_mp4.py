"""Owns the finished MP4: segments joined packet by packet, nothing encoded again, index first so that a link plays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av

from roomtape.media import segment_nut
from roomtape.media.decode_opus import SAMPLE_RATE
from roomtape.media.encode_aac import FRAME
from roomtape.media.encode_h264 import REORDER

CONTENT_TYPE = "video/mp4"
# Room for the index in front of the media, so that the file is written once and not moved. Bytes a sample, from the
# boxes of ISO/IEC 14496-12 (stsz 4, ctts 8, stts and stco/co64 and stsc shared by a chunk), with a reserve.
_INDEX_BASE, _INDEX_VIDEO, _INDEX_AUDIO = 8192, 28, 20


def join(segments: Iterable[Path], out: Path, fps: int, frames: int, samples: int) -> None:
    """Write the MP4 of `frames` pictures and `samples` samples from its segments, in order. `out` is overwritten."""
    index = _INDEX_BASE + frames * _INDEX_VIDEO + (samples // FRAME) * _INDEX_AUDIO
    tick, sample = Fraction(1, fps), Fraction(1, SAMPLE_RATE)
    with av.open(str(out), "w", format="mp4", options={"moov_size": str(index)}) as container:
        streams: tuple[av.video.stream.VideoStream, av.audio.stream.AudioStream] | None = None
        for source, packets in _read(segments, fps):
            if streams is None:
                streams = (
                    container.add_stream_from_template(source.streams.video[0]),
                    container.add_stream_from_template(source.streams.audio[0]),
                )
            base = min((t for t, _ in packets.video), default=0)
            for i, (at, packet) in enumerate(packets.video):
                packet.stream, packet.time_base = streams[0], tick
                packet.pts, packet.dts, packet.duration = at, base + i - REORDER, 1
                container.mux_one(packet)
            for number, packet in packets.audio:
                packet.stream, packet.time_base = streams[1], sample
                packet.pts = packet.dts = (number - 1) * FRAME
                packet.duration = max(1, min(FRAME, samples - packet.pts))
                container.mux_one(packet)


def probe_duration_ms(path: Path) -> int:
    """Return the duration that the file declares, in ms."""
    with av.open(str(path)) as container:
        return round((container.duration or 0) / 1000)


def _read(segments: Iterable[Path], fps: int) -> Iterator[tuple[av.container.InputContainer, segment_nut.Packets]]:
    for path in segments:
        with segment_nut.open_for_reading(path) as source:
            yield source, segment_nut.read(source, fps)
