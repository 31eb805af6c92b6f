"""Owns how many recordings are sent at once, so that a storage which hangs holds up nobody's recordings but its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

AT_ONCE, OF_ONE_STORAGE = 4, 2
"""So many recordings are sent at the same time; each needs up to about 80 MiB of memory for it."""
AGAIN_AT_ONCE, AGAIN_OF_ONE_STORAGE = 4, 1
"""As many go, apart from those, to storages that failed last: one that hangs may take half an hour to fail."""


class Lanes:
    """Storages are told apart by `StorageConfig.identity`."""

    def __init__(self) -> None:
        self._first = _Lane(AT_ONCE, OF_ONE_STORAGE)
        self._again = _Lane(AGAIN_AT_ONCE, AGAIN_OF_ONE_STORAGE)
        self._failed: set[str] = set()

    @asynccontextmanager
    async def taken(self, identity: str) -> AsyncIterator[None]:
        """Wait for a place in the lane of this storage, and hold it; an exception inside counts as its failure."""
        lane = self._again if identity in self._failed else self._first
        async with lane.of(identity), lane.all:
            try:
                yield
            except Exception:
                self._failed.add(identity)
                raise
            self._failed.discard(identity)


class _Lane:
    """A storage's own limit is waited for first: who waits for that takes no place from others."""

    def __init__(self, at_once: int, of_one: int) -> None:
        self.all = asyncio.Semaphore(at_once)
        self._of_one = of_one
        self._each: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def of(self, identity: str) -> asyncio.Semaphore:
        """Return the limit of one storage; it lives as long as somebody holds it or waits for it."""
        return self._each.setdefault(identity, asyncio.Semaphore(self._of_one))
