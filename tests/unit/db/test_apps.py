from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from roomtape.db import apps, presets
from roomtape.domain.presets import DEFAULTS
from roomtape.errors import InvalidRequest, NotFound
from tests.support.database import APP, NOW, database


async def test_an_app_is_born_with_the_default_presets(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        assert await apps.get(db, APP.id) == APP
        assert await apps.get(db, "app-2") is None
        found, total = await presets.find(db, APP.id, limit=100)
        assert total == len(DEFAULTS)
        assert {p.name: p.body for p in found} == DEFAULTS


async def test_apps_of_one_account_are_listed(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        later = replace(APP, id="app-2", name="100%_sure", created_at=NOW + timedelta(seconds=1))
        await apps.insert(db, later)
        await apps.insert(db, replace(APP, id="app-3", account_id="account-2"))
        assert await apps.find(db, "account-1") == ([later, APP], 2)
        assert await apps.find(db, "account-1", newest_first=False, limit=1) == ([APP], 2)
        assert await apps.find(db, "account-1", offset=1) == ([APP], 2)
        assert await apps.find(db, "account-1", search="SURE") == ([later], 1)
        assert await apps.find(db, "account-1", search="0%_") == ([later], 1)
        assert await apps.find(db, "account-1", search="%") == ([later], 1)
        assert await apps.find(db, "account-3") == ([], 0)


async def test_the_recording_defaults_of_an_app_are_sealed_in_the_row(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        config = {"max_seconds": 90, "live_streaming_config": {"rtmp_url": "rtmp://a.example/b/canary"}}
        await apps.change_recording_config(db, APP.id, lambda _: config)
        found = await apps.get(db, APP.id)
        assert found is not None
        assert found.recording_config == config
        assert "canary" not in repr(found)
        await db.close()
        assert all(b"canary" not in file.read_bytes() for file in tmp_path.iterdir())


async def test_defaults_that_two_change_at_once_have_both_changes(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        await asyncio.gather(
            *(
                apps.change_recording_config(db, APP.id, lambda before, n=n: (before or {}) | {f"f{n}": n})  # type: ignore[misc]
                for n in range(10)
            )
        )
        found = await apps.get(db, APP.id)
        assert found is not None
        assert found.recording_config == {f"f{n}": n for n in range(10)}


async def test_a_change_of_defaults_that_is_refused_changes_nothing(tmp_path: Path) -> None:
    def refuse(before: dict[str, Any] | None) -> dict[str, Any]:
        raise InvalidRequest("no", "max_seconds")

    async with database(tmp_path) as db:
        await apps.change_recording_config(db, APP.id, lambda _: {"max_seconds": 90})
        with pytest.raises(InvalidRequest):
            await apps.change_recording_config(db, APP.id, refuse)
        found = await apps.get(db, APP.id)
        assert found is not None
        assert found.recording_config == {"max_seconds": 90}
        with pytest.raises(NotFound):
            await apps.change_recording_config(db, "app-9", lambda _: {})
