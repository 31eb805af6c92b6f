from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from roomtape.db import deliveries as rows
from roomtape.db import outbox, webhooks
from roomtape.db.database import Database
from roomtape.domain.webhook import Delivery, DeliveryState, Webhook
from tests.support.database import APP, NOW, database

HOOK = Webhook("w-1", APP.id, "Mine", "https://h.test/", ("all",), True, NOW, NOW)
SECOND = timedelta(seconds=1)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with database(tmp_path) as made:
        await webhooks.add(made, HOOK, 9)
        await webhooks.add(made, replace(HOOK, id="w-2"), 9)
        yield made


async def put(db: Database, name: str, subject: str = "s", webhook: str = "w-1", **values: Any) -> Delivery:
    made = replace(Delivery(name, webhook, "e", subject, "{}", NOW, NOW, NOW + timedelta(hours=24)), **values)
    async with db.transaction() as tx:
        outbox.add(tx, APP.id, "e", {})
    (entry,) = await outbox.oldest(db, 1)
    assert await outbox.take(db, entry.id, [made])
    return made


async def due(db: Database, busy: tuple[str, ...] = (), at_s: float = 0) -> list[str]:
    return [name for name, _ in await rows.due(db, NOW + at_s * SECOND, busy, 10)]


async def claimed(db: Database, name: str, at_s: float = 0) -> Delivery | None:
    now = NOW + at_s * SECOND
    found = await rows.claim(db, name, now, now + 10 * SECOND)
    return found[1] if found else None


async def test_the_first_of_each_line_is_due(db: Database) -> None:
    await put(db, "a-1", "a")
    await put(db, "a-2", "a")
    await put(db, "b-1", "b")
    await put(db, "a-other", "a", "w-2")
    await put(db, "later", "c", next_at=NOW + SECOND)
    assert await due(db) == ["a-1", "b-1", "a-other"]
    assert await due(db, ("w-1",)) == ["a-other"]
    assert "later" in await due(db, at_s=1)
    assert len(await rows.due(db, NOW, (), 2)) == 2


async def test_who_waits_for_its_next_attempt_holds_up_its_line_alone(db: Database) -> None:
    first = await put(db, "a-1", "a")
    await put(db, "a-2", "a")
    begun = await claimed(db, "a-1")
    assert begun is not None
    await rows.settle(db, begun, state=DeliveryState.WAITING, next_at=NOW + 5 * SECOND, error="no")
    assert await due(db, at_s=4) == []
    assert await due(db, at_s=5) == ["a-1"]
    again = await claimed(db, "a-1", 5)
    assert again is not None
    await rows.settle(db, again, state=DeliveryState.FAILED, finished_at=NOW)
    assert await due(db) == ["a-2"]
    assert (await rows.get(db, first.id)) == replace(again, state=DeliveryState.FAILED, finished_at=NOW)


async def test_an_attempt_is_made_by_one_until_its_lease_is_over(db: Database) -> None:
    await put(db, "a-1")
    both = await asyncio.gather(claimed(db, "a-1"), claimed(db, "a-1"))
    assert sorted(d is None for d in both) == [False, True]
    assert await due(db, at_s=9) == []
    assert await due(db, at_s=10) == ["a-1"]
    again = await claimed(db, "a-1", 10)
    assert again is not None
    assert again.attempts == 2
    stale = next(d for d in both if d is not None)
    await rows.settle(db, stale, state=DeliveryState.DELIVERED, finished_at=NOW)
    assert await rows.waiting(db) == 1


async def test_what_was_dropped_meanwhile_stays_so(db: Database) -> None:
    await put(db, "a-1")
    begun = await claimed(db, "a-1")
    assert begun is not None
    await webhooks.change(db, HOOK.id, NOW, enabled=False)
    await rows.settle(db, begun, state=DeliveryState.DELIVERED, finished_at=NOW)
    found = await rows.get(db, "a-1")
    assert found is not None
    assert (found.state, found.error) == (DeliveryState.DROPPED, webhooks.SWITCHED_OFF)


async def test_a_repeat_stands_outside_the_line(db: Database) -> None:
    await put(db, "a-1", "a", state=DeliveryState.FAILED, finished_at=NOW)
    await put(db, "a-2", "a", next_at=NOW + 60 * SECOND)
    later = NOW + timedelta(days=2)
    again = await rows.repeat(db, "a-1", NOW, later)
    assert again is not None
    assert (again.state, again.repeated, again.give_up_at, again.finished_at) == (
        DeliveryState.WAITING, True, later, None,
    )  # fmt: skip
    at_once = await rows.repeat(db, "a-2", NOW, later)
    assert at_once is not None
    assert (at_once.repeated, at_once.next_at) == (False, NOW)
    assert sorted(await due(db)) == ["a-1", "a-2"]
    assert await rows.repeat(db, "nothing", NOW, later) is None


async def test_a_repeat_of_one_in_line_brings_forward_what_it_waits_for(db: Database) -> None:
    for name, line, hook in (("a-1", "a", "w-1"), ("a-2", "a", "w-1"), ("a-3", "a", "w-1"), ("b", "b", "w-1")):
        await put(db, name, line, hook, next_at=NOW + 60 * SECOND)
    await put(db, "other", "a", "w-2", next_at=NOW + 60 * SECOND)
    await rows.repeat(db, "a-2", NOW, NOW + timedelta(days=2))
    assert await due(db) == ["a-1"]
    begun = await claimed(db, "a-1")
    assert begun is not None
    await rows.settle(db, begun, state=DeliveryState.DELIVERED, finished_at=NOW)
    assert await due(db) == ["a-2"]
    begun = await claimed(db, "a-2")
    assert begun is not None
    await rows.settle(db, begun, state=DeliveryState.DELIVERED, finished_at=NOW)
    assert await due(db) == []


async def test_deliveries_are_paged_the_newest_first(db: Database) -> None:
    for n in range(3):
        await put(db, f"d-{n}")
    await put(db, "failed", state=DeliveryState.FAILED, finished_at=NOW)
    found, total = await rows.find(db, "w-1", offset=1, limit=2)
    assert ([d.id for d in found], total) == (["d-2", "d-1"], 4)
    assert [d.id for d in (await rows.find(db, "w-1", state=DeliveryState.FAILED))[0]] == ["failed"]
    assert await rows.find(db, "w-2") == ([], 0)
    assert await rows.waiting(db) == 3


async def test_only_what_is_long_over_is_purged(db: Database) -> None:
    await put(db, "old", state=DeliveryState.DELIVERED, finished_at=NOW - SECOND)
    await put(db, "new", state=DeliveryState.DELIVERED, finished_at=NOW)
    await put(db, "waiting", created_at=NOW - timedelta(days=100))
    assert await rows.purge(db, NOW) == 1
    assert {d.id for d in (await rows.find(db, "w-1"))[0]} == {"new", "waiting"}


async def test_a_webhook_goes_with_its_deliveries(db: Database) -> None:
    await put(db, "a-1")
    await put(db, "b-1", webhook="w-2")
    await webhooks.delete(db, "w-1")
    assert await rows.get(db, "a-1") is None
    assert await due(db) == ["b-1"]
