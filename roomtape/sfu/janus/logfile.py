"""Owns Janus's log file, which the process writes to directly and which must not grow without bound."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import BinaryIO

LIMIT = 8 * 2**20


class LogFile:
    """`path`, and beside it the part before the last trim as `<path>.1`."""

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        self.path = path
        self._limit = limit

    def open(self) -> BinaryIO:
        """Open for appending: a writer in O_APPEND goes on at the new end after `trim`."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.trim()
        fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(fd, "ab", buffering=0)

    def trim(self) -> None:
        """Put a log longer than the limit aside, replacing what was put aside before. Never raises."""
        try:
            if self.path.stat().st_size > self._limit:
                shutil.copyfile(self.path, self.path.with_name(self.path.name + ".1"))
                os.truncate(self.path, 0)
        except OSError:
            return

    def tail(self, lines: int = 15) -> str:
        """Return the last lines, for an error message; empty when there is no log."""
        try:
            with self.path.open("rb") as file:
                file.seek(max(0, self.path.stat().st_size - 16_384))
                return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])
        except OSError:
            return ""
