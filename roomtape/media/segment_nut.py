"""Owns the form of a segment on disk: a NUT file with a stretch of encoded video and audio, on the recording's clock.

NUT keeps any time base exactly. Video packets lie at tick + LEAD, so that no decoding time is negative (the muxer
would shift the whole file); audio packet `n` lies at 1024 n samples.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from roomtape.media import encode_aac, encode_h264
from roomtape.media.decode_opus import SAMPLE_RATE, Samples

LEAD = 8


@dataclass(frozen=True)
class SegmentFormat:
    """What all segments of a recording share: size in pixels, frames per second, frames a segment, audio channels."""

    width: int
    height: int
    fps: int
    frames: int
    channels: int


def fingerprint(form: SegmentFormat) -> str:
    """Return 8 hexadecimal digits that differ where segments could not be joined: other codecs, settings or format."""
    settings = (
        av.__version__,
        encode_h264.OPTIONS,
        encode_h264.THREADS,
        encode_aac.QUALITY,
        encode_aac.WARM_UP,
        encode_aac.LOOKAHEAD,
        form,
    )
    return hashlib.sha256(repr(settings).encode()).hexdigest()[:8]


@dataclass(frozen=True)
class SegmentAudio:
    """The sound of a segment: `pcm` begins at sample `start`; packets `first` to `end` (excluded) are kept."""

    pcm: Samples
    start: int
    first: int
    end: int


@dataclass(frozen=True)
class Packets:
    """A segment's packets: video as (tick, packet) in decoding order, audio as (number, packet)."""

    video: list[tuple[int, av.Packet[Any]]]
    audio: list[tuple[int, av.Packet[Any]]]


def write(path: Path, form: SegmentFormat, pictures: Iterable[tuple[int, av.VideoFrame]], audio: SegmentAudio) -> None:
    """Encode (tick, picture) pairs and sound into `path`. A picture may be drawn over once the next is asked for."""
    with av.open(str(path), "w", format="nut") as container:
        video_stream = encode_h264.open_stream(container, form.width, form.height, form.fps, form.frames)
        audio_stream = encode_aac.open_stream(container, form.channels)
        for tick, picture in pictures:
            container.mux(encode_h264.encode(video_stream, picture, tick + LEAD))
        container.mux(encode_h264.encode(video_stream, None))
        for packet in encode_aac.encode(audio_stream, audio.pcm, audio.start, audio.first, audio.end):
            container.mux(packet)


def read(container: av.container.InputContainer, fps: int) -> Packets:
    """Return all packets of an open segment."""
    found = Packets([], [])
    for packet in container.demux():
        if packet.pts is None or packet.time_base is None:
            continue
        at = packet.pts * packet.time_base
        if packet.stream.type == "video":
            found.video.append((round(at * fps) - LEAD, packet))
        else:
            found.audio.append((round(at * SAMPLE_RATE / encode_aac.FRAME), packet))
    return found


def open_for_reading(path: Path) -> av.container.InputContainer:
    """Open a segment; nothing is probed beyond its headers, which say everything."""
    return av.open(str(path), "r", format="nut", options={"probesize": "32", "analyzeduration": "0"})
