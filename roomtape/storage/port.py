"""Owns what a place for finished files must offer."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Bucket(Protocol):
    """Paths are relative, with `/` between their parts. Methods raise StorageError saying what cannot be written."""

    async def put(self, path: str, file: Path) -> None:
        """Store a copy of `file` under `path`, whole or not at all; one that is there is replaced."""

    async def names(self, prefix: str) -> list[str]:
        """Return the paths of all files under the folder `prefix`, sorted."""

    async def delete(self, path: str) -> None:
        """Delete a file, or a folder with all that is in it. One that is not there is no error."""
