from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from roomtape.db import apps, webhooks
from roomtape.db.database import Database
from roomtape.domain.meeting import App
from roomtape.domain.webhook import Webhook
from tests.support.database import APP, NOW, database

HOOK = Webhook("w-1", APP.id, "Mine", "https://h.test/?token=x", ("meeting.ended", "all"), True, NOW, NOW)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with database(tmp_path) as made:
        yield made


async def test_webhooks_come_back_change_and_go(db: Database) -> None:
    second = replace(HOOK, id="w-2", created_at=NOW - timedelta(1))
    assert await webhooks.add(db, HOOK, 9)
    assert await webhooks.add(db, second, 9)
    assert await webhooks.get(db, "w-1") == HOOK
    assert await webhooks.of_app(db, APP.id) == [second, HOOK]
    later = NOW + timedelta(1)
    changed = replace(HOOK, enabled=False, events=("meeting.started",), updated_at=later)
    assert await webhooks.change(db, "w-1", later, enabled=False, events=["meeting.started"]) == changed
    assert await webhooks.of_app(db, APP.id) == [second, changed]
    await webhooks.delete(db, "w-1")
    assert await webhooks.get(db, "w-1") is None
    assert await webhooks.of_app(db, APP.id) == [second]


async def test_a_change_beside_another_keeps_both_and_one_after_the_end_brings_nothing_back(db: Database) -> None:
    await webhooks.add(db, HOOK, 9)
    await asyncio.gather(
        webhooks.change(db, HOOK.id, NOW, enabled=False), webhooks.change(db, HOOK.id, NOW, name="Other")
    )
    assert await webhooks.get(db, HOOK.id) == replace(HOOK, enabled=False, name="Other")
    await webhooks.delete(db, HOOK.id)
    assert await webhooks.change(db, HOOK.id, NOW, enabled=True) is None
    assert await webhooks.of_app(db, APP.id) == []


async def test_an_app_has_no_more_than_it_may_have_however_many_are_added_at_once(db: Database) -> None:
    adding = [webhooks.add(db, replace(HOOK, id=f"w-{n}"), 5) for n in range(12)]
    assert sum(await asyncio.gather(*adding)) == 5
    assert len(await webhooks.of_app(db, APP.id)) == 5


async def test_another_app_has_its_own(db: Database) -> None:
    other = App("app-2", APP.account_id, "Second", NOW)
    await apps.insert(db, other)
    assert await webhooks.add(db, HOOK, 1)
    assert await webhooks.of_app(db, "app-2") == []
    assert await webhooks.add(db, replace(HOOK, id="w-2", app_id="app-2"), 1)
    assert await apps.get(db, "app-2") == other
