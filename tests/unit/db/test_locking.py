from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from roomtape.db.locking import locked
from roomtape.db.models import AppRow, MeetingRow
from roomtape.errors import NotFound
from tests.support.database import APP, database


async def test_whoever_takes_a_row_meanwhile_waits_and_finds_what_became_of_it(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        taken = asyncio.Event()
        seen = []

        async def rename() -> None:
            async with db.transaction() as tx:
                row = await locked(tx, AppRow, APP.id)
                taken.set()
                await asyncio.sleep(0.05)
                row.name = "renamed"

        async def look() -> None:
            await taken.wait()
            async with db.transaction() as tx:
                seen.append((await locked(tx, AppRow, APP.id)).name)

        await asyncio.gather(rename(), look())
        assert seen == ["renamed"]


async def test_a_row_that_is_not_there_is_said(tmp_path: Path) -> None:
    async with database(tmp_path) as db, db.transaction() as tx:
        with pytest.raises(NotFound, match="there is no meeting m1"):
            await locked(tx, MeetingRow, "m1")
