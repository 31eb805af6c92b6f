"""Owns the finished WebM: segments joined packet by packet with one stream of Vorbis, index first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream

from roomtape.media import segment_nut
from roomtape.media.decode_opus import SAMPLE_RATE

VIDEO_TYPE, AUDIO_TYPE = "video/webm", "audio/ogg"
# Bytes of the index (Cues) that is written in front of the media at the end: one entry for each keyframe.
_INDEX_BASE, _INDEX_ENTRY = 4096, 40
_CODECS = {"VP8": "libvpx", "VP9": "libvpx-vp9"}


def join(segments: Iterable[Path], sound: Path, out: Path, form: segment_nut.SegmentFormat, frames: int) -> None:
    """Write the WebM of `frames` pictures from its segments, in order, and of the Vorbis in the Ogg file `sound`.

    `out` is overwritten.
    """
    assert form.video_codec is not None
    keyframes = frames // (form.keyframe_ticks or form.frames) + 2
    # bitexact: the same packets give the same bytes, without a random id of the file.
    options = {"fflags": "+bitexact", "reserve_index_space": str(_INDEX_BASE + keyframes * _INDEX_ENTRY)}
    tick = Fraction(1, form.fps)
    with av.open(str(sound)) as ogg, av.open(str(out), "w", format="webm", options=options) as container:
        shown = container.add_mux_stream(_CODECS[form.video_codec], form.fps, width=form.width, height=form.height)
        heard = container.add_stream_from_template(ogg.streams.audio[0])
        packets = _packets(ogg, ogg.streams.audio[0])
        waiting = next(packets, None)
        for path in segments:
            with segment_nut.open_for_reading(path) as source:
                for at, packet in segment_nut.read(source, form.fps, None).video:
                    while waiting is not None and waiting.pts * form.fps <= at * SAMPLE_RATE:
                        container.mux_one(_into(heard, waiting))
                        waiting = next(packets, None)
                    packet.stream, packet.time_base = shown, tick
                    packet.pts = packet.dts = at
                    packet.duration = 1
                    container.mux_one(packet)
        while waiting is not None:
            container.mux_one(_into(heard, waiting))
            waiting = next(packets, None)


def join_audio(sound: Path, out: Path) -> None:
    """Write the Ogg file of the Vorbis in `sound` without its random serial number. `out` is overwritten."""
    with av.open(str(sound)) as ogg, av.open(str(out), "w", format="ogg", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream_from_template(ogg.streams.audio[0])
        for packet in ogg.demux(ogg.streams.audio[0]):
            if packet.size:
                container.mux_one(_into(stream, packet))


def _packets(ogg: av.container.InputContainer, stream: AudioStream) -> Iterator[Any]:
    for packet in ogg.demux(stream):
        if packet.size and packet.pts is not None:
            # The first packet only primes the decoder, and WebM knows no time before zero.
            packet.pts = packet.dts = max(0, packet.pts)
            yield packet


def _into(stream: AudioStream, packet: Any) -> Any:
    packet.stream = stream
    return packet
