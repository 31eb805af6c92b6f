"""Owns the answer to "since when was the server away?": a file whose time of change is renewed while it runs."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

INTERVAL_S = 1.0


class Heartbeat:
    """Touches `path` every second; what it says is exact to that second."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._task: asyncio.Task[None] | None = None

    def last_us(self) -> int | None:
        """When an earlier run was last alive, in µs since the Unix epoch; None at the first start."""
        try:
            return self._path.stat().st_mtime_ns // 1000
        except FileNotFoundError:
            return None

    def start(self) -> None:
        """Begin; the earlier run's time is lost from now on."""
        self._path.touch()
        self._task = asyncio.create_task(self._beat())

    async def stop(self) -> None:
        """Beat once more and end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._beat_once()

    async def _beat(self) -> None:
        while True:
            self._beat_once()
            await asyncio.sleep(INTERVAL_S)

    def _beat_once(self) -> None:
        # A full or read-only disk must not end the loop: the file's age then tells the truth about that as well.
        try:
            os.utime(self._path)
        except OSError:
            return
