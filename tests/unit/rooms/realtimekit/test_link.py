from __future__ import annotations

import asyncio

from roomtape.rooms.realtimekit import link as links
from roomtape.rooms.realtimekit.link import Link


async def test_frames_come_out_in_order_and_the_close_comes_last() -> None:
    link = Link("p")
    link.send(b"a")
    link.send("2")
    link.close(1000, "bye")
    link.send(b"too late")
    assert await link.take() == [b"a", "2"]
    assert await link.take() == []
    assert link.closing == (1000, "bye")


async def test_take_waits_for_something() -> None:
    link = Link("p")
    taking = asyncio.create_task(link.take())
    await asyncio.sleep(0)
    assert not taking.done()
    link.send(b"a")
    assert await asyncio.wait_for(taking, 20) == [b"a"]


async def test_a_client_that_reads_too_slowly_is_put_out() -> None:
    link = Link("p")
    for _ in range(links.MOST_WAITING + 1):
        link.send(b"x")
    assert link.closing is not None
    assert link.closing[0] == 1013
    assert await link.take() == []
    big = Link("q")
    block = bytes(1 << 20)
    for _ in range(links.MOST_BYTES // len(block) + 1):
        big.send(block)
    assert big.closing is not None


async def test_one_that_keeps_up_is_not() -> None:
    link = Link("p")
    for _ in range(3 * links.MOST_WAITING):
        link.send(b"x")
        await link.take()
    assert link.closing is None


async def test_a_close_that_leaves_time_comes_later_unless_the_socket_is_gone() -> None:
    link, gone = Link("p"), Link("q")
    for each in (link, gone):
        each.close(1000, "kicked", after_s=0.02)
    gone.forget_later()
    assert link.closing is None
    await asyncio.sleep(0.05)
    assert link.closing == (1000, "kicked")
    assert gone.closing is None


def test_a_reason_fits_into_a_close_frame() -> None:
    link = Link("p")
    link.close(1008, "ä" * 100)
    assert link.closing is not None
    assert len(link.closing[1].encode()) <= 123
