from __future__ import annotations

import asyncio

from roomtape.errors import StorageError
from roomtape.recordings.rounds import Rounds
from tests.support.wait import until


async def test_rounds_go_on_after_whatever_fails_until_they_are_stopped() -> None:
    done: list[str] = []

    async def refused() -> None:
        done.append("refused")
        raise StorageError("full")

    async def broken() -> None:
        done.append("broken")
        raise KeyError("x")

    async def fine() -> None:
        done.append("fine")

    rounds = Rounds("tests", 0.01)
    await rounds.stop()
    rounds.start(refused, broken, fine)
    assert done == []
    await until(lambda: len(done) >= 6)
    await rounds.stop()
    assert done[:6] == ["refused", "broken", "fine"] * 2
    ended = len(done)
    await asyncio.sleep(0.03)
    assert len(done) == ended


async def test_the_first_round_may_come_at_once_and_a_stop_does_not_wait_for_one() -> None:
    reached = asyncio.Event()

    async def long() -> None:
        reached.set()
        await asyncio.sleep(60)

    rounds = Rounds("tests", 60, at_once=True)
    rounds.start(long)
    async with asyncio.timeout(20):
        await reached.wait()
        await rounds.stop()
