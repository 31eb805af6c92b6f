"""Owns what a page's recorder has said and is not taken yet: forwarded messages go into the log, the rest waits.

They go there at once and by themselves, also while a step of the recording waits for them, which must not wait for what
else was said: that may be the recording's stop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from roomtape.browser.job import JOURNAL
from roomtape.browser.journal import Entry, JournalReader

log = structlog.get_logger()


class PageJournal:
    """The journal in a recorder's work folder. `message` is awaited for each forwarded message, in their order."""

    def __init__(self, work: Path, message: Callable[[Entry], Awaitable[None]]) -> None:
        self._reader = JournalReader(work / JOURNAL)
        self._message = message
        self._waiting: deque[Entry] = deque()
        self._reading = asyncio.Lock()

    async def read(self) -> None:
        """Read all that is there: on return its messages are taken, and blanked out in the journal. Raises OSError."""
        async with self._reading:
            while True:
                for entry in await asyncio.to_thread(self._reader.poll):
                    if entry.what == "message":
                        await self._take(entry)
                    else:
                        self._waiting.append(entry)
                await asyncio.to_thread(self._reader.blank_messages)
                if self._reader.at_end:
                    return

    def next(self) -> Entry | None:
        """Return what else was said, one entry after the other; None when there is no more."""
        return self._waiting.popleft() if self._waiting else None

    async def _take(self, entry: Entry) -> None:
        try:
            await self._message(entry)
        except Exception:
            log.exception("a message of a page becomes no tag")  # nothing that a page says may end its recording
