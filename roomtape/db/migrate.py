"""Owns bringing a database's tables to what this version needs; safe to run at every start."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from roomtape.db.database import Database

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 0x526F6F6D74617065  # "Roomtape": any number that other programs on this PostgreSQL do not use


async def upgrade(url: str, revision: str = "head") -> None:
    """Apply every migration up to `revision` that the database at `url` (SQLAlchemy, async driver) has not seen yet.

    Several nodes may start at once on one PostgreSQL: they take turns. Either all migrations are applied, or none.
    """
    db = Database(url)
    try:
        async with db.engine.begin() as connection:
            if db.engine.dialect.name == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            await connection.run_sync(_run, revision)
    finally:
        await db.close()


def _run(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
