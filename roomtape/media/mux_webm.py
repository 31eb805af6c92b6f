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
_PAGE_US = 50_000
_CODECS = {"VP8": "libvpx", "VP9": "libvpx-vp9"}


def join(
    segments: Iterable[Path], sound: Path, out: Path, form: segment_nut.SegmentFormat, frames: int, samples: int
) -> None:
    """Write the WebM of `frames` pictures from its segments, in order, and of the Vorbis in the Ogg file `sound`, which
    has `samples` samples.

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
        packets = _packets(ogg, ogg.streams.audio[0], samples)
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


def join_audio(sound: Path, out: Path, samples: int) -> None:
    """Write the Ogg file of the `samples` samples of Vorbis in `sound`, without its random serial number.

    `out` is overwritten.
    """
    # Browsers seek to a page and take it for the place that was asked for: short pages keep them near the truth.
    options = {"fflags": "+bitexact", "page_duration": str(_PAGE_US)}
    with av.open(str(sound)) as ogg, av.open(str(out), "w", format="ogg", options=options) as container:
        stream = container.add_stream_from_template(ogg.streams.audio[0])
        for packet in _packets(ogg, ogg.streams.audio[0], samples):
            container.mux_one(_into(stream, packet))


def _packets(ogg: av.container.InputContainer, stream: AudioStream, samples: int) -> Iterator[Any]:
    """Yield the packets, each beginning where the one before it ends, the last one ending with the sound.

    FFmpeg takes a short packet for shorter than it is where a long one is before it, and has it begin up to 9 ms late.
    Their length follows from their windows (Vorbis I, 1.3.2); the very first one only primes the decoder and lasts no
    time.
    """
    sizes = _windows(bytes(stream.codec_context.extradata or b""))
    end = before = 0
    for packet in ogg.demux(stream):
        if packet.size:
            window = sizes[bytes(packet)[0] >> 1 & 1]
            begin, end = end, min(end + (before + window) // 4 if before else 0, samples)
            before = window
            packet.pts = packet.dts = begin
            packet.duration = end - begin
            yield packet


def _windows(headers: bytes) -> tuple[int, int]:
    """Return the sizes of Vorbis' short and long window. libvorbis' mode 0 is the short one, mode 1 the long one."""
    sizes = headers[headers.index(b"\x01vorbis") + 28]  # Vorbis I, 4.2.2
    return 1 << (sizes & 15), 1 << (sizes >> 4)


def _into(stream: AudioStream, packet: Any) -> Any:
    packet.stream = stream
    return packet
