from __future__ import annotations

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
    await webhooks.save(db, HOOK, NOW)
    await webhooks.save(db, second, NOW)
    assert await webhooks.get(db, "w-1") == HOOK
    assert await webhooks.of_app(db, APP.id) == [second, HOOK]
    await webhooks.save(db, replace(HOOK, enabled=False, events=("meeting.started",)), NOW)
    assert await webhooks.get(db, "w-1") == replace(HOOK, enabled=False, events=("meeting.started",))
    assert await webhooks.count(db, APP.id) == 2
    await webhooks.delete(db, "w-1")
    assert await webhooks.get(db, "w-1") is None
    assert await webhooks.count(db, APP.id) == 1


async def test_another_app_has_its_own(db: Database) -> None:
    await apps.insert(db, App("app-2", APP.account_id, "Second", NOW))
    await webhooks.save(db, HOOK, NOW)
    assert await webhooks.of_app(db, "app-2") == []
    assert await webhooks.count(db, "app-2") == 0
