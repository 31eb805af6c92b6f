from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from roomtape.db import apps, presets
from roomtape.domain.meeting import Preset
from roomtape.errors import Conflict
from tests.support.database import APP, NOW, database

GUEST = Preset("preset-1", APP.id, "guest", {"permissions": {"can_record": False}}, NOW, NOW)


async def test_a_preset_is_kept_changed_found_and_deleted(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        await presets.save(db, GUEST)
        assert await presets.get(db, GUEST.id) == GUEST
        assert await presets.by_name(db, APP.id, "guest") == GUEST
        changed = replace(GUEST, body={"permissions": {"can_record": True}}, updated_at=NOW + timedelta(days=1))
        await presets.save(db, changed)
        assert await presets.get(db, GUEST.id) == changed
        assert await presets.find(db, APP.id, search="UES") == ([changed], 1)
        await presets.delete(db, GUEST.id)
        assert await presets.get(db, GUEST.id) is None
        assert await presets.by_name(db, APP.id, "guest") is None


async def test_a_name_is_there_once_in_an_app(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        await presets.save(db, GUEST)
        with pytest.raises(Conflict, match="guest"):
            await presets.save(db, replace(GUEST, id="preset-2"))
        other = replace(APP, id="app-2")
        await apps.insert(db, other)
        await presets.save(db, replace(GUEST, id="preset-2", app_id=other.id))
        assert (await presets.by_name(db, other.id, "guest")) == replace(GUEST, id="preset-2", app_id=other.id)
