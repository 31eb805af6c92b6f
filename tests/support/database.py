"""Owns the databases of unit tests: made once a process and copied, empty or as a server's first start leaves it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from roomtape.db import apps
from roomtape.db.database import Database
from roomtape.db.migrate import upgrade
from roomtape.db.seed import Bootstrap, seed
from roomtape.domain.meeting import App
from roomtape.settings import Settings

NOW = datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)
APP = App("app-1", "account-1", "First", NOW)


_empty: list[bytes] = []
_seeded: list[tuple[bytes, Bootstrap]] = []


async def empty_database(file: Path) -> str:
    """Put an empty database of the present version at `file`, unless one is there, and return its address."""
    if not _empty:
        with TemporaryDirectory() as folder:
            made = Path(folder) / "empty.db"
            await upgrade(f"sqlite+aiosqlite:///{made}")
            _empty.append(made.read_bytes())
    if not file.exists():
        file.write_bytes(_empty[0])
    return f"sqlite+aiosqlite:///{file}"


async def seeded_database(file: Path) -> tuple[str, Bootstrap]:
    """Put a database at `file` as a server's first start leaves it; return its address and what the start told."""
    if not _seeded:
        with TemporaryDirectory() as folder:
            made = Path(folder) / "seeded.db"
            db = Database(await empty_database(made))
            first = await seed(db, Settings(data_dir=Path(folder)))
            await db.close()
            _seeded.append((made.read_bytes(), first))
    content, first = _seeded[0]
    file.write_bytes(content)
    return f"sqlite+aiosqlite:///{file}", first


@asynccontextmanager
async def database(folder: Path) -> AsyncIterator[Database]:
    """Yield a database that has `APP`."""
    db = Database(await empty_database(folder / "test.db"))
    await apps.insert(db, APP)
    yield db
    await db.close()
