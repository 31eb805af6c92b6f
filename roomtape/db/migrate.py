"""Owns bringing a database's tables to what this version needs; safe to run at every start."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import DBAPIError

from roomtape.db.database import Database
from roomtape.errors import OurError

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 0x526F6F6D74617065  # "Roomtape": any number that other programs on this PostgreSQL do not use


async def upgrade(url: str, revision: str = "head") -> None:
    """Apply every migration up to `revision` that the database at `url` (SQLAlchemy, async driver) has not seen yet.

    Several nodes may start at once on one PostgreSQL: they take turns. Either all migrations are applied, or none.
    Raises OurError when the database is of a newer version, damaged, or cannot be opened.
    """
    db = Database(url)
    try:
        async with db.engine.begin() as connection:
            if db.engine.dialect.name == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            await connection.run_sync(_run, revision)
    except CommandError as error:  # a migration that we do not have
        raise OurError(
            f"the database {_shown(url)} is of a newer version of Roomtape ({error}); "
            "start that version, or restore the backup that was made before it"
        ) from error
    except (DBAPIError, OSError) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        raise OurError(
            f"the database {_shown(url)} cannot be used: {reason}; "
            "if it is damaged, restore a backup (docs/operations.md)"
        ) from error
    finally:
        await db.close()


def _shown(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)


def _run(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
