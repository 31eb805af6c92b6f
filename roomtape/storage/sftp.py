"""Owns storing over SFTP: written aside and renamed, on a host whose key is the one it showed the first time."""

from __future__ import annotations

import asyncio
import contextlib
import posixpath
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncssh

from roomtape.domain.storage_config import StorageConfig
from roomtape.errors import DestinationError, NotFound
from roomtape.outbound.guard import Target
from roomtape.storage.hostkeys import HostKeys
from roomtape.storage.port import PROBE_TEXT, Method, Right

CONNECTED_WITHIN_S = 15.0
STALLED_AFTER_S = 60.0
"""An upload of which no block is acknowledged for so long has failed."""
_LONGEST_REPLY = 300


class SftpStorage:
    """A folder on a server (`port.Destination`); connects to the checked addresses of `target` and to nothing else."""

    def __init__(self, config: StorageConfig, target: Target, keys: HostKeys) -> None:
        self._config = config
        self._target = target
        self._keys = keys
        self._stack = contextlib.AsyncExitStack()
        self._sftp: asyncssh.SFTPClient | None = None
        self._connecting = asyncio.Lock()

    async def put(self, path: str, file: Path) -> None:
        """Store `file`: first as `.NAME.part` beside its place; once it has its size, it gets its name."""
        size = await asyncio.to_thread(lambda: file.stat().st_size)
        folder, name = posixpath.split(path)
        aside = posixpath.join(folder, f".{name}.part")
        async with self._saying(), _unless_stalled() as alive:
            sftp = await self._connected()
            if folder.strip("/"):
                await sftp.makedirs(folder, exist_ok=True)
            await sftp.put(str(file), aside, sparse=False, progress_handler=lambda *_: alive())
            await _synced(sftp, aside)
            found = (await sftp.stat(aside)).size
            if found != size:
                raise DestinationError(f"{self._config.place} has {found} of the file's {size} bytes")
            await _renamed(sftp, aside, path)

    async def check(self, path: str) -> tuple[Right, ...]:
        """Write, read and delete a small file. A server that lets nothing be deleted lets nothing be renamed: `put`
        could not do its work there.
        """
        async with self._saying(), _unless_stalled():
            sftp = await self._connected()
            if posixpath.dirname(path).strip("/"):
                await sftp.makedirs(posixpath.dirname(path), exist_ok=True)
            async with sftp.open(path, "wb") as file:
                await file.write(PROBE_TEXT)
            try:
                return await self._read_back(sftp, path)
            finally:
                await sftp.remove(path)

    async def _read_back(self, sftp: asyncssh.SFTPClient, path: str) -> tuple[Right, ...]:
        try:
            async with sftp.open(path, "rb") as file:
                got: Any = await file.read()
        except asyncssh.SFTPPermissionDenied:
            return ("read",)
        if got != PROBE_TEXT:
            raise DestinationError(f"{self._config.place} gave back other bytes than were written")
        return ()

    async def names(self, prefix: str) -> list[str]:
        """List a folder and those in it, also what is half written."""
        async with self._saying(), _unless_stalled() as alive:
            return sorted(await _walked(await self._connected(), prefix, alive))

    async def delete(self, path: str) -> None:
        """Delete a file or a folder."""
        async with self._saying(), _unless_stalled():
            sftp = await self._connected()
            with contextlib.suppress(asyncssh.SFTPNoSuchFile):
                if await sftp.isdir(path):
                    await sftp.rmtree(path)
                else:
                    await sftp.remove(path)

    async def size(self, path: str) -> int:
        """Return a file's bytes. Raises NotFound too."""
        async with self._saying(), _unless_stalled():
            sftp = await self._connected()
            try:
                return (await sftp.stat(path)).size or 0
            except asyncssh.SFTPNoSuchFile as error:
                raise NotFound("there is no such file in the bucket; it may have expired") from error

    async def read(self, path: str, start: int, end: int) -> bytes:
        """Return a range of a file. Raises NotFound too."""
        async with self._saying(), _unless_stalled():
            sftp = await self._connected()
            try:
                async with sftp.open(path, "rb") as file:
                    got: Any = await file.read(end - start, start)
            except asyncssh.SFTPNoSuchFile as error:
                raise NotFound("there is no such file in the bucket; it may have expired") from error
            return bytes(got)

    async def link(self, path: str, method: Method, seconds: int, disposition: str | None) -> str | None:
        """SFTP has no URLs that a browser opens."""
        return None

    async def close(self) -> None:
        """Close the connection, whatever state it is in."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(CONNECTED_WITHIN_S):
                await self._stack.aclose()

    async def _connected(self) -> asyncssh.SFTPClient:
        async with self._connecting:
            if self._sftp is None:
                self._sftp = await self._connect_somewhere()
            return self._sftp

    async def _connect_somewhere(self) -> asyncssh.SFTPClient:
        problem: Exception | None = None
        for address in self._target.addresses:
            try:
                return await self._connect(address)
            except OSError as error:
                problem = error
        raise DestinationError(f"{self._config.place} cannot be reached: {problem}")

    async def _connect(self, address: str) -> asyncssh.SFTPClient:
        host, port = self._target.host, self._target.port
        known = await asyncio.to_thread(self._keys.of, host, port)
        visitor = _Visitor(known)
        options: dict[str, Any] = {"server_host_key_algs": _algorithms(known)} if known is not None else {}
        connection = await asyncssh.connect(
            address, port, username=self._config.username, known_hosts=([], [], []), config=None, agent_path=None,
            client_factory=lambda: visitor, connect_timeout=CONNECTED_WITHIN_S, login_timeout=CONNECTED_WITHIN_S,
            keepalive_interval=20, gss_host=None, **self._login(), **options,
        )  # fmt: skip
        await self._stack.enter_async_context(connection)
        if known is None and visitor.shown is not None:
            await asyncio.to_thread(self._keys.keep, host, port, visitor.shown)
        return await self._stack.enter_async_context(connection.start_sftp_client())

    def _login(self) -> dict[str, Any]:
        config = self._config
        if config.auth_method != "KEY":
            return {
                "password": config.password, "client_keys": None,
                "preferred_auth": ["password", "keyboard-interactive"],
            }  # fmt: skip
        try:
            key = asyncssh.import_private_key(config.private_key or "", config.password or None)
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError) as error:
            raise DestinationError(
                f"{config.place}: private_key cannot be read ({config.scrubbed(str(error))}); "
                "give the whole key file, and its passphrase in password if it has one"
            ) from error
        return {"client_keys": [key], "password": None, "preferred_auth": ["publickey"]}

    @contextlib.asynccontextmanager
    async def _saying(self) -> AsyncIterator[None]:
        """Turn what goes wrong into a sentence that names the destination."""
        place = self._config.place
        try:
            yield
        except asyncssh.HostKeyNotVerifiable as error:
            raise DestinationError(
                f"{place} shows another host key than before; if that is right, remove its line from {self._keys.file}"
            ) from error
        except asyncssh.PermissionDenied as error:
            raise DestinationError(
                f"{place}: the server refused the login of {self._config.username}: {self._reply(error)}"
            ) from error
        except TimeoutError as error:
            raise DestinationError(f"{place} did not answer in time") from error
        except (asyncssh.Error, OSError, ValueError) as error:
            raise DestinationError(f"{place}: {self._reply(error)}") from error

    def _reply(self, error: Exception) -> str:
        return self._config.scrubbed(" ".join(str(error).split()) or type(error).__name__)[:_LONGEST_REPLY]


class _Visitor(asyncssh.SSHClient):
    """Decides about the server's key, before anything secret is sent."""

    def __init__(self, known: asyncssh.SSHKey | None) -> None:
        self._known = known
        self.shown: asyncssh.SSHKey | None = None

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.shown = key
        return self._known is None or key.public_data == self._known.public_data


