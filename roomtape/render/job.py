"""Owns the contract between whoever wants a render and the render process: the job file and the result file.

A work folder holds `job.json` (written before the process starts), whatever the process needs to go on after being
killed, `progress.json` (rewritten while it runs), `out/` with the finished files, and `result.json`, written last:
if that file is there the render is complete.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import RecordingConfig

JOB, RESULT, PROGRESS, OUT = "job.json", "result.json", "progress.json", "out"

Wait = Callable[[], None]
"""Given to a follower: waits a moment for the capture to grow; the follower polls its timeline after it."""
Progress = Callable[[int, int | None], None]
"""Told `rendered_ms` and `total_ms` (None while the recording's end is not known) as often as the renderer likes."""


@dataclass(frozen=True)
class RenderJob:
    """What to render.

    `recording_id` None renders everything in the folder (`roomtape render`); otherwise the recording's events in the
    log say which intervals and peers. `follow` waits for a log that is still growing until the recording's stop is in
    it; without it what lies there now is all. `output_name` is the file's name without directory (composite only).
    `stream_only` makes a composite's segments and no file of them: they are for whoever follows them (`render.rtmp`).
    """

    capture_dir: str
    kind: Kind
    config: RecordingConfig
    recording_id: str | None = None
    output_name: str = "out.mp4"
    follow: bool = False
    stream_only: bool = False

    def write(self, work: Path) -> None:
        """Write `job.json` into `work`, whole or not at all."""
        work.mkdir(parents=True, exist_ok=True)
        write_json(work / JOB, asdict(self) | {"config": self.config.to_json()})

    @staticmethod
    def read(work: Path) -> RenderJob:
        """Read `job.json` of `work`."""
        body = json.loads((work / JOB).read_bytes())
        config = RecordingConfig.from_json(body.pop("config"))
        return RenderJob(config=config, kind=Kind(body.pop("kind")), **body)


@dataclass(frozen=True)
class RenderedFile:
    """One finished file in `out/`. `start_us`: wall time of its time zero; `duration_ms` as decoded from the file."""

    name: str
    role: str  # composite, audio, track, package, manifest
    content_type: str
    size: int
    sha256: str
    duration_ms: int
    start_us: int
    layer: str | None = None
    peer_id: str | None = None


@dataclass(frozen=True)
class RenderResult:
    """What a finished render made. `duration_ms` is the recorded time, pauses left out; `warnings` are sentences."""

    files: tuple[RenderedFile, ...]
    duration_ms: int
    warnings: tuple[str, ...] = field(default=())

    @property
    def media(self) -> tuple[RenderedFile, ...]:
        """The files that were made for people; the manifest, which tells of them, is left out, and so are the plain
        files of a package, which its tar holds."""
        return tuple(file for file in self.files if file.role not in ("manifest", "package"))

    def write(self, work: Path) -> None:
        """Write `result.json` into `work`; its being there says that the render is complete."""
        write_json(work / RESULT, asdict(self))

    @staticmethod
    def read(work: Path) -> RenderResult | None:
        """Return the result of `work`, or None while there is none."""
        try:
            body = json.loads((work / RESULT).read_bytes())
        except FileNotFoundError:
            return None
        files = tuple(RenderedFile(**f) for f in body["files"])
        return RenderResult(files, body["duration_ms"], tuple(body["warnings"]))


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` safe against a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: Path, body: dict[str, Any]) -> None:
    """Write `body` to `path` so that a reader sees the old file or the whole new one, also after a power cut."""
    write_text(path, json.dumps(body, ensure_ascii=False, indent=1))


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` so that a reader sees the old file or the whole new one, also after a power cut."""
    aside = path.with_suffix(path.suffix + ".part")
    with aside.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    aside.replace(path)
