"""Owns `roomtape serve` in processes that need not load it: each is forked from one that has done nothing else.

Loading takes two seconds of a core, and the tests start fifty servers. What runs is the command itself with its
arguments and environment; that it starts from nothing as well is what the demo's test shows.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["roomtape.cli", "roomtape.wiring", __name__])


class ServerProcess:
    """A running server: a process whose standard output is read here, and whose errors go to a file."""

    def __init__(self, process: BaseProcess, said: Connection) -> None:
        self._process = process
        self._said = said

    @classmethod
    async def start(cls, data_dir: Path, env: dict[str, str], log: Path) -> ServerProcess:
        """Start a server with this environment and no other."""
        said, says = _context.Pipe(duplex=False)
        process = _context.Process(target=_serve, args=(str(data_dir), env, str(log), says), daemon=True)
        await asyncio.to_thread(process.start)
        says.close()
        return cls(process, said)

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._process.exitcode

    async def line(self) -> str:
        """Wait for what it says next, or for its end, which is an empty line."""
        return await asyncio.to_thread(self._line)

    def _line(self) -> str:
        found = b""
        while not found.endswith(b"\n") and (byte := os.read(self._said.fileno(), 1)):
            found += byte
        return found.decode()

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()

    async def wait(self) -> None:
        """Return once it has ended."""
        await asyncio.to_thread(self._process.join)


def _serve(data_dir: str, env: dict[str, str], log: str, says: Connection) -> None:
    from roomtape.cli import app

    os.environ.clear()
    os.environ.update(env)
    os.dup2(says.fileno(), sys.stdout.fileno())
    with Path(log).open("ab") as errors:
        os.dup2(errors.fileno(), sys.stderr.fileno())
    app(["serve", "--data-dir", data_dir])
