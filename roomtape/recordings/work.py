"""Owns the work folder of a recording's render and the job that lies in it."""

from __future__ import annotations

from pathlib import Path

from roomtape.domain.recording import Kind, Recording
from roomtape.render.job import JOB, RenderJob


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
        config=recording.config,
        recording_id=recording.id,
        output_name=recording.output_file_name if recording.kind is Kind.COMPOSITE else "",
        follow=True,
    ).write(work)
