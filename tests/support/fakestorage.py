"""External storages that are a dict, for tests: they refuse for as long as they are told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from roomtape.domain.storage_config import StorageConfig
from roomtape.errors import DestinationError
from roomtape.storage.port import Right

STORAGE = StorageConfig("aws", "b", path="in", access_key="key-77", secret="hush")


class FakeStorages:
    """`files` by place and path; `refuses` says why nothing is taken now. `puts` counts what arrived, by path."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.puts: dict[str, int] = {}
        self.refuses: str | None = None
        self.right_secret = "hush"
        self.attempts = 0

    @asynccontextmanager
    async def opened(self, config: StorageConfig) -> AsyncIterator[FakeStorages]:
        self.attempts += 1
        if config.secret != self.right_secret:
            raise DestinationError(f"{config.place}: the service answered 403 Forbidden: SignatureDoesNotMatch")
        yield self

    def foresee(self, config: StorageConfig) -> None:
        return

    async def test(self, config: StorageConfig) -> str | None:
        return self.refuses

    async def put(self, path: str, file: Path) -> None:
        if self.refuses is not None and not path.endswith("one.mp4"):
            raise DestinationError(self.refuses)
        self.files[path] = await asyncio.to_thread(file.read_bytes)
        self.puts[path] = self.puts.get(path, 0) + 1

    async def check(self, path: str) -> tuple[Right, ...]:
        return ()

    async def close(self) -> None:
        return
