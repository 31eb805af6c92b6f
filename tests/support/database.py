"""Owns the databases of unit tests: migrated once a process and then copied; and one with an account and its app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from roomtape.db import apps
from roomtape.db.database import Database
from roomtape.db.migrate import upgrade
from roomtape.domain.meeting import App

NOW = datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)
APP = App("app-1", "account-1", "First", NOW)


_made: list[bytes] = []


async def empty_database(file: Path) -> str:
    """Put an empty database of the present version at `file`, unless one is there, and return its address."""
    if not _made:
        with TemporaryDirectory() as folder:
            made = Path(folder) / "empty.db"
            await upgrade(f"sqlite+aiosqlite:///{made}")
            _made.append(made.read_bytes())
    if not file.exists():
        file.write_bytes(_made[0])
    return f"sqlite+aiosqlite:///{file}"


@asynccontextmanager
async def database(folder: Path) -> AsyncIterator[Database]:
    """Yield a database that has `APP`."""
    db = Database(await empty_database(folder / "test.db"))
    await apps.insert(db, APP)
    yield db
    await db.close()
