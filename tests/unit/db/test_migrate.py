from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from roomtape.db.database import Database
from roomtape.db.migrate import upgrade
from roomtape.db.models import Base
from roomtape.errors import OurError


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, Base.metadata))


async def test_an_empty_database_gets_exactly_the_tables_of_the_models(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'r.db'}"
    await upgrade(url)
    db = Database(url)
    async with db.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
        assert await connection.run_sync(lambda c: inspect(c).has_table("alembic_version"))
    await db.close()


async def test_what_an_older_version_kept_is_kept(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'r.db'}"
    await upgrade(url, "0002")
    db = Database(url)
    async with db.engine.begin() as connection:
        at = "'2026-01-02 03:04:05'"
        for statement in (
            f"INSERT INTO apps (id, account_id, name, created_at) VALUES ('a', 'o', 'App', {at})",
            "INSERT INTO meetings (id, app_id, title, status, record_on_start, options, created_at, updated_at)"
            f" VALUES ('m', 'a', 'M', 'ACTIVE', 0, '{{}}', {at}, {at})",
            "INSERT INTO sessions (id, app_id, meeting_id, title, status, started_at, live_participants,"
            " max_concurrent_participants, created_at, updated_at)"
            f" VALUES ('s', 'a', 'm', 'M', 'LIVE', {at}, 1, 1, {at}, {at})",
            "INSERT INTO peers (id, session_id, participant_id, name, preset_name, hidden, joined_at, take, capturing,"
            f" tracks) VALUES ('p', 's', 'q', 'Ann', 'host', 0, {at}, 2, 0, '[]')",
        ):
            await connection.execute(text(statement))
    await upgrade(url)
    async with db.engine.connect() as connection:
        row = (await connection.execute(text("SELECT session_id, id, name, take FROM peers"))).one()
        assert tuple(row) == ("s", "p", "Ann", 2)
        assert await connection.run_sync(differences) == []
    await db.close()


async def test_upgrading_twice_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'r.db'}"
    await upgrade(url)
    await upgrade(url)
    db = Database(url)
    async with db.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await db.close()


async def test_a_database_of_a_newer_version_is_left_alone_and_named(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'r.db'}"
    await upgrade(url)
    db = Database(url)
    async with db.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await db.close()
    with pytest.raises(OurError, match=r"r\.db is of a newer version .*'9999'"):
        await upgrade(url)


async def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "r.db").write_text("no database at all, but some text of a length that SQLite reads")
    with pytest.raises(OurError, match=r"r\.db cannot be used: file is not a database; .*backup"):
        await upgrade(f"sqlite+aiosqlite:///{tmp_path / 'r.db'}")
