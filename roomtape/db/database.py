"""Owns the connection to the database: one engine, its settings for durability, and transactions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from roomtape.vault import Vault


class Database:
    """Every query function of this package takes one of these; `transaction()` commits or rolls back as a whole.

    `vault` seals the secrets in what is written; without one they can be read as long as this object lives.
    """

    def __init__(self, url: str, vault: Vault | None = None) -> None:
        self.url = url
        self.vault = vault or Vault()
        self.engine: AsyncEngine = create_async_engine(url)
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine.sync_engine, "connect", _durable_sqlite)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Yield a session whose changes are committed together on leaving, or not at all on an exception."""
        async with self._sessions() as session, session.begin():
            yield session

    async def ping(self) -> None:
        """Ask the database for nothing; raises whatever its driver does when it does not answer."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Give back all connections."""
        await self.engine.dispose()


def _durable_sqlite(connection: Any, _record: Any) -> None:
    """WAL lets readers go on beside the writer; FULL makes a commit survive a power cut; the timeout bounds waiting."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
