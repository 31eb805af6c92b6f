"""Owns the form of a segment on disk: a NUT file with a stretch of encoded video and audio, on the recording's clock.

NUT keeps any time base exactly. Video packets lie at tick + LEAD, so that no decoding time is negative (the muxer
would shift the whole file); audio packet `n` lies at `n` frames of its codec's packet grid.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.video.stream import VideoStream

from roomtape.domain.recording_config import VideoCodec
from roomtape.media import encode_aac, encode_flac, encode_h264, encode_mp3, encode_vp8, encode_vp9
from roomtape.media.compose import MATRIX_BT601, MATRIX_BT709
from roomtape.media.decode_opus import SAMPLE_RATE, Samples
from roomtape.media.packet_grid import PacketGrid, SoundSpan, span

LEAD = 8

SoundCodec = Literal["AAC", "MP3", "FLAC"]


class VideoEncoder(Protocol):
    """What each encode_* module of a video codec offers."""

    @property
    def OPTIONS(self) -> dict[str, str]: ...  # noqa: N802

    @property
    def PAGE(self) -> dict[str, str]: ...  # noqa: N802

    @property
    def THREADS(self) -> int: ...  # noqa: N802

    @property
    def REORDER(self) -> int: ...  # noqa: N802

    def open_stream(
        self, container: OutputContainer, width: int, height: int, fps: int, group: int, page: bool = False
    ) -> VideoStream: ...

    def encode(
        self, stream: VideoStream, frame: av.VideoFrame | None, tick: int = 0
    ) -> list[av.Packet[VideoStream]]: ...


class SoundEncoder(Protocol):
    """What each encode_* module of a sound codec offers."""

    @property
    def GRID(self) -> PacketGrid: ...  # noqa: N802

    @property
    def SETTINGS(self) -> object: ...  # noqa: N802

    def open_stream(self, container: OutputContainer, channels: int) -> AudioStream: ...

    def encode(
        self, stream: AudioStream, pcm: Samples, start: int, first: int, end: int
    ) -> Iterator[av.Packet[AudioStream]]: ...


VIDEO: dict[VideoCodec, VideoEncoder] = {"H264": encode_h264, "VP8": encode_vp8, "VP9": encode_vp9}
SOUND: dict[SoundCodec, SoundEncoder] = {"AAC": encode_aac, "MP3": encode_mp3, "FLAC": encode_flac}
_NAMES: dict[SoundCodec, frozenset[str]] = {
    "AAC": frozenset({"aac"}),
    "MP3": frozenset({"mp3", "mp3float"}),
    "FLAC": frozenset({"flac"}),
}


@dataclass(frozen=True)
class SegmentFormat:
    """What all segments of a recording share: size in pixels, frames per second, frames a segment, audio channels.

    `video_codec` None leaves the pictures out; `audio_codecs` are the codecs in which the sound is kept. A keyframe
    comes every `keyframe_ticks` frames at the latest, None: only at the beginning of a segment. `page`: it shows a
    web page, whose letters have to be read, in its own colours.
    """

    width: int
    height: int
    fps: int
    frames: int
    channels: int
    video_codec: VideoCodec | None = "H264"
    audio_codecs: tuple[SoundCodec, ...] = ("AAC",)
    keyframe_ticks: int | None = None
    page: bool = False

    @property
    def matrix(self) -> int:
        """The matrix of the pictures' colours: that of what arrives, so that it needs no conversion, if it can be."""
        return MATRIX_BT709 if self.page and self.video_codec != "VP8" else MATRIX_BT601

    @property
    def seconds(self) -> int:
        """How long a whole segment is."""
        return self.frames // self.fps

    def sound(self, first: int, end: int, last: bool) -> SoundSpan:
        """Return what the segment from sample `first` to `end` takes of the sound; `last`: nothing follows it."""
        return span((SOUND[codec].GRID for codec in self.audio_codecs), first, end, last)


def fingerprint(form: SegmentFormat) -> str:
    """Return 8 hexadecimal digits that differ where segments could not be joined: other codecs, settings or format."""
    video = VIDEO[form.video_codec] if form.video_codec else None
    settings = (
        av.__version__,
        (video.OPTIONS, video.PAGE, video.THREADS) if video else None,
        [SOUND[codec].SETTINGS for codec in form.audio_codecs],
        form,
    )
    return hashlib.sha256(repr(settings).encode()).hexdigest()[:8]


@dataclass(frozen=True)
class SegmentAudio:
    """The sound of a segment: `pcm` holds the samples of `span`, one column a channel."""

    pcm: Samples
    span: SoundSpan


@dataclass(frozen=True)
class Packets:
    """A segment's packets: video as (tick, packet) in decoding order, audio as (number, packet)."""

    video: list[tuple[int, av.Packet[Any]]]
    audio: list[tuple[int, av.Packet[Any]]]


def write(path: Path, form: SegmentFormat, pictures: Iterable[tuple[int, av.VideoFrame]], audio: SegmentAudio) -> None:
    """Encode (tick, picture) pairs and sound into `path`. A picture may be drawn over once the next is asked for.

    Nothing is taken from `pictures` for a format without video.
    """
    with av.open(str(path), "w", format="nut") as container:
        video = VIDEO[form.video_codec] if form.video_codec else None
        group = form.keyframe_ticks or form.frames
        shown = video.open_stream(container, form.width, form.height, form.fps, group, form.page) if video else None
        heard = [SOUND[codec].open_stream(container, form.channels) for codec in form.audio_codecs]
        if video and shown:
            for tick, picture in pictures:
                container.mux(video.encode(shown, picture, tick + LEAD))
            container.mux(video.encode(shown, None))
        for codec, stream, (first, end) in zip(form.audio_codecs, heard, audio.span.packets, strict=True):
            start = SOUND[codec].GRID.first_sample(first)
            pcm = audio.pcm[start - audio.span.start :]
            for packet in SOUND[codec].encode(stream, pcm, start, first, end):
                container.mux(packet)


def read(container: InputContainer, fps: int, codec: SoundCodec | None = "AAC", video: bool = True) -> Packets:
    """Return the packets of an open segment: of its sound in `codec` (None: not wanted), and of its video if wanted."""
    found = Packets([], [])
    frame = SOUND[codec].GRID.frame if codec else 1
    wanted: list[AudioStream | VideoStream] = [sound_stream(container, codec)] if codec else []
    for packet in container.demux([*wanted, *(container.streams.video if video else ())]):
        if packet.pts is None or packet.time_base is None:
            continue
        at = packet.pts * packet.time_base
        if packet.stream.type == "video":
            found.video.append((round(at * fps) - LEAD, packet))
        else:
            found.audio.append((round(at * SAMPLE_RATE / frame), packet))
    return found


def sound_stream(container: InputContainer, codec: SoundCodec) -> AudioStream:
    """Return the sound of an open segment in `codec`. Raises StopIteration where it holds none."""
    return next(s for s in container.streams.audio if s.codec_context.name in _NAMES[codec])


def open_for_reading(source: Path | BinaryIO) -> InputContainer:
    """Open a segment; nothing is probed beyond its headers, which say everything."""
    return av.open(source, "r", format="nut", options={"probesize": "32", "analyzeduration": "0"})
