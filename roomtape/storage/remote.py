"""Owns the bucket that lies in a store: files go there in parts, links lead there by a signature of its own."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

import structlog

from roomtape.domain.own_bucket import OwnBucket
from roomtape.domain.storage_config import StorageConfig
from roomtape.errors import DestinationError, NotFound, StorageError
from roomtape.outbound.guard import Guard
from roomtape.storage.bucket import disposition
from roomtape.storage.destinations import Destinations
from roomtape.storage.held import HeldStore, Opener
from roomtape.storage.port import PROBE, Method, Store
from roomtape.storage.signedlinks import SignedLinks

log = structlog.get_logger()

OK = "ok"
PROBLEM = "the own bucket cannot be used: "
"""Begins every sentence that says so."""
PUT_AT_ONCE = 4
"""So many files are stored at the same time; each needs up to about 80 MiB of memory for it."""
LINK_S = 12 * 3600
"""A store's link outlives whatever somebody watches in one go; browsers read on by the link that we led them to."""
PIECE_BYTES = 1 << 20
PROBED_WITHIN_S, PROBED_EVERY_S = 30.0, 60.0


def remote_bucket(data_dir: Path, own: OwnBucket, endpoints: Mapping[str, str], links: SignedLinks) -> RemoteBucket:
    """Return the bucket that the operator's settings name; their address is no guest's, so it may be anywhere."""
    anywhere = Guard(("0.0.0.0/0", "::/0"))

    def opener(address: str | None) -> Opener:
        addresses = endpoints if address is None else {**endpoints, own.storage.type: address}
        return partial(Destinations(data_dir, anywhere, addresses).opened, own.storage)

    return RemoteBucket(own.storage, opener(own.endpoint), opener(own.public_endpoint or own.endpoint), links)


class RemoteBucket:
    """`storage` says where (its path begins all paths); `opened` opens it, `public` where browsers reach it.

    `state` is `ok`, or why the bucket takes nothing now.
    """

    def __init__(self, storage: StorageConfig, opened: Opener, public: Opener, links: SignedLinks) -> None:
        self.storage = storage
        self.state = "has not answered yet"
        self._opened = HeldStore(opened)
        self._public = HeldStore(public)
        self._links = links
        self._slots = asyncio.Semaphore(PUT_AT_ONCE)
        self._probing: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Find out whether the bucket can be used, and go on asking while it cannot."""
        self._probing = asyncio.create_task(self._probe())

    async def stop(self) -> None:
        """Ask no more, and let go of connections."""
        if self._probing is not None:
            self._probing.cancel()
            await asyncio.gather(self._probing, return_exceptions=True)
        for held in (self._opened, self._public):
            await held.close()

    async def _probe(self) -> None:
        while True:
            if self.state != OK:
                with contextlib.suppress(StorageError):
                    await self._check()
            await asyncio.sleep(PROBED_EVERY_S)

    async def _check(self) -> None:
        path = self._path(f"{PROBE}-{secrets.token_hex(4)}.txt")
        async with self._store() as store:
            try:
                async with asyncio.timeout(PROBED_WITHIN_S):
                    denied = await store.check(path)
                    await store.names(self._path(PROBE))  # to list is a right of its own
            except TimeoutError as error:
                raise DestinationError(f"{self.storage.place} did not answer within {PROBED_WITHIN_S:g} s") from error
            if denied:
                raise DestinationError(f"{self.storage.place}: the key may write there, but not {' or '.join(denied)}")

    async def put(self, path: str, file: Path) -> None:
        """Store `file` in parts, verified. Raises StorageError."""
        try:
            async with self._slots, self._store() as store:
                await store.put(self._path(path), file)
        except OSError as error:
            raise StorageError(f"{file} cannot be read: {error.strerror}") from error

    async def names(self, prefix: str) -> list[str]:
        """Return the paths of all files under `prefix`. Raises StorageError."""
        async with self._store() as store:
            found = await store.names(self._path(prefix))
        return sorted(name[len(self._path("")) :] for name in found)

    async def delete(self, path: str) -> None:
        """Delete a file or folder. Raises StorageError."""
        async with self._store() as store:
            await store.delete(self._path(path))

    async def read(self, path: str) -> bytes:
        """Return what a file holds. Raises NotFound, StorageError."""
        async with self._store() as store:
            return await store.read(self._path(path), 0, await store.size(self._path(path)))

    def link(self, path: str, expires_at: datetime) -> str:
        """Return a link of ours, which leads to one of the store's: that could not be good for longer than a week."""
        return self._links.link(path, expires_at)

    def link_folder(self, path: str, expires_at: datetime) -> str:
        """Return a link of ours ending in `/`; each name added to it leads to a link of the store's."""
        return self._links.link_folder(path, expires_at)

    async def open_link(self, path: str, expires: str, signature: str) -> RemoteFile:
        """Return the file that a link names. Raises Forbidden, NotFound."""
        return self._file(path, self._links.check(path, expires, signature))

    async def open_folder_link(self, path: str, expires: str, signature: str) -> RemoteFile:
        """Return the file that a name added to a folder's link names. Raises Forbidden, NotFound."""
        return self._file(path, self._links.check_folder(path, expires, signature))

    def _file(self, path: str, until: int) -> RemoteFile:
        return RemoteFile(self._path(path), until, self._store, self._public.use)

    def _path(self, path: str) -> str:
        """Return where in the store something lies. Raises NotFound for what would be outside of its folder."""
        if "\0" in path or "\\" in path or any(part in (".", "..") for part in path.split("/")) or "//" in path:
            raise NotFound("there is no such file in the bucket")
        return self.storage.object_path(path)

    @asynccontextmanager
    async def _store(self) -> AsyncIterator[Store]:
        """Yield the store; what fails is said here, and kept as the state."""
        try:
            async with self._opened.use() as store:
                yield store
        except NotFound:
            raise
        except DestinationError as error:
            if self.state != error.message:
                log.warning("the own bucket cannot be used", problem=error.message)
            self.state = error.message
            raise StorageError(PROBLEM + error.message) from error
        else:
            if self.state != OK:
                log.info("the own bucket can be used", place=self.storage.place)
            self.state = OK


class RemoteFile:
    """One file (`port.StoredFile`); `path` is the store's, `until` when its link ends, in Unix seconds."""

    def __init__(
        self, path: str, until: int, store: Callable[[], AbstractAsyncContextManager[Store]], public: Opener
    ) -> None:
        self.name = path.rpartition("/")[2]
        self._path = path
        self._until = until
        self._store = store
        self._public = public

    async def link(self, method: Method, attached: bool) -> str | None:
        """Sign a link of the store's, which ends no later than ours."""
        seconds = max(1, min(LINK_S, self._until - int(time.time())))
        try:
            async with self._public() as store:
                return await store.link(self._path, method, seconds, disposition(self.name, True) if attached else None)
        except DestinationError as error:
            raise StorageError(PROBLEM + error.message) from error

    async def size(self) -> int:
        """Return its bytes. Raises NotFound, StorageError."""
        async with self._store() as store:
            return await store.size(self._path)

    async def pieces(self, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield a range, a MiB at a time."""
        async with self._store() as store:
            while start < end:
                piece = await store.read(self._path, start, min(end, start + PIECE_BYTES))
                if not piece:
                    raise StorageError(f"the own bucket ends before its time: {self.name} has {start} bytes")
                start += len(piece)
                yield piece
