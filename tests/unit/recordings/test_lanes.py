import asyncio
from contextlib import AsyncExitStack

import pytest

from roomtape.recordings import lanes
from roomtape.recordings.lanes import Lanes


async def _fails(places: Lanes, storage: str) -> None:
    with pytest.raises(OSError, match="away"):
        async with places.taken(storage):
            raise OSError("away")


async def _free(places: Lanes, storage: str) -> bool:
    """Tell whether a place for this storage can be had now."""
    try:
        async with asyncio.timeout(0.05), places.taken(storage):
            return True
    except TimeoutError:
        return False


async def test_a_storage_has_no_more_than_its_share() -> None:
    places = Lanes()
    async with AsyncExitStack() as held:
        for _ in range(lanes.OF_ONE_STORAGE):
            await held.enter_async_context(places.taken("hung"))
        waiting = [asyncio.create_task(_free(places, "hung")) for _ in range(9)]
        await asyncio.sleep(0)
        assert await _free(places, "healthy")
        assert await asyncio.gather(*waiting) == [False] * 9
    assert await _free(places, "hung")


async def test_storages_that_failed_take_no_place_from_others_until_one_goes_well() -> None:
    places = Lanes()
    bad = [f"bad-{number}" for number in range(lanes.AGAIN_AT_ONCE)]
    for storage in (*bad, "late"):
        await _fails(places, storage)
    async with AsyncExitStack() as held:
        for storage in bad:
            await held.enter_async_context(places.taken(storage))
        assert not await _free(places, "late")
        async with AsyncExitStack() as others:
            for number in range(lanes.AT_ONCE):
                async with asyncio.timeout(1):
                    await others.enter_async_context(places.taken(f"good-{number}"))
    assert await _free(places, "late")
    async with AsyncExitStack() as held:
        for _ in range(lanes.OF_ONE_STORAGE):
            async with asyncio.timeout(1):
                await held.enter_async_context(places.taken("late"))
