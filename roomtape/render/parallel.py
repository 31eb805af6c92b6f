"""Owns rendering one finished capture in several processes: each makes part of the segments, into the same folder."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from roomtape.errors import OurError, RenderError, StorageError
from roomtape.render.child import AT_FAULT, COMMAND, STORAGE_FULL, error_name
from roomtape.render.job import Progress
from roomtape.render.segments import Segments

MAX_CRASHES = 5
"""So many deaths of workers without one more segment are taken for a fault that stays, not an accident."""
LOG = "parts.log"
"""File of the work folder with what the processes log: on a terminal it would lie across the progress bar."""
LEAST = 3
"""Segments that are worth a further process: it reads the log from the beginning, and decodes from a keyframe on."""

_LOOK_S = 0.1
_STOP_GRACE_S = 2.0


class WorkersDied(OurError):
    """The processes of a render end again and again without a word; what they made so far is kept."""


@dataclass
class _Worker:
    """A process that makes the segments from `first` on, up to where another one is at work."""

    child: subprocess.Popen[bytes]
    first: int


def worth_it(segments: Segments, count: int) -> bool:
    """Tell whether so much of the first `count` segments is missing that further processes help."""
    return len(segments.missing(count)) >= 2 * LEAST


def fill(work: Path, segments: Segments, count: int, jobs: int, progress: Progress) -> None:
    """Have `jobs` processes make whatever of the first `count` segments is missing; returns when all are whole.

    `work` holds the job file. A process that is done takes over half of what another has still before it; one that dies
    is replaced. Raises what a process says is wrong with the job, the capture or the disk, and WorkersDied.
    """
    workers: list[_Worker] = []
    crashes = 0
    missing = segments.missing(count)
    total_ms = count * segments.seconds * 1000
    try:
        while missing:
            for first in starts(missing, [w.first for w in workers], jobs - len(workers)):
                workers.append(_Worker(_start(work, first), first))
            time.sleep(_LOOK_S)
            left = segments.missing(count)
            if len(left) < len(missing):
                crashes = 0
                progress(total_ms - len(left) * segments.seconds * 1000, total_ms)
            for worker in [w for w in workers if w.child.poll() is not None]:
                workers.remove(worker)
                crashes += 1  # also one that ends well, if nobody has made a segment since: it found nothing to do
                _judge(work, worker.child, crashes, left)
            missing = left
    finally:
        _end([w.child for w in workers])


def starts(missing: list[int], busy: list[int], free: int) -> list[int]:
    """Return where `free` further processes begin; those in `busy` began there and go on to where another one is.

    First comes what nobody would reach. Then the longest stretch that lies before one process is cut in half, as long
    as both halves are worth it; with nobody at work yet, the whole is cut into equal parts.
    """
    if not busy:
        parts = max(1, min(free, len(missing) // LEAST))
        return [missing[part * len(missing) // parts] for part in range(parts)]
    begun = sorted(busy)
    found: list[int] = []
    while len(found) < free:
        heads = sorted([*begun, *found])
        stretches = [[m for m in missing if m < heads[0]]]
        stretches += [
            [m for m in missing if head <= m and (i + 1 == len(heads) or m < heads[i + 1])]
            for i, head in enumerate(heads)
        ]
        unattended, attended = stretches[0], max(stretches[1:], key=len)
        if unattended:
            found.append(unattended[0])
        elif len(attended) >= 2 * LEAST:
            found.append(attended[len(attended) // 2])
        else:
            break
    return found


def _start(work: Path, first: int) -> subprocess.Popen[bytes]:
    with (work / LOG).open("ab") as log:
        return subprocess.Popen(
            [*COMMAND, str(work), "--from", str(first), "--parent", str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )


def _judge(work: Path, child: subprocess.Popen[bytes], crashes: int, missing: list[int]) -> None:
    """Raise what an unsuccessful process said, or that too many died in a row."""
    code = child.returncode
    if code in (AT_FAULT, STORAGE_FULL):
        path = work / error_name(child.pid)
        try:
            message = str(json.loads(path.read_bytes())["message"])
        except (OSError, ValueError, KeyError):
            message = f"a process of the render of {work.name} failed without saying why"
        raise StorageError(message) if code == STORAGE_FULL else RenderError(message)
    if crashes >= MAX_CRASHES and missing:
        how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
        raise WorkersDied(
            f"{crashes} processes died in a row ({how}) before segment {missing[0]} was made; if the memory is short, "
            "use fewer --jobs; the same command goes on from what has been made"
        )


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(_STOP_GRACE_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
