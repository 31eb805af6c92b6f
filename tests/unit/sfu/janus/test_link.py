from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from roomtape.errors import SfuError
from roomtape.sfu.janus import link as module
from roomtape.sfu.janus.link import JanusLink
from tests.support.fakejanus import FakeJanus
from tests.support.wait import until


class Watched:
    """A link and what it said."""

    def __init__(self, address: Callable[[], Awaitable[str]], reclaim_s: int = 60) -> None:
        self.said: list[str] = []
        self.events: list[dict[str, Any]] = []
        self.link = JanusLink(
            address,
            "secret",
            reclaim_s,
            on_event=self.events.append,
            on_lost=lambda: self.said.append("lost"),
            on_ready=lambda claimed: self.said.append("claimed" if claimed else "new"),
        )


def watched(janus: FakeJanus) -> Watched:
    async def address() -> str:
        return janus.url

    return Watched(address)


async def test_a_session_is_made_and_given_back() -> None:
    async with FakeJanus() as janus:
        here = watched(janus)
        assert not await here.link.open(None)
        assert janus.sessions == {here.link.session}
        handle = await here.link.attach()
        assert handle.session == here.link.session
        assert handle.id in janus.handles
        await here.link.close(keep_session=False)
        assert janus.sessions == set()
        assert here.said == []


async def test_an_earlier_session_is_claimed_or_replaced() -> None:
    async with FakeJanus() as janus:
        first = watched(janus)
        await first.link.open(None)
        session = first.link.session
        await first.link.close(keep_session=True)
        second = watched(janus)
        assert await second.link.open(session)
        assert second.link.session == session
        await second.link.close(keep_session=False)
        third = watched(janus)
        assert not await third.link.open(session)
        assert third.link.session not in (None, session)
        assert third.said == []
        await third.link.close(keep_session=False)


async def test_a_dropped_connection_is_mended_with_a_claim() -> None:
    async with FakeJanus() as janus:
        here = watched(janus)
        await here.link.open(None)
        session = here.link.session
        janus.drop()
        await until(lambda: here.said)
        assert here.said == ["claimed"]
        assert here.link.session == session
        assert len(janus.requests("claim")) == 1
        await here.link.attach()
        await here.link.close(keep_session=False)


async def test_a_session_that_is_gone_is_lost_then_new() -> None:
    async with FakeJanus() as janus:
        here = watched(janus)
        await here.link.open(None)
        session = here.link.session
        janus.sessions.clear()
        janus.drop()
        await until(lambda: len(here.said) == 2)
        assert here.said == ["lost", "new"]
        assert here.link.session not in (None, session)
        await here.link.close(keep_session=False)


async def test_a_session_that_janus_times_out_is_lost_at_once() -> None:
    async with FakeJanus() as janus:
        here = watched(janus)
        await here.link.open(None)
        await janus.push({"janus": "timeout", "session_id": 99})
        await janus.push({"janus": "timeout", "session_id": here.link.session})
        await until(lambda: len(here.said) == 2)
        assert here.said == ["lost", "new"]
        await here.link.close(keep_session=False)


async def test_void_is_said_once_and_a_request_waits_for_the_new_session() -> None:
    async with FakeJanus() as janus:
        here = watched(janus)
        await here.link.open(None)
        here.link.void()
        here.link.void()
        assert here.said == ["lost"]
        assert here.link.session is None
        handle = await here.link.attach()
        assert handle.session in janus.sessions
        await until(lambda: here.said == ["lost", "new"])
        assert handle.session == here.link.session
        await here.link.close(keep_session=False)


async def test_events_of_our_session_alone_are_handed_on() -> None:
    async with FakeJanus() as janus:
        here = watched(janus)
        await here.link.open(None)
        session, control = here.link.session, max(janus.handles)
        await janus.push({"janus": "hangup", "session_id": 1, "sender": 5})
        await janus.push({"janus": "event", "session_id": session, "sender": control})
        await janus.push({"janus": "hangup", "session_id": session, "sender": 5})
        await until(lambda: here.events)
        assert here.events == [{"janus": "hangup", "session_id": session, "sender": 5}]
        await here.link.close(keep_session=False)


async def test_nothing_is_told_of_a_probe_however_late_it_hangs_up() -> None:
    async with FakeJanus() as janus:
        here = watched(janus)
        await here.link.open(None)
        async with here.link.probe() as probe:
            assert probe.id in janus.handles
        assert len(janus.requests("detach")) == 1
        for sender in (probe.id, 5):
            await janus.push({"janus": "hangup", "session_id": probe.session, "sender": sender, "reason": "Detach"})
        await until(lambda: here.events)
        assert [event["sender"] for event in here.events] == [5]
        await here.link.close(keep_session=False)


async def test_the_session_is_kept_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEEPALIVE_S", 0.02)
    async with FakeJanus() as janus:
        here = watched(janus)
        await here.link.open(None)
        await until(lambda: len(janus.requests("keepalive")) >= 3)
        janus.sessions.clear()
        await until(lambda: here.said == ["lost", "new"])
        await here.link.close(keep_session=False)


async def test_a_janus_that_is_away_is_an_error_and_found_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "READY_WITHIN_S", 0.05)
    async with FakeJanus() as janus:
        away = False

        async def address() -> str:
            if away:
                raise SfuError("not there")
            return janus.url

        here = Watched(address)
        await here.link.open(None)
        away = True
        janus.drop()
        await until(lambda: not here.link._ready.is_set())
        with pytest.raises(SfuError, match="away"):
            await here.link.attach()
        away = False
        await until(lambda: here.said == ["claimed"])
        await here.link.close(keep_session=False)
        await here.link.close(keep_session=False)


async def test_closing_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_DESTROY_WITHIN_S", 0.05)
    async with FakeJanus() as janus:
        here = watched(janus)
        await here.link.open(None)
        janus.silent.add("destroy")
        async with asyncio.timeout(20):
            await here.link.close(keep_session=False)


async def test_opening_without_janus_fails() -> None:
    async def address() -> str:
        raise SfuError("not there")

    with pytest.raises(SfuError, match="not there"):
        await Watched(address).link.open(None)
    async with FakeJanus() as janus:
        janus.silent.add("create")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await watched(janus).link.open(None)
