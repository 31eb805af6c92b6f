"""Owns a page's recorder in a process of its own, for tests: its journal, its browser's processes, its end."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from roomtape.browser.confinement import base, sweep
from roomtape.browser.job import JOURNAL, PageJob
from roomtape.browser.journal import Entry, JournalReader


@dataclass
class PageRecorder:
    """A recorder that runs; `said` is its journal so far, read by `poll` and the waits."""

    work: Path
    process: asyncio.subprocess.Process
    reader: JournalReader
    said: list[Entry] = field(default_factory=list)

    @property
    def whats(self) -> list[str]:
        return [entry.what for entry in self.said]

    def poll(self) -> list[Entry]:
        self.said += self.reader.poll()
        return self.said

    def details(self, what: str) -> list[str]:
        return [entry.detail for entry in self.poll() if entry.what == what]

    async def until(self, what: str, times: int = 1, within_s: float = 45) -> Entry:
        """Wait until it has said `what` so often and return that entry; fails when it ends before."""
        deadline = time.monotonic() + within_s
        while True:
            over = self.process.returncode is not None
            found = [entry for entry in self.poll() if entry.what == what]
            if len(found) >= times:
                return found[times - 1]
            assert not over, f"ended before {what}: {self.said}"
            assert time.monotonic() < deadline, f"no {what} within {within_s} s: {self.said}"
            await asyncio.sleep(0.05)

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def browser(self) -> psutil.Process:
        """Return Chromium's first process."""
        return next(p for p in self.family() if "chromium" in p.name() and "--type=" not in " ".join(p.cmdline()))

    def largest_page(self) -> psutil.Process:
        """Return the renderer that takes most memory."""
        return max((p for p in self.family() if "--type=renderer" in p.cmdline()), key=lambda p: p.memory_info().rss)

    async def end(self) -> float:
        """SIGTERM; return how long it took in seconds."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(self.process.wait(), 15)
        self.poll()
        return time.monotonic() - began


@asynccontextmanager
async def recording_page(work: Path, job: PageJob) -> AsyncIterator[PageRecorder]:
    """Run the recorder of `job`; it is killed, with all that it started, if it has not ended by the end."""
    job.write(work)
    process = await _started(work)
    recorder = PageRecorder(work, process, JournalReader(work / JOURNAL))
    try:
        yield recorder
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        sweep(base(), job.recording_id)


async def _started(work: Path) -> asyncio.subprocess.Process:
    with (work / "recorder.log").open("ab") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "roomtape.browser.process", str(work), start_new_session=True, stderr=log
        )
