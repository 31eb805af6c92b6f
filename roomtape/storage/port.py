"""Owns what a place for finished files must offer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

Method = Literal["GET", "HEAD"]
Right = Literal["read", "delete"]
PROBE = "roomtape-storage-test"
"""Begins the name of the small object with which a storage is tested; it is deleted again where that is allowed."""
PROBE_TEXT = b"Roomtape tests whether it can write here."


class Bucket(Protocol):
    """The own bucket. Paths are relative, with `/` between their parts. Methods raise StorageError: what is wrong."""

    async def put(self, path: str, file: Path) -> None:
        """Store a copy of `file` under `path`, whole or not at all; one that is there is replaced."""

    async def names(self, prefix: str) -> list[str]:
        """Return the paths of all files under the folder `prefix`, sorted."""

    async def delete(self, path: str) -> None:
        """Delete a file, or a folder with all that is in it. One that is not there is no error."""

    async def read(self, path: str) -> bytes:
        """Return what a file holds. Raises NotFound too."""

    def link(self, path: str, expires_at: datetime) -> str:
        """Return a URL that opens the file without any other right, until `expires_at`."""

    def link_folder(self, path: str, expires_at: datetime) -> str:
        """Return a URL ending in `/`, to which the name of each file in the folder `path` may be added."""

    async def open_link(self, path: str, expires: str, signature: str) -> Path | StoredFile:
        """Return the file that a signed link names. Raises Forbidden, NotFound."""

    async def open_folder_link(self, path: str, expires: str, signature: str) -> Path | StoredFile:
        """Return the file that a name added to a folder's link names. Raises Forbidden, NotFound."""


class StoredFile(Protocol):
    """A file of the own bucket that does not lie on our disk. Methods raise StorageError, NotFound."""

    name: str

    async def link(self, method: Method, attached: bool) -> str | None:
        """Return a URL of the store's own that opens it for GET or HEAD for some hours, None where there are none.

        `attached` makes a browser save it instead of showing it.
        """

    async def size(self) -> int:
        """Return its bytes."""

    def pieces(self, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` up to, not including, `end`."""


class Destination(Protocol):
    """Somebody's storage, opened for one attempt.

    Methods raise DestinationError with a sentence that carries the service's own answer. Whatever failed may be
    repeated: it replaces what the attempt before left.
    """

    async def put(self, path: str, file: Path) -> None:
        """Store a copy of `file` under `path`: it is there whole and verified, or not at all. Memory is bounded."""

    async def check(self, path: str) -> tuple[Right, ...]:
        """Write a small object at `path`, read it, and delete it. Return what may not be done besides writing."""

    async def close(self) -> None:
        """Let go of connections. Raises nothing."""


class Store(Destination, Protocol):
    """A storage that can be the own bucket. Paths are from the bucket's root."""

    async def names(self, prefix: str) -> list[str]:
        """Return the paths of all files under the folder `prefix`."""

    async def delete(self, path: str) -> None:
        """Delete a file, or a folder with all that is in it. One that is not there is no error."""

    async def size(self, path: str) -> int:
        """Return a file's bytes. Raises NotFound too."""

    async def read(self, path: str, start: int, end: int) -> bytes:
        """Return the bytes from `start` up to, not including, `end`. Raises NotFound too."""

    async def link(self, path: str, method: Method, seconds: int, disposition: str | None) -> str | None:
        """Return a URL that opens a file so long for GET or HEAD; None where the storage can make no such URL.

        `disposition` is the Content-Disposition that it is answered with (RFC 6266).
        """
