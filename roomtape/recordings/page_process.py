"""Owns the process that records one page: started in a session of its own, found again after a crash, ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import psutil
import structlog

from roomtape.browser.confinement import base, sweep
from roomtape.browser.job import ALIVE, JOURNAL

log = structlog.get_logger()

COMMAND = (sys.executable, "-m", "roomtape.browser.process")
"""The work folder is added. It is never imported here: the server needs nothing of a browser."""
OUTPUT = "recorder.log"
END_WITHIN_S = 6.0
"""After SIGTERM: the browser is closed and its folder removed. Then all of it is killed."""
_LAST_LINES = 2000


class PageProcess:
    """The recorder in one work folder, whose name is the recording's id.

    After a crash of the server it lives on, and is no child of ours any more.
    """

    def __init__(self, work: Path, command: Sequence[str] = COMMAND) -> None:
        self.work = work
        self._command = command
        self._child: asyncio.subprocess.Process | None = None
        self._found: psutil.Process | None = None

    def adopt(self, found: psutil.Process) -> None:
        """Take a process that an earlier server started (`running`)."""
        self._found = found

    async def start(self) -> None:
        """Start it. Raises OSError."""
        with (self.work / OUTPUT).open("ab") as output:
            self._found = None
            self._child = await asyncio.create_subprocess_exec(
                *self._command,
                str(self.work),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env=_environment(),
            )

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        if self._child is not None:
            return self._child.returncode is None
        if self._found is None:
            return False
        with contextlib.suppress(psutil.Error):
            return self._found.is_running() and self._found.status() != psutil.STATUS_ZOMBIE
        return False

    def touch(self) -> None:
        """Let it know that somebody still looks after it."""
        with contextlib.suppress(OSError):
            (self.work / ALIVE).touch()

    def last_words(self) -> str:
        """Return the end of what it printed, for our log."""
        try:
            return (self.work / OUTPUT).read_bytes()[-_LAST_LINES:].decode(errors="replace")
        except OSError:
            return ""

    async def end(self, within_s: float = END_WITHIN_S) -> None:
        """End it, gently for `within_s`; on return nothing of it is left."""
        pid = self._child.pid if self._child is not None else self._found.pid if self._found is not None else None
        if pid is not None and self.alive:
            tree = await asyncio.to_thread(_tree, pid)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 15)
            if not await self._gone(within_s):
                log.warning("recorder of a page does not end; it is killed", work=self.work.name)
            _kill(tree)
        await asyncio.to_thread(sweep, base(), self.work.name)  # its browser, where it could not do so itself
        if self._child is not None:
            await self._child.wait()

    async def _gone(self, within_s: float) -> bool:
        """Wait until it is gone, but no longer than that."""
        try:
            if self._child is not None:
                await asyncio.wait_for(self._child.wait(), within_s)
            elif self._found is not None:
                await asyncio.to_thread(self._found.wait, within_s)
        except (TimeoutError, psutil.TimeoutExpired):
            return False
        return True

    def forget(self) -> None:
        """Remove the folder and all that is in it."""
        shutil.rmtree(self.work, ignore_errors=True)

    def begin_anew(self) -> None:
        """Leave nothing that an earlier process said."""
        (self.work / JOURNAL).unlink(missing_ok=True)


def running(root: Path) -> dict[str, psutil.Process]:
    """Return the recorders that run for folders below `root`, by the folder's name."""
    found = {}
    for process, words in _processes():
        if COMMAND[-1] in words and words[-1:] and Path(words[-1]).parent == root:
            found[Path(words[-1]).name] = process
    return found


def _processes() -> Iterable[tuple[psutil.Process, list[str]]]:
    for process in psutil.process_iter(["cmdline"]):
        yield process, process.info["cmdline"] or []


def _tree(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    return []


def _kill(processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()  # psutil sees to it that the number is still that process's


def _environment() -> dict[str, str]:
    """What is set for the server has its secrets in it, and the recorder is told all it needs in its job."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ROOMTAPE_")}
