"""Owns remuxing: encoded frames of one track go into a WebM or Matroska file as they are, each at its own time."""

from __future__ import annotations

import io
import os
import struct
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import cast

import av
from av import Packet
from av.container import OutputContainer
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext

from roomtape.errors import RenderError

_MS = Fraction(1, 1000)  # a tick of WebM
_OPUS_STEREO = 0x04  # TOC byte, RFC 6716 section 3.1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The same frames give the same bytes (no random ids), and a player that loads from the front can seek at once.
_OPTIONS = {"fflags": "+bitexact", "cues_to_front": "1"}

CONTENT_TYPES = {("audio", "webm"): "audio/webm", ("video", "webm"): "video/webm", ("video", "mkv"): "video/x-matroska"}


def extension(codec: str) -> str:
    """Return the file name extension for `codec` (opus, vp8, vp9, h264): WebM does not admit H.264, Matroska does."""
    return "mkv" if codec == "h264" else "webm"


class Remuxer:
    """A file with one track. Nothing lies at `path` until `finish`; until then it is written beside, as `.part`.

    `start_us` is the wall time of time zero in µs since the Unix epoch (DateUTC of the file). The header is made at
    the first frame, which must be a keyframe; a file without frames cannot be finished. Use as a context manager:
    leaving it without `finish` removes what was written.
    """

    def __init__(self, path: Path, codec: str, start_us: int) -> None:
        self._path = path
        self._part = path.with_name(path.name + ".part")
        self._codec = codec
        self._start_us = start_us
        self._out: OutputContainer | None = None
        self._stream: Stream | None = None
        self._channels = 0
        self._stereo_later = False
        self._last_ms = -1
        self.packets = 0
        self.end_ms = 0

    def write(self, pts_us: int, duration_us: int, data: bytes, keyframe: bool) -> int:
        """Add one frame at `pts_us` µs after time zero; return the time in the file, in ms.

        Times are rounded one by one to the millisecond, so that errors never add up. They must not decrease; two
        frames that round to the same millisecond are put one apart. `duration_us` is 0 where it is not known.
        Raises RenderError for a first frame that is not a keyframe or cannot be decoded.
        """
        out, stream = self._out, self._stream
        if out is None or stream is None:
            out, stream = self._open(data, keyframe)
        elif self._channels == 1 and data[0] & _OPUS_STEREO:
            self._stereo_later = True
        ms = max((pts_us + 500) // 1000, self._last_ms + 1)
        packet = Packet(data)
        packet.stream = stream
        if not self.packets:  # later ones without it are taken to be in the stream's, which is the same
            packet.time_base = _MS
        packet.pts = packet.dts = ms
        # A file of one frame of unknown length would have no Duration, and players could not seek in it.
        packet.duration = duration = (duration_us + 500) // 1000 or int(self.packets == 0)
        packet.is_keyframe = keyframe
        out.mux_one(packet)
        self._last_ms = ms
        self.end_ms = ms + duration
        self.packets += 1
        return ms

    def finish(self) -> None:
        """Complete the file (Duration and Cues included) and put it in place: whole, synced, by a rename.

        Raises RenderError when no frame was written, OSError when the disk does not take it.
        """
        if self._out is None:
            raise RenderError(f"{self._path.name}: there is no frame to write")
        self._out.close()
        self._out = self._stream = None
        if self._stereo_later:
            self._rewrap_as_stereo()
        with self._part.open("rb+") as file:
            os.fsync(file.fileno())
        self._part.replace(self._path)

    def discard(self) -> None:
        """Give the file up; nothing stays behind. After `finish` it does nothing."""
        if self._out is not None:
            self._out.close()
            self._out = self._stream = None
        self._part.unlink(missing_ok=True)

    def __enter__(self) -> Remuxer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.discard()

    def _open(self, first: bytes, keyframe: bool) -> tuple[OutputContainer, Stream]:
        if not keyframe:
            raise RenderError(f"{self._path.name}: a file cannot begin with a frame that needs an earlier one")
        size = None if self._codec == "opus" else frame_size(self._codec, first)
        out = self._out = _container(self._part, extension(self._codec), self._start_us)
        if size is None:
            self._channels = 2 if first[0] & _OPUS_STEREO else 1
            stream: Stream = _add_opus(out, self._channels)
        else:
            stream = out.add_mux_stream(self._codec, width=size[0], height=size[1])
        self._stream = stream
        return out, stream

    def _rewrap_as_stereo(self) -> None:
        """The header says one channel and a later packet has two: a player would fold them into one."""
        wide = self._part.with_name(self._part.name + "2")
        with av.open(str(self._part)) as source, _container(wide, "webm", self._start_us) as out:
            stream: Stream = _add_opus(out, 2)
            for packet in source.demux(source.streams.audio[0]):
                if packet.size:
                    cast("Packet[Stream]", packet).stream = stream
                    out.mux_one(packet)
        wide.replace(self._part)


def frame_size(codec: str, keyframe: bytes) -> tuple[int, int]:
    """Return width and height in pixels of a keyframe by decoding it.

    Raises RenderError when it cannot be decoded.
    """
    decoder = cast("VideoCodecContext", av.CodecContext.create(codec, "r"))
    try:
        frames = decoder.decode(Packet(keyframe)) + decoder.decode(None)
    except av.FFmpegError as error:
        raise RenderError(f"a {codec} keyframe cannot be decoded: {error.strerror}") from error
    if not frames:
        raise RenderError(f"a {codec} keyframe gives no picture")
    return frames[0].width, frames[0].height


def _container(path: Path, format_name: str, start_us: int) -> OutputContainer:
    muxer = "matroska" if format_name == "mkv" else format_name
    out = av.open(str(path), "w", format=muxer, options=_OPTIONS)
    out.metadata["creation_time"] = (_EPOCH + timedelta(microseconds=start_us)).isoformat()
    return out


def _add_opus(out: OutputContainer, channels: int) -> Stream:
    """Add an Opus track whose packets are all played: PyAV makes such a stream only from an existing file's."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="ogg") as ogg:
        template = ogg.add_stream("libopus", rate=48_000, layout=("mono", "stereo")[channels - 1])
        template.codec_context.open()
        # OpusHead of RFC 7845 section 5.1 with pre-skip 0: a track caught in mid-stream has no encoder delay to cut.
        template.codec_context.extradata = b"OpusHead" + struct.pack("<BBHIhB", 1, channels, 0, 48_000, 0, 0)
        silence = Packet(b"\xf8\xff\xfe")  # a 20 ms CELT frame, so that there is a file to read
        silence.stream, silence.time_base = template, Fraction(1, 48_000)
        silence.pts, silence.dts, silence.duration = 0, 0, 960
        ogg.mux_one(silence)
    buffer.seek(0)
    with av.open(buffer) as source:
        return out.add_stream_from_template(source.streams.audio[0])
