"""Owns running render processes for the server: one per work folder, started again after a crash, a bounded number."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from roomtape.domain.recording import Kind
from roomtape.errors import RenderError, StorageError
from roomtape.render import child
from roomtape.render.job import PROGRESS, RenderJob, RenderResult

MAX_CRASHES = 5
"""So many crashes in a row without getting further than before are taken for a fault of ours, not an accident."""

_BACKOFF_S, _BACKOFF_MOST_S = 0.25, 10.0
_BUSY_WAIT_S, _BUSY_MOST_S = 0.25, 30.0  # a process of an earlier server may take a moment to be gone
_TRACKS_PER_SLOT = 8  # remuxing is light: a core does that many at once without noticing
_STOP_GRACE_S = 2.0

log = structlog.get_logger(__name__)


@dataclass
class _Render:
    """A work folder that is being rendered. `finishing`: its recording is over and somebody waits for the files."""

    work: Path
    kind: Kind
    finishing: bool
    running: bool = False
    task: asyncio.Task[RenderResult] | None = field(default=None, repr=False)


class RenderRunner:
    """Runs renders; all methods belong to one event loop, but `run` may be awaited in any.

    `slots` composites run at once (0: one per core) for finished recordings and as many for followers, so that
    followers, which may last for hours, never hold up what has only to be finished. Track renders have eight times
    that number. `command` is what is run, with the work folder and `--parent PID` added.
    """

    def __init__(self, slots: int = 0, command: Sequence[str] = child.COMMAND) -> None:
        self._command = command
        self._slots = slots or os.cpu_count() or 1
        self._renders: dict[Path, _Render] = {}
        self._changed = asyncio.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = False

    def start_following(self, work: Path) -> None:
        """Start rendering `work`, whose recording still runs. Does nothing where that is under way or done.

        A failure is logged and kept quiet otherwise: `run` tries again when the recording is over.
        """
        self._loop = self._loop or asyncio.get_running_loop()
        if self._stopping or RenderResult.read(work) is not None:
            return
        try:
            self._start(work, finishing=False)
        except RenderError as error:
            log.warning("a render cannot be started", work=work.name, reason=str(error))

    async def run(self, work: Path) -> RenderResult:
        """Render `work` to its end, joining a render that is under way; what is complete is only read.

        Raises RenderError (bad job or capture, or too many crashes) and StorageError (disk full), both with a
        sentence for a human, and asyncio.CancelledError when the runner is stopped meanwhile.
        """
        self._loop = self._loop or asyncio.get_running_loop()
        if asyncio.get_running_loop() is not self._loop:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._run(work), self._loop))
        return await self._run(work)

    async def drop(self, work: Path) -> None:
        """End the render of `work`, if there is one; whoever waits for its result gets asyncio.CancelledError."""
        render = self._renders.get(work)
        if render is not None and render.task is not None:
            render.task.cancel()
            await asyncio.gather(render.task, return_exceptions=True)

    async def stop_all(self) -> None:
        """End every render process; what they did so far is gone on from at the next start."""
        self._stopping = True
        tasks = [r.task for r in self._renders.values() if r.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def load(self) -> tuple[int, int]:
        """Return how many renders are running, and how many wait for a slot."""
        running = sum(render.running for render in self._renders.values())
        return running, len(self._renders) - running

    async def _run(self, work: Path) -> RenderResult:
        done = RenderResult.read(work)
        if done is not None:
            return done
        if self._stopping:
            raise asyncio.CancelledError
        render = self._start(work, finishing=True)
        if not render.finishing:
            render.finishing = True  # a follower that waits for a slot may take one of the finishers' now
            await self._tell()
        assert render.task is not None
        return await asyncio.shield(render.task)

    def _start(self, work: Path, *, finishing: bool) -> _Render:
        known = self._renders.get(work)
        if known is not None:
            return known
        try:
            kind = RenderJob.read(work).kind
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RenderError(f"the job file of {work.name} cannot be read: {error!r}") from error
        render = self._renders[work] = _Render(work, kind, finishing)
        render.task = asyncio.create_task(self._supervise(render), name=f"render {work.name}")
        render.task.add_done_callback(lambda task: self._ended(render, task))
        return render

    def _ended(self, render: _Render, task: asyncio.Task[RenderResult]) -> None:
        self._renders.pop(render.work, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("a render failed", work=render.work.name, reason=str(error), followed=not render.finishing)

    async def _supervise(self, render: _Render) -> RenderResult:
        """Run the process until there is a result; crashes are counted as long as it gets no further."""
        crashes, furthest, busy_s = 0, -1, 0.0
        while True:
            code = await self._admitted(render)
            done = RenderResult.read(render.work)
            if done is not None:
                return done
            if code in (child.AT_FAULT, child.STORAGE_FULL):
                raise _error(render.work, code)
            if code == child.BUSY and busy_s < _BUSY_MOST_S:
                busy_s += _BUSY_WAIT_S
                await asyncio.sleep(_BUSY_WAIT_S)
                continue
            reached = _rendered_ms(render.work)
            crashes = crashes + 1 if reached <= furthest else 1
            furthest = max(furthest, reached)
            log.warning(
                "the render process crashed", work=render.work.name, exit_code=code, crashes=crashes, ms=reached
            )
            if crashes >= MAX_CRASHES:
                raise RenderError(
                    f"the render of {render.work.name} crashed {crashes} times at {reached} ms, last with exit code "
                    f"{code}; see the log of the server, and run it again when the cause is gone"
                )
            await asyncio.sleep(min(_BACKOFF_S * 2 ** (crashes - 1), _BACKOFF_MOST_S))

    async def _admitted(self, render: _Render) -> int:
        """Wait for a slot, run the process once and return its exit code."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._may_start(render))
            render.running = True
        try:
            return await self._process(render.work, self._jobs(render))
        except OSError as error:  # no memory or no process to be had just now
            log.warning("a render process cannot be started", work=render.work.name, reason=str(error))
            return 1
        finally:
            render.running = False
            await asyncio.shield(self._tell())

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _may_start(self, render: _Render) -> bool:
        alike = [
            r for r in self._renders.values() if r.running and r.finishing == render.finishing and r.kind is render.kind
        ]
        return len(alike) < self._slots * (_TRACKS_PER_SLOT if render.kind is Kind.TRACK else 1)

    def _jobs(self, render: _Render) -> int:
        """Return how many processes may share a render: one that is started to finish, such as after the server was
        down, gets every slot that nobody else needs now."""
        if not render.finishing or render.kind is Kind.TRACK:
            return 1
        others = sum(r is not render and r.finishing and r.kind is render.kind for r in self._renders.values())
        return max(1, self._slots - others)

    async def _process(self, work: Path, jobs: int) -> int:
        child = await asyncio.create_subprocess_exec(
            *self._command,
            str(work),
            "--parent",
            str(os.getpid()),
            "--jobs",
            str(jobs),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C at the server's terminal is the server's to handle
        )
        try:
            return await child.wait()
        finally:
            if child.returncode is None:
                await asyncio.shield(_end(child))


async def _end(child: asyncio.subprocess.Process) -> None:
    for deadly in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, deadly)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.wait(), _STOP_GRACE_S)
            return


def _error(work: Path, code: int) -> RenderError | StorageError:
    try:
        message = str(json.loads((work / child.ERROR).read_bytes())["message"])
    except (OSError, ValueError, KeyError):
        message = f"the render of {work.name} failed without saying why; see the log of the server"
    return StorageError(message) if code == child.STORAGE_FULL else RenderError(message)


def _rendered_ms(work: Path) -> int:
    try:
        return int(json.loads((work / PROGRESS).read_bytes())["rendered_ms"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0
