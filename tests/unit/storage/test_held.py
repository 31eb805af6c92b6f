import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from roomtape.errors import DestinationError, NotFound
from roomtape.storage import held
from roomtape.storage.held import HeldStore
from roomtape.storage.port import Store


class Door:
    """Counts how often it was opened and closed; what it opens is the number of the opening."""

    def __init__(self) -> None:
        self.opened = self.closed = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Store]:
        self.opened += 1
        yield cast("Store", self.opened)
        self.closed += 1

    async def until_closed(self, times: int) -> None:
        async with asyncio.timeout(20):
            while self.closed < times:
                await asyncio.sleep(0.002)


@pytest.fixture
def door() -> Door:
    return Door()


async def test_uses_that_follow_each_other_share_one(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "IDLE_S", 0.05)
    store = HeldStore(door.open)

    async def use() -> Any:
        async with store.use() as opened:
            await asyncio.sleep(0.01)
            return opened

    assert await asyncio.gather(use(), use(), use()) == [1, 1, 1]
    assert await use() == 1
    assert door.closed == 0
    await door.until_closed(1)
    assert await use() == 2
    await store.close()
    assert (door.opened, door.closed) == (2, 2)


async def test_it_stays_open_while_it_is_used(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "IDLE_S", 0.01)
    store = HeldStore(door.open)
    async with store.use():
        async with store.use():
            pass
        await asyncio.sleep(0.05)
        assert door.closed == 0
    await door.until_closed(1)


async def test_one_that_failed_is_not_used_again_and_closed_after_its_last_use(door: Door) -> None:
    store = HeldStore(door.open)
    async with store.use() as first:
        with pytest.raises(DestinationError):
            async with store.use():
                raise DestinationError("the line is cut")
        async with store.use() as second:
            assert (cast("Any", first), cast("Any", second)) == (1, 2)
        assert door.closed == 0
    await door.until_closed(1)
    await store.close()
    assert door.closed == 2


async def test_a_file_that_is_not_there_is_no_failure(door: Door) -> None:
    store = HeldStore(door.open)
    with pytest.raises(NotFound):
        async with store.use():
            raise NotFound("no such file")
    async with store.use():
        pass
    assert door.opened == 1
    await store.close()


async def test_what_cannot_be_opened_is_tried_again(door: Door) -> None:
    async def refuse() -> Any:
        raise DestinationError("away")

    @asynccontextmanager
    async def shut() -> AsyncIterator[Store]:
        yield await refuse()

    store = HeldStore(shut)
    for _ in range(2):
        with pytest.raises(DestinationError, match="away"):
            async with store.use():
                pass
    await store.close()
