"""Owns the render process: `python -m roomtape.render.process WORK_DIR` turns a job file into files and a result.

Its exit codes are in `render.child`.
"""

from __future__ import annotations

import argparse
import errno
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from roomtape.capture.paths import EVENTS
from roomtape.capture.timeline import Timeline
from roomtape.domain.recording import Kind
from roomtape.errors import CaptureError, RenderError
from roomtape.render import manifest
from roomtape.render.child import AT_FAULT, BUSY, DONE, ERROR, NICE, STORAGE_FULL, die_with, error_name, lock
from roomtape.render.job import OUT, PROGRESS, Progress, RenderJob, RenderResult, Wait, write_json
from roomtape.render.page import left_out
from roomtape.render.presence import media_kinds
from roomtape.render.tracks import missing, render_tracks
from roomtape.render.verify import verify

_POLL_S = 0.2  # a follower looks this often whether the capture has grown
_PROGRESS_S = 1.0
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
_ROOM_BYTES = 1 << 20  # with less than this left, a write that failed without saying why failed for want of room


def main(arguments: list[str] | None = None) -> int:
    """Render one work folder and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m roomtape.render.process")
    parser.add_argument("work", type=Path)
    parser.add_argument("--parent", type=int, help="pid of the process without which this one shall not live")
    parser.add_argument("--jobs", type=int, default=1, help="processes for a composite whose end is known")
    parser.add_argument("--from", type=int, dest="first", help="make segments only, from this one on; see parallel.py")
    given = parser.parse_args(arguments)
    if given.parent is not None:
        die_with(given.parent)
    if given.first is not None:
        return _guarded(given.work, given.first)
    os.nice(NICE)
    with lock(given.work) as held:
        if not held:
            _log().info("another process renders this folder", work=given.work.name)
            return BUSY
        return _guarded(given.work, jobs=given.jobs)


def render(
    job: RenderJob,
    work: Path,
    wait: Wait,
    progress: Progress,
    state: Callable[[str], None] = lambda _: None,
    jobs: int = 1,
) -> RenderResult:
    """Render `job` in `work`, verify what came out, write manifest and `result.json`.

    `state` is told verifying and done. A composite whose end is known is rendered in `jobs` processes.

    Raises RenderError or CaptureError with a sentence for a human, OSError and the like for a disk that refuses.
    """
    folder = Path(job.capture_dir)
    if not folder.is_dir():
        raise CaptureError(f"the capture folder {folder} is not there; it may have been removed after delivery")
    timeline = Timeline(folder, beside=work / EVENTS, kinds=media_kinds(job))
    warnings: list[str] = []
    if job.kind is Kind.TRACK:
        files = render_tracks(job, work, timeline, wait, progress)
        warnings = missing(job, timeline, files)
    else:
        # Only a composite needs the drawing and encoding libraries, and their loading takes a noticeable time.
        from roomtape.render.composite import render_composite

        files = render_composite(job, work, timeline, wait, progress, jobs)
        warnings = left_out(job, timeline)
    duration_us = sum(i.duration_us for i in timeline.intervals(job.recording_id))
    result = RenderResult(tuple(files), duration_us // 1000, tuple(warnings))
    if job.stream_only:
        result.write(work)
        return result
    state("verifying")
    result = replace(result, warnings=(*warnings, *verify(job, result, work / OUT, timeline)))
    result = replace(result, files=(*result.files, manifest.write(job, result, work, timeline)))
    result.write(work)
    state("done")
    return result


class ProgressFile:
    """Keeps `progress.json` of a work folder up to date, about once a second; call it as often as you like.

    It says too what the render took: `cpu_s` since the process started, and `peak_bytes` of memory at most.
    """

    def __init__(self, work: Path) -> None:
        self._path = work / PROGRESS
        self._body: dict[str, Any] = {"rendered_ms": 0, "total_ms": None, "state": "rendering"}
        self._written = 0.0
        self._stale = False

    def __call__(self, rendered_ms: int, total_ms: int | None) -> None:
        self._body["rendered_ms"], self._body["total_ms"] = rendered_ms, total_ms
        self._stale = True
        self.settle()

    def settle(self) -> None:
        """Write what was told and not written yet, unless the last writing is less than a second ago."""
        if self._stale and time.monotonic() - self._written >= _PROGRESS_S:
            self._write()

    def state(self, state: str) -> None:
        """Say `state` (rendering, verifying, done, failed) at once."""
        self._body["state"] = state
        self._write()

    def _write(self) -> None:
        self._body["cpu_s"], self._body["peak_bytes"] = round(time.process_time(), 3), peak_bytes()
        write_json(self._path, self._body)
        self._written = time.monotonic()
        self._stale = False


def peak_bytes() -> int:
    """Return how much memory this process had at most."""
    # Not getrusage, whose figure a process inherits from the one that started it.
    status = Path("/proc/self/status").read_text()
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def _whole(work: Path, jobs: int) -> None:
    progress = ProgressFile(work)
    if RenderResult.read(work) is None:
        progress.state("rendering")
        render(_job(work), work, lambda: _wait(progress), progress, progress.state, jobs)


def _part(work: Path, first: int) -> None:
    """Make the composite's segments from `first` on, up to where another process is at work."""
    from roomtape.render.composite import Composite

    job = _job(work)
    timeline = Timeline(Path(job.capture_dir), beside=work / EVENTS, kinds=media_kinds(job))
    composite = Composite(job, work, timeline)
    clock, final = composite.clock()
    if clock is not None and final:
        composite.render_part(clock, first)


def _guarded(work: Path, first: int | None = None, jobs: int = 1) -> int:
    """Render `work`, or its segments from `first` on, and return the exit code; say in a file what went wrong."""
    complaint = work / (ERROR if first is None else error_name(os.getpid()))
    complaint.unlink(missing_ok=True)
    try:
        if first is None:
            _whole(work, jobs)
        else:
            _part(work, first)
        return DONE
    except (RenderError, CaptureError) as error:
        return _fail(work, complaint, error.message, _storage_code(work) or AT_FAULT)
    except Exception as error:
        if getattr(error, "errno", None) in _FULL or _storage_code(work):
            message = f"the disk of {work} does not take more: {error}; make room and try again"
            return _fail(work, complaint, message, STORAGE_FULL)
        _log().exception("the render crashed", work=work.name)
        return 1


def _log() -> Any:
    # Here, because a render seldom logs, and this takes longer to load than all that a render of tracks needs.
    import structlog

    from roomtape import logs

    logs.configure("info")
    return structlog.get_logger("roomtape.render")


def _wait(progress: ProgressFile) -> None:
    time.sleep(_POLL_S)
    progress.settle()


def _job(work: Path) -> RenderJob:
    try:
        return RenderJob.read(work)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RenderError(f"the job file of {work.name} cannot be read: {error!r}") from error


def _storage_code(work: Path) -> int:
    return STORAGE_FULL if shutil.disk_usage(work).free < _ROOM_BYTES else 0


def _fail(work: Path, complaint: Path, message: str, code: int) -> int:
    _log().error("the render failed", work=work.name, reason=message, exit_code=code)
    try:
        write_json(complaint, {"message": message})
    except OSError as error:  # on a full disk the exit code alone has to say it
        _log().error("the reason cannot be kept", work=work.name, reason=str(error))
    return code


if __name__ == "__main__":
    sys.exit(main())
