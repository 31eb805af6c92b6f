"""Owns the finished MP4 and M4A: segments joined packet by packet, nothing encoded again, index first."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from roomtape.media import segment_nut
from roomtape.media.decode_opus import SAMPLE_RATE
from roomtape.media.encode_aac import FRAME
from roomtape.media.encode_h264 import REORDER

VIDEO_TYPE, AUDIO_TYPE = "video/mp4", "audio/mp4"
# Room for the index in front of the media, so that the file is written once and not moved. Bytes a sample, from the
# boxes of ISO/IEC 14496-12 (stsz 4, ctts 8, stts and stco/co64 and stsc shared by a chunk), with a reserve.
_INDEX_BASE, _INDEX_VIDEO, _INDEX_AUDIO = 8192, 28, 20


def join(segments: Iterable[Path], out: Path, fps: int, frames: int, samples: int) -> None:
    """Write the MP4 of `frames` pictures (H.264) and `samples` samples (AAC) from its segments, in order.

    `out` is overwritten. No `frames`: there are no pictures, and the file is an M4A.
    """
    index = _INDEX_BASE + frames * _INDEX_VIDEO + (samples // FRAME) * _INDEX_AUDIO
    tick, sample = Fraction(1, fps), Fraction(1, SAMPLE_RATE)
    options = {"moov_size": str(index)}
    with av.open(str(out), "w", format="mp4" if frames else "ipod", options=options) as container:
        streams: list[Any] = []
        for path in segments:
            with segment_nut.open_for_reading(path) as source:
                if not streams:
                    templates: list[Any] = [segment_nut.sound_stream(source, "AAC")]
                    if frames:
                        templates.insert(0, source.streams.video[0])
                    streams = [container.add_stream_from_template(template) for template in templates]
                packets = segment_nut.read(source, fps, "AAC", video=frames > 0)
                base = min((t for t, _ in packets.video), default=0)
                for i, (at, packet) in enumerate(packets.video):
                    packet.stream, packet.time_base = streams[0], tick
                    packet.pts, packet.dts, packet.duration = at, base + i - REORDER, 1
                    container.mux_one(packet)
                for number, packet in packets.audio:
                    packet.stream, packet.time_base = streams[-1], sample
                    packet.pts = packet.dts = (number - 1) * FRAME
                    packet.duration = max(1, min(FRAME, samples - packet.pts))
                    container.mux_one(packet)
