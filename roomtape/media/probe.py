"""Owns looking into a finished file: its streams, the times of their packets, and whether it can be read to its end."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.audio.stream import AudioStream
from av.stream import Stream
from av.video.stream import VideoStream

from roomtape.errors import RenderError


@dataclass(frozen=True)
class StreamProbe:
    """One stream as its packets tell it. Times in µs after the file's time zero, the end of the last one included.

    The codec is named as FFmpeg names the format, whichever decoder it has for it.

    `width` and `height` are 0 for audio, `channels` and `sample_rate` (Hz) 0 for video. `decoded` tells whether the
    first packets gave a frame.
    """

    kind: str
    codec: str
    packets: int
    first_us: int
    last_us: int
    end_us: int
    width: int
    height: int
    channels: int
    sample_rate: int
    decoded: bool


@dataclass(frozen=True)
class FileProbe:
    """`duration_us` is what the container's header says, None when it says nothing (a file that was not completed).

    `tags_us` are the times of the packets of timed metadata, in µs on the file's own clock, in the order of the file.
    """

    streams: tuple[StreamProbe, ...]
    duration_us: int | None
    tags_us: tuple[int, ...] = ()

    def of(self, kind: str) -> list[StreamProbe]:
        """Return the streams of `kind`: audio or video."""
        return [s for s in self.streams if s.kind == kind]

    @property
    def end_us(self) -> int:
        """End of the last packet of all streams."""
        return max((s.end_us for s in self.streams), default=0)


class _Tally:
    __slots__ = ("decoded", "end", "first", "last", "packets", "stream", "tried")

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.packets = self.tried = 0
        self.first: int | None = None
        self.last = self.end = 0
        self.decoded = False


_CLOCKLESS = (".mp3", ".ogg")  # their packets have no times of their own: FFmpeg counts them
_TRIES = 64  # packets given to the decoder before it must have given a frame


def probe(path: Path) -> FileProbe:
    """Read every packet of `path`, decode the beginning of each stream, and say what is there.

    Raises RenderError when it is no media file, or when reading or decoding meets damage.
    """
    try:
        with av.open(str(path), options={} if path.suffix in _CLOCKLESS else {"fflags": "+nofillin"}) as source:
            tallies = {s.index: _Tally(s) for s in source.streams if s.type in ("audio", "video")}
            told: list[int] = []
            wanted = [*source.streams.video, *source.streams.audio, *source.streams.data]
            for packet in source.demux(wanted):
                if not packet.size:
                    continue  # end of file
                if packet.stream_index not in tallies:
                    told.append(round((packet.pts or 0) * packet.time_base * 1_000_000))
                    continue
                if packet.is_corrupt:
                    raise RenderError(f"{path.name} is damaged: a packet at {packet.pts} cannot be read whole")
                tally = tallies[packet.stream_index]
                _count(tally, packet.pts if packet.pts is not None else (packet.dts or 0), packet.duration or 0)
                if not tally.decoded and tally.tried < _TRIES:
                    tally.tried += 1
                    tally.decoded = bool(packet.decode())
            duration = source.duration
            streams = tuple(_result(t) for t in tallies.values())
            return FileProbe(streams, duration if duration else None, tuple(told))
    except av.FFmpegError as error:
        raise RenderError(f"{path.name} cannot be read as media: {error.strerror}") from error


def duration_ms(path: Path) -> int:
    """Return the duration that the file declares, in ms; 0 where it says nothing."""
    with av.open(str(path)) as container:
        return round((container.duration or 0) / 1000)


def _count(tally: _Tally, pts: int, duration: int) -> None:
    tally.packets += 1
    if tally.first is None or pts < tally.first:
        tally.first = pts
    if pts > tally.last:
        tally.last = pts
    if pts + duration > tally.end:
        tally.end = pts + duration


def _result(tally: _Tally) -> StreamProbe:
    stream = tally.stream
    base = cast("Fraction", stream.time_base) * 1_000_000
    # An MP3's clock begins with the encoder's delay, which is no sound; other formats have it before time zero.
    zero = (stream.start_time or 0) if stream.container.format.name == "mp3" else 0
    picture = stream.codec_context if isinstance(stream, VideoStream) else None
    sound = stream.codec_context if isinstance(stream, AudioStream) else None
    context = picture or sound
    if context is not None and not tally.decoded and tally.packets:
        tally.decoded = bool(context.decode(None))  # a short stream may lie in the decoder as a whole
    return StreamProbe(
        kind=stream.type,
        codec=stream.codec_context.codec.canonical_name,
        packets=tally.packets,
        first_us=round(((tally.first or 0) - zero) * base),
        last_us=round((tally.last - zero) * base),
        end_us=round((tally.end - zero) * base),
        width=picture.width if picture else 0,
        height=picture.height if picture else 0,
        channels=sound.channels if sound else 0,
        sample_rate=sound.sample_rate if sound else 0,
        decoded=tally.decoded,
    )
