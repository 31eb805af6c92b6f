"""Owns the work folders of a recording's renders and the jobs that lie in them."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from roomtape.domain.recording import Kind, Recording
from roomtape.domain.recording_config import AudioConfig, RecordingConfig
from roomtape.domain.rtmp import masked
from roomtape.recordings import page_url
from roomtape.render.job import JOB, RenderJob

STREAM = ".stream"
"""Ends the name of the folder of a render that is made for the stream only."""


def folder(data_dir: Path, recording_id: str) -> Path:
    """Return the work folder of a recording."""
    return data_dir / "render" / recording_id


def prepare(work: Path, recording: Recording, capture: Path) -> None:
    """Write the render's job unless it is there; a render that has begun must not find another one. Raises OSError.

    A composite follows the log until the recording's stop is in it, which ends at once when the stop is there already.
    """
    if (work / JOB).exists():
        return
    RenderJob(
        capture_dir=str(capture),
        kind=recording.kind,
        config=_without_secrets(recording.config),
        recording_id=recording.id,
        output_name=recording.output_file_name if recording.kind is Kind.COMPOSITE else "",
        follow=True,
    ).write(work)


def clear(work: Path, keep: Collection[str] = ()) -> None:
    """Remove a work folder; if something is to be kept, all in it but that. What cannot be removed stays."""
    if not keep:
        shutil.rmtree(work, ignore_errors=True)
        return
    for entry in list(work.iterdir()) if work.is_dir() else []:
        if entry.name in keep:
            continue
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                entry.unlink()


def streamable(config: RecordingConfig) -> bool:
    """Tell whether the segments of the recording's own render hold what RTMP carries, H.264 and AAC."""
    return config.video.codec == "H264"


def stream_folder(data_dir: Path, recording: Recording) -> Path:
    """Return the work folder whose segments are sent live: the recording's own, or that of a render for the stream."""
    own = folder(data_dir, recording.id)
    return own if streamable(recording.config) else own.with_name(own.name + STREAM)


def prepare_stream(work: Path, recording: Recording, capture: Path) -> None:
    """Write the job of a render that is made for the stream only, unless it is there. Raises OSError."""
    if (work / JOB).exists():
        return
    video = replace(recording.config.video, codec="H264", export_file=True)
    audio = AudioConfig(channel=recording.config.audio.channel)
    RenderJob(
        capture_dir=str(capture),
        kind=recording.kind,
        config=_without_secrets(replace(recording.config, video=video, audio=audio)),
        recording_id=recording.id,
        follow=True,
        stream_only=True,
    ).write(work)


def _without_secrets(config: RecordingConfig) -> RecordingConfig:
    """The render has to know that there is a stream or a page, but not how to open it; and nothing of where its files
    go."""
    page = config.page_url and page_url.shown(config.page_url)
    return replace(config, rtmp_url=config.rtmp_url and masked(config.rtmp_url), storage=None, page_url=page)