def _algorithms(known: asyncssh.SSHKey) -> list[str]:
    """A server with keys of several kinds shall show the one that is known."""
    return [name.decode() for name in known.sig_algorithms]


@contextlib.asynccontextmanager
async def _unless_stalled() -> AsyncIterator[Any]:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(STALLED_AFTER_S) as limit:
        yield lambda: limit.reschedule(loop.time() + STALLED_AFTER_S)


async def _walked(sftp: asyncssh.SFTPClient, folder: str, alive: Callable[[], None]) -> list[str]:
    """Return the paths of all files below a folder; one that is not there has none. Links are not followed."""
    found: list[str] = []
    try:
        entries = [entry async for entry in sftp.scandir(folder)]
    except asyncssh.SFTPNoSuchFile:
        return found
    for entry in entries:
        alive()
        name, kind = str(entry.filename), entry.attrs.type
        if name in (".", ".."):
            continue
        path = posixpath.join(folder, name)
        found += await _walked(sftp, path, alive) if kind == asyncssh.FILEXFER_TYPE_DIRECTORY else [path]
    return found


async def _synced(sftp: asyncssh.SFTPClient, path: str) -> None:
    """Have the server write the file to its disk, where it knows how (fsync@openssh.com)."""
    with contextlib.suppress(asyncssh.SFTPError):
        async with sftp.open(path, "r+b") as file:
            await file.fsync()


async def _renamed(sftp: asyncssh.SFTPClient, before: str, after: str) -> None:
    """Give a file its name, also where there is one (posix-rename@openssh.com; older servers have to delete first)."""
    try:
        await sftp.posix_rename(before, after)
    except asyncssh.SFTPOpUnsupported:
        with contextlib.suppress(asyncssh.SFTPNoSuchFile):
            await sftp.remove(after)
        await sftp.rename(before, after)
