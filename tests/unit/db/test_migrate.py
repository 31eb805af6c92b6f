from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from roomtape.db.database import Database
from roomtape.db.migrate import upgrade
from roomtape.db.models import Base


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


async def test_upgrading_twice_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'r.db'}"
    await upgrade(url)
    await upgrade(url)
    db = Database(url)
    async with db.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await db.close()
