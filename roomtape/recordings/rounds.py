"""Owns work that is done again and again until it is stopped; a round that fails does not keep the next from coming."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from roomtape.errors import RoomtapeError

log = structlog.get_logger()


class Rounds:
    """`what` names the work in logs; the first round is due after `every_s`, or `at_once`."""

    def __init__(self, what: str, every_s: float, *, at_once: bool = False) -> None:
        self._what = what
        self._every_s = every_s
        self._at_once = at_once
        self._task: asyncio.Task[None] | None = None

    def start(self, *works: Callable[[], Awaitable[object]]) -> None:
        """Begin; each round does all `works`, one after the other."""
        self._task = asyncio.create_task(self._run(works), name=self._what)

    async def stop(self) -> None:
        """End, in the middle of a round too."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, works: tuple[Callable[[], Awaitable[object]], ...]) -> None:
        if not self._at_once:
            await asyncio.sleep(self._every_s)
        while True:
            for work in works:
                try:
                    await work()
                except RoomtapeError as error:
                    log.warning(f"{self._what}: failed, and is tried again", error=str(error))
                except Exception:
                    log.exception(f"{self._what}: failed, and is tried again")
            await asyncio.sleep(self._every_s)
