"""Owns the finished files of a composite: which ones a recording has, and their making from whole segments."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from roomtape.domain import filenames
from roomtape.domain.recording_config import RecordingConfig
from roomtape.media import mux_mp3, mux_mp4, mux_ts, mux_webm
from roomtape.media.mux_ts import Tag
from roomtape.media.probe import duration_ms
from roomtape.media.segment_nut import SegmentFormat, SoundCodec
from roomtape.render import hls
from roomtape.render.composite_clock import OutputClock
from roomtape.render.continuous import ContinuousSound
from roomtape.render.job import RenderedFile, RenderJob
from roomtape.render.segments import SECONDS, publish

RTMP_KEYFRAME_S = 2
PACKAGE_S = 5
"""Length of a segment of which those of a package are made, two each; where there is a live stream, it decides."""

Container = Literal["mp4", "webm", "m4a", "mp3", "ogg", "tar"]
_TYPES: dict[Container, str] = {
    "mp4": mux_mp4.VIDEO_TYPE,
    "webm": mux_webm.VIDEO_TYPE,
    "m4a": mux_mp4.AUDIO_TYPE,
    "mp3": mux_mp3.AUDIO_TYPE,
    "ogg": mux_webm.AUDIO_TYPE,
    "tar": hls.ARCHIVE_TYPE,
}


@dataclass(frozen=True)
class Output:
    """A file to be made: its role (composite, audio), its name and its container."""

    role: str
    name: str
    container: Container


def form_of(config: RecordingConfig) -> SegmentFormat:
    """Return the form of the segments from which every file of `config`, and its live stream, can be made.

    The sound is kept as AAC beside H.264; as MP3 where the audio file shall have that; as FLAC where it will be Vorbis,
    whose packets cannot be made in pieces.
    """
    video, audio = config.video, config.audio
    # Only H.264 goes out by RTMP; other recordings have a render of their own for it (`stream_only`).
    streamed = config.rtmp_url is not None and video.codec == "H264"
    pictures = video.export_file or streamed
    sounds: tuple[SoundCodec, ...] = ("FLAC",)
    if video.codec == "H264":
        mp3 = audio.codec == "MP3" and audio.export_file
        sounds = ("AAC", "MP3") if mp3 and pictures else ("MP3",) if mp3 else ("AAC",)
    return SegmentFormat(
        width=video.width,
        height=video.height,
        fps=video.fps,
        frames=(PACKAGE_S if config.interactive and not streamed else SECONDS) * video.fps,
        channels=2 if audio.channel == "stereo" else 1,
        video_codec=video.codec if pictures else None,
        audio_codecs=sounds,
        keyframe_ticks=RTMP_KEYFRAME_S * video.fps if streamed else None,
        page=config.page_url is not None,
    )


def outputs(job: RenderJob) -> list[Output]:
    """Return the files that `job` makes, the video first; none for a live stream alone."""
    video, audio = job.config.video, job.config.audio
    made: list[Output] = []
    container: Container
    if job.stream_only:
        return made
    if video.export_file:
        container = "tar" if job.config.interactive else "mp4" if video.codec == "H264" else "webm"
        made.append(Output("composite", job.output_name, container))
    if audio.export_file:
        container = "ogg" if video.codec != "H264" else "mp3" if audio.codec == "MP3" else "m4a"
        made.append(Output("audio", f"{Path(job.output_name).stem}.{container}", container))
    return made


def continuous_sound(form: SegmentFormat, folder: Path) -> ContinuousSound | None:
    """Return the sound that grows in `folder` with the segments, None where they hold the packets of the files."""
    return ContinuousSound(folder, form.channels) if "FLAC" in form.audio_codecs else None


def assemble(
    job: RenderJob,
    out: Path,
    clock: OutputClock,
    segments: Sequence[Path],
    form: SegmentFormat,
    sound: ContinuousSound | None = None,
    told: Sequence[Tag] = (),
) -> list[RenderedFile]:
    """Make the files of `job` in the folder `out` that are not there yet, each whole or not at all; describe all.

    `segments` are all of the recording, in order; `sound` is what `continuous_sound` gave and the segments went into;
    `told` are the tags of an interactive recording, whose package is there as plain files too.
    """
    out.mkdir(parents=True, exist_ok=True)
    sound = sound or continuous_sound(form, segments[0].parent)
    described = []
    for output in outputs(job):
        path = out / output.name
        if output.container == "tar":
            described += _package(output, path, clock, segments, form, told)
            continue
        if not path.exists():
            publish(path, partial(_make, output.container, clock, segments, form, sound))
        described.append(_described(output.role, path, _TYPES[output.container], duration_ms(path), clock.start_us))
    return described


def _package(
    output: Output, path: Path, clock: OutputClock, segments: Sequence[Path], form: SegmentFormat, told: Sequence[Tag]
) -> list[RenderedFile]:
    """Make the package as a tar and, before it, as plain files; the tar comes first in what is described."""
    folder = path.with_name(filenames.package(path.name))
    if not path.exists():
        hls.write_files(folder, segments, form, told)
        publish(path, partial(hls.write_archive, folder=folder))
    whole_ms, at_ms = round(clock.frames * 1000 / form.fps), 0.0
    described = [_described(output.role, path, _TYPES["tar"], whole_ms, clock.start_us)]
    listed, *pieces = hls.files_of(folder)
    described.append(_described(hls.ROLE, listed, hls.PLAYLIST_TYPE, whole_ms, clock.start_us, folder.name))
    for piece, seconds in zip(pieces, hls.lengths_of(folder), strict=True):
        start_us = clock.session_us(round(at_ms * 1000))
        described.append(_described(hls.ROLE, piece, mux_ts.VIDEO_TYPE, round(seconds * 1000), start_us, folder.name))
        at_ms += seconds * 1000
    return described


def _make(
    container: Container,
    clock: OutputClock,
    segments: Sequence[Path],
    form: SegmentFormat,
    sound: ContinuousSound | None,
    path: Path,
) -> None:
    if container in ("mp4", "m4a"):
        mux_mp4.join(segments, path, form.fps, clock.frames if container == "mp4" else 0, clock.samples)
    elif container == "mp3":
        mux_mp3.join(segments, path, form.fps, clock.samples)
    else:
        assert sound is not None
        ogg = sound.finish(segments)
        if container == "ogg":
            mux_webm.join_audio(ogg, path, clock.samples)
        else:
            mux_webm.join(segments, ogg, path, form, clock.frames, clock.samples)


def _described(
    role: str, path: Path, content_type: str, lasts_ms: int, start_us: int, folder: str = ""
) -> RenderedFile:
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return RenderedFile(
        name=f"{folder}/{path.name}" if folder else path.name,
        role=role,
        content_type=content_type,
        size=path.stat().st_size,
        sha256=digest,
        duration_ms=lasts_ms,
        start_us=start_us,
    )
