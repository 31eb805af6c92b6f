"""Owns durable workflows: steps in order, each done once, gone on with after any crash; the only user of DBOS."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import re
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from dbos import DBOS, DBOSConfig, SetWorkflowID

_NAME = "finalize"
_OVER = frozenset({"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})
_LEAVE_WITHIN_S = 3.0
FORGOTTEN_AT_ONCE = 500
_STEP_GRACE_S = 0.3


class Step(Protocol):
    """Runs one step and remembers its result, so that it is not run again once it is done."""

    def __call__(self, name: str, work: Callable[..., Awaitable[str]], *arguments: str) -> str: ...


class _Stopping(BaseException):
    """The server stops. No Exception, so that DBOS writes down no outcome and goes on with the workflow later."""


def system_database(data_dir: Path, database_url: str | None) -> str:
    """Return the address of DBOS's own tables: our PostgreSQL if there is one, else a file in the data folder."""
    if database_url is not None and database_url.startswith("postgresql"):
        return re.sub(r"^postgresql(\+\w+)?:", "postgresql:", database_url)
    return f"sqlite:///{data_dir / 'dbos.sqlite'}"


class Workflows:
    """Runs `sequence(step, id)` for each id given to `begin`, in a thread of DBOS's; the steps run in our event loop.

    DBOS is kept off our loop (it is launched in a thread), because it would replace the loop's default executor with
    one that is dead after its end. It opens no port and calls nobody: its conductor and OpenTelemetry are off.
    There can be one of these in a process, DBOS being global.
    """

    def __init__(self, database_url: str, sequence: Callable[[Step, str], None]) -> None:
        self._sequence = sequence
        self._config: DBOSConfig = {
            "name": "roomtape",
            "system_database_url": database_url,
            # A workflow is gone on with only by the executor and version that began it: ours have one name for ever.
            "executor_id": "roomtape",
            "application_version": "1",
            "enable_otlp": False,
            "log_level": "ERROR",
        }
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        self._stopping = False
        self._steps: set[Future[str]] = set()
        self._threads = 0
        self._workflow: Callable[[str], None] | None = None

    async def start(self) -> None:
        """Open the database and go on with every workflow that a crash or a stop interrupted."""
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._launch)

    def _launch(self) -> None:
        logger = logging.getLogger("dbos")
        if not logger.handlers:  # it then adds none of its own, and its errors go where all our logs go
            logger.addHandler(logging.NullHandler())
        DBOS(config=self._config)

        def finalize(workflow_id: str) -> None:  # a function, because DBOS marks what it is given
            self._run(workflow_id)

        self._workflow = DBOS.workflow(name=_NAME, max_recovery_attempts=None)(finalize)
        DBOS.launch()

    async def begin(self, workflow_id: str) -> None:
        """Start the workflow of this id. One that is under way is left alone, one that is over is done anew.

        Before `start` and after `close` nothing happens: whoever has to be begun is begun at the next start.
        """
        if self._workflow is not None and not self._stopping:
            await asyncio.to_thread(self._begin, self._workflow, workflow_id)

    @staticmethod
    def _begin(workflow: Callable[[str], None], workflow_id: str) -> None:
        known = DBOS.get_workflow_status(workflow_id)
        if known is not None and known.status in _OVER:
            DBOS.delete_workflow(workflow_id)
        with SetWorkflowID(workflow_id):
            DBOS.start_workflow(workflow, workflow_id)

    async def forget(self, before: datetime) -> int:
        """Delete what is kept of workflows that were over `before`, the oldest 500; return how many they were.

        A workflow that is begun again after that is done anew, as one that is over is anyway.
        """
        if self._workflow is None or self._stopping:
            return 0
        return await asyncio.to_thread(self._forget, before)

    @staticmethod
    def _forget(before: datetime) -> int:
        over = DBOS.list_workflows(
            name=_NAME, status=sorted(_OVER), completed_before=before.isoformat(), limit=FORGOTTEN_AT_ONCE,
            load_input=False, load_output=False,
        )  # fmt: skip
        if over:
            DBOS.delete_workflows([workflow.workflow_id for workflow in over])
        return len(over)

    def _run(self, workflow_id: str) -> None:
        with self._counted():
            self._sequence(self._step, workflow_id)

    def _step(self, name: str, work: Callable[..., Awaitable[str]], *arguments: str) -> str:
        return DBOS.run_step({"name": name}, self._in_loop, work, *arguments)

    def _in_loop(self, work: Callable[..., Awaitable[str]], *arguments: str) -> str:
        """Run a step in our event loop and wait for it; DBOS's own context variables stay in this thread."""

        async def step() -> str:
            return await work(*arguments)

        assert self._loop is not None
        with self._lock:
            if self._stopping:
                raise _Stopping
            future = contextvars.Context().run(asyncio.run_coroutine_threadsafe, step(), self._loop)
            self._steps.add(future)
        try:
            return future.result()
        except CancelledError:
            raise _Stopping from None
        finally:
            with self._lock:
                self._steps.discard(future)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self._threads += 1
        try:
            yield
        finally:
            with self._lock:
                self._threads -= 1

    async def close(self) -> None:
        """Interrupt running steps and leave; what is not done is gone on with at the next start."""
        with self._lock:
            self._stopping = True
            steps = list(self._steps)
        # Most steps are over in a moment, and one that is cancelled amid a transaction makes noise in the logs.
        if steps:
            await asyncio.wait([asyncio.wrap_future(s) for s in steps], timeout=_STEP_GRACE_S)
        for step in steps:
            step.cancel()
        await asyncio.to_thread(self._destroy)

    def _destroy(self) -> None:
        until = time.monotonic() + _LEAVE_WITHIN_S
        while self._threads and time.monotonic() < until:
            time.sleep(0.01)
        DBOS.destroy(destroy_registry=True)
