"""Owns what the recorder of a page is told: the job file in its work folder, read by a process that outlives us.

The folder holds `job.json` (mode 0600, written before the process starts), `journal.jsonl` (`browser.journal`: what the
process says, durable, so that a server that was away reads it later), `recorder.lock` (held while the process lives)
and whatever the browser needs. SIGTERM ends the process: it leaves the meeting, closes the browser and removes what the
browser left. It ends by itself when nobody has touched `alive` for `orphan_after_s`.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

JOB, JOURNAL, LOCK, ALIVE = "job.json", "journal.jsonl", "recorder.lock", "alive"


@dataclass(frozen=True)
class PageJob:
    """What to record. `url` has `authToken` and `config` in its query already; the picture is `width` x `height` pixels
    at `fps` frames a second.

    `publish_url` is a WHIP endpoint on this machine, `publish_token` its bearer: picture and sound go there.
    `allowed` is the setting outbound_allow and page_allow of the server, `own` the `host:port` pairs under which the
    server itself is reached: a page may load from there. `begun`: the recording runs already, and only the picture is
    missing. `interactive`: what the page's SDK forwards may become tags. `most_memory_mb` is what browser and pages may
    take together.
    """

    recording_id: str
    url: str
    width: int
    height: int
    fps: int
    publish_url: str
    publish_token: str
    allowed: tuple[str, ...]
    own: tuple[str, ...]
    begun: bool = False
    interactive: bool = False
    most_memory_mb: int = 2048
    most_download_mb: int = 512
    begin_within_s: float = 120.0
    orphan_after_s: float = 300.0
    chromium: str = "chromium"

    def write(self, work: Path) -> None:
        """Write `job.json` into `work`, whole or not at all, readable by its owner only. Raises OSError."""
        work.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = work / f"{JOB}.part"
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            json.dump(asdict(self), out)
            out.flush()
            os.fsync(out.fileno())
        aside.replace(work / JOB)

    @staticmethod
    def read(work: Path) -> PageJob:
        """Read `job.json` of `work`. Raises OSError, ValueError, TypeError."""
        body = json.loads((work / JOB).read_bytes())
        return PageJob(**body | {"allowed": tuple(body["allowed"]), "own": tuple(body["own"])})
