"""Owns what a place for finished files must offer."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

PROBE = "roomtape-storage-test"
"""Begins the name of the small object with which a storage is tested; it is deleted again."""


class Bucket(Protocol):
    """Paths are relative, with `/` between their parts. Methods raise StorageError saying what cannot be written."""

    async def put(self, path: str, file: Path) -> None:
        """Store a copy of `file` under `path`, whole or not at all; one that is there is replaced."""

    async def names(self, prefix: str) -> list[str]:
        """Return the paths of all files under the folder `prefix`, sorted."""

    async def delete(self, path: str) -> None:
        """Delete a file, or a folder with all that is in it. One that is not there is no error."""


class Destination(Protocol):
    """Somebody's storage, opened for one attempt.

    Methods raise DestinationError with a sentence that carries the service's own answer. Whatever failed may be
    repeated: it replaces what the attempt before left.
    """

    async def put(self, path: str, file: Path) -> None:
        """Store a copy of `file` under `path`: it is there whole and verified, or not at all. Memory is bounded."""

    async def check(self, path: str) -> None:
        """Write a small object at `path`, read it, and delete it."""

    async def close(self) -> None:
        """Let go of connections. Raises nothing."""
