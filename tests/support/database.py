"""A migrated SQLite database with one account's app in it, for the tests of queries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from roomtape.db import apps
from roomtape.db.database import Database
from roomtape.db.migrate import upgrade
from roomtape.domain.meeting import App

NOW = datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)
APP = App("app-1", "account-1", "First", NOW)


@asynccontextmanager
async def database(folder: Path) -> AsyncIterator[Database]:
    """Yield a database that has `APP`."""
    url = f"sqlite+aiosqlite:///{folder / 'test.db'}"
    await upgrade(url)
    db = Database(url)
    await apps.insert(db, APP)
    yield db
    await db.close()
