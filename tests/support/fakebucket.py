"""Owns a bucket in memory, for unit tests of what puts files into one."""

from __future__ import annotations

from pathlib import Path

from roomtape.errors import StorageError


class FakeBucket:
    """`files` by path; `full`: it takes nothing."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.full = False

    async def put(self, path: str, file: Path) -> None:
        if self.full:
            raise StorageError("no space left")
        self.files[path] = file.read_bytes()

    async def delete(self, path: str) -> None:
        self.files.pop(path, None)
