from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from roomtape.errors import Conflict, InvalidRequest, NotFound, SfuError
from roomtape.rooms.realtimekit import receive as module
from roomtape.rooms.realtimekit.receive import ReceiveTransport
from roomtape.sfu.port import Handle, Wish
from tests.support.sdkoffer import Browser
from tests.support.sfu import FakeSfu
from tests.support.subscriber import FakeSubscriber


class World:
    def __init__(self) -> None:
        self.sfu = FakeSfu()
        self.browser = Browser()

    async def open(self) -> None:
        self.transport, answer = await ReceiveTransport.open(self.sfu, "room", self.browser.first_offer())
        self.browser.take_answer(answer)
        self.janus.changed = False

    @property
    def janus(self) -> FakeSubscriber:
        return self.sfu.subscribers[Handle(1, 500)]

    async def consume(self, **wishes: tuple[str, str]) -> dict[str, str]:
        mids, offer = await self.transport.consume(lambda: {pid: Wish(*source) for pid, source in wishes.items()})
        if offer is not None:
            await self.transport.answered(self.browser.answer(offer))
        return mids


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    await made.open()
    yield made
    made.transport.stop()


async def test_consuming_closing_and_consuming_again(world: World) -> None:
    assert await world.consume(p=("ann", "v2"), q=("ann", "a3")) == {"p": "2", "q": "3"}
    assert world.janus.sending() == {("ann", "v2"), ("ann", "a3")}
    world.browser.take_answer(await world.transport.close(["2"], world.browser.closing_offer({"2"})))
    assert world.janus.sending() == {("ann", "a3")}
    assert await world.consume(p=("ann", "v2")) == {"p": "4"}
    assert await world.consume(p=("ann", "v2")) == {"p": "5"}, "a client that asks again has lost sight of it"


async def test_nothing_to_consume_is_no_negotiation(world: World) -> None:
    assert await world.transport.consume(dict) == ({}, None)
    assert await world.consume(p=("ann", "v2")) == {"p": "2"}


async def test_a_track_that_ends_meanwhile_is_looked_for_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RETRY_S", 0)
    found = iter([{"gone": Wish("ann", "missing"), "p": Wish("ann", "v2")}, {"p": Wish("ann", "v2")}])
    mids, offer = await world.transport.consume(lambda: next(found))
    assert mids == {"p": "2"}
    assert offer is not None
    await world.transport.answered(world.browser.answer(offer))
    with pytest.raises(NotFound):
        await world.consume(p=("ann", "missing"))
    assert await world.consume(q=("ann", "a3")) == {"q": "3"}


async def test_the_next_offer_waits_for_the_answer_to_this_one(world: World) -> None:
    _, offer = await world.transport.consume(lambda: {"p": Wish("ann", "v2")})
    second = asyncio.create_task(world.consume(q=("bob", "v2")))
    await asyncio.sleep(0.02)
    assert not second.done()
    assert offer is not None
    assert world.transport.dump() is None, "half a negotiation is nothing to go on with"
    await world.transport.answered(world.browser.answer(offer))
    assert await second == {"q": "3"}


async def test_a_client_that_does_not_answer_needs_a_new_transport(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ANSWER_WITHIN_S", 0.02)
    await world.transport.consume(lambda: {"p": Wish("ann", "v2")})
    with pytest.raises(Conflict, match="Backend error"):
        await world.consume(q=("bob", "v2"))
    assert world.transport.broken
    with pytest.raises(Conflict, match="no offer"):
        await world.transport.answered("late")


async def test_an_answer_that_fits_nothing_breaks_it(world: World) -> None:
    with pytest.raises(Conflict, match="no offer"):
        await world.transport.answered("v=0")
    await world.transport.consume(lambda: {"p": Wish("ann", "v2")})
    with pytest.raises(InvalidRequest):
        await world.transport.answered(world.browser.first_offer())
    assert world.transport.broken


async def test_layers_are_chosen_where_they_are_received(world: World) -> None:
    await world.consume(p=("ann", "v2"))
    await world.transport.prefer([Wish("ann", "v2", 1), Wish("bob", "v2", 2), Wish("ann", "v2")])
    assert world.sfu.layers == [("2", 1)]


async def test_it_goes_on_after_a_restart(world: World) -> None:
    await world.consume(p=("ann", "v2"), q=("ann", "a3"))
    dumped = world.transport.dump()
    assert dumped is not None
    world.transport = ReceiveTransport.load(world.sfu, dumped)
    assert world.transport.id == "recv-500"
    world.browser.take_answer(await world.transport.close(["3"], world.browser.closing_offer({"3"})))
    assert world.janus.sending() == {("ann", "v2")}
    assert await world.consume(r=("bob", "a1")) == {"r": "4"}


async def test_an_sfu_that_fails_leaves_no_subscriber_behind() -> None:
    world = World()
    world.sfu.failing.add("answer_subscriber")
    with pytest.raises(SfuError):
        await world.open()
    assert not world.sfu.subscribers


async def test_an_sfu_that_fails_while_closing_breaks_it(world: World) -> None:
    await world.consume(p=("ann", "v2"))
    world.sfu.failing.add("unsubscribe")
    with pytest.raises(SfuError):
        await world.transport.close(["2"], world.browser.closing_offer({"2"}))
    assert world.transport.broken
