"""Owns what a render process and whoever runs it agree on: its command, exit codes, lock, complaint, and death.

The server uses this and loads no codecs for it.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

COMMAND = (sys.executable, "-m", "roomtape.render.process")
"""The work folder is added, and what `process.main` takes beside it."""
NICE = 5
DONE, AT_FAULT, STORAGE_FULL, BUSY = 0, 2, 3, 4
"""Exit codes: done; the job or the capture is at fault, or the disk takes no more, and `ERROR` says it to a human;
another process renders this work folder. Anything else is a crash, after which it may simply be run again."""
ERROR, LOCK = "error.json", "lock"
"""Files in the work folder."""

_PR_SET_PDEATHSIG = 1  # prctl(2)


def error_name(pid: int) -> str:
    """Return the name of the file in which one of several processes says what went wrong."""
    return f"error-{pid}.json"


def die_with(parent: int) -> None:
    """Have the kernel kill this process when `parent` is gone: a render is cheap to start again, an orphan is not.

    Ends the process at once if that has happened already, see PR_SET_PDEATHSIG in prctl(2).
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


@contextmanager
def lock(work: Path) -> Iterator[bool]:
    """Hold `work` for this process; yields False where another one holds it."""
    work.mkdir(parents=True, exist_ok=True)
    with hold(work / LOCK) as held:
        yield held


@contextmanager
def hold(path: Path) -> Iterator[bool]:
    """Hold the file at `path` for this process; yields False where another one holds it. Death lets go of it."""
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
