from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text

from roomtape.db.database import Database
from roomtape.db.models import AppRow
from tests.support.database import database


async def change_and_fail(db: Database) -> None:
    async with db.transaction() as tx:
        tx.add(AppRow(id="lost", account_id="a", name="n", created_at=datetime.now(UTC)))
        await tx.flush()
        raise RuntimeError


async def test_a_transaction_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        moment = datetime(2026, 1, 1, 12, 0, 0, 1, tzinfo=timezone(timedelta(hours=5)))
        with pytest.raises(RuntimeError):
            await change_and_fail(db)
        async with db.transaction() as tx:
            tx.add(AppRow(id="kept", account_id="a", name="n", created_at=moment))
        async with db.transaction() as tx:
            assert await tx.get(AppRow, "lost") is None
            kept = await tx.get(AppRow, "kept")
            assert kept is not None
            assert kept.created_at == moment
            assert kept.created_at.tzinfo is UTC


async def test_sqlite_is_set_up_to_survive_a_power_cut(tmp_path: Path) -> None:
    async with database(tmp_path) as db, db.engine.connect() as connection:
        for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
            assert (await connection.execute(text(f"PRAGMA {pragma}"))).scalar() == value


async def test_ping_is_answered(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        await db.ping()
