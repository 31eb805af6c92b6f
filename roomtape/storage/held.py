"""Owns a store that stays open between uses that follow each other closely: an SFTP login takes as long as a file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from roomtape.errors import DestinationError
from roomtape.storage.port import Store

IDLE_S = 5.0
Opener = Callable[[], AbstractAsyncContextManager[Store]]


class HeldStore:
    """Opens a store for whoever comes first; it is closed when nobody has used it for IDLE_S, or when it failed."""

    def __init__(self, opened: Opener) -> None:
        self._opened = opened
        self._opening = asyncio.Lock()
        self._current: _Open | None = None

    @asynccontextmanager
    async def use(self) -> AsyncIterator[Store]:
        """Yield the store. Raises DestinationError; the next use opens it anew then."""
        async with self._opening:
            held = self._current
            if held is None:
                stack = AsyncExitStack()
                held = self._current = _Open(await stack.enter_async_context(self._opened()), stack)
            held.users += 1
            if held.idle is not None:
                held.idle.cancel()
                held.idle = None
        try:
            yield held.store
        except DestinationError:
            self._forget(held)
            raise
        finally:
            held.users -= 1
            if held.users == 0:
                held.idle = asyncio.create_task(self._close(held))

    async def close(self) -> None:
        """Close it now, if nobody uses it."""
        held = self._current
        if held is not None and held.users == 0:
            self._forget(held)
            if held.idle is not None:
                held.idle.cancel()
            await held.stack.aclose()

    async def _close(self, held: _Open) -> None:
        if self._current is held:
            await asyncio.sleep(IDLE_S)
        self._forget(held)
        held.idle = None  # from here on nobody can stop it any more
        await held.stack.aclose()

    def _forget(self, held: _Open) -> None:
        if self._current is held:
            self._current = None


class _Open:
    """An open store, how many use it, and the task that will close it."""

    def __init__(self, store: Store, stack: AsyncExitStack) -> None:
        self.store = store
        self.stack = stack
        self.users = 0
        self.idle: asyncio.Task[None] | None = None
