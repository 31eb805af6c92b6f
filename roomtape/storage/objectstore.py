"""Owns storages that obstore speaks to: Amazon S3, Cloudflare R2, DigitalOcean Spaces and Azure Blob Storage."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError
from obstore.store import AzureStore, S3Store

from roomtape.domain.storage_config import StorageConfig, azure_account
from roomtape.errors import DestinationError, NotFound
from roomtape.storage import sas
from roomtape.storage.bucket import content_type
from roomtape.storage.leftovers import abort_uploads
from roomtape.storage.port import PROBE_TEXT, Method, Right
from roomtape.storage.sigv4 import Signer

if TYPE_CHECKING:  # obstore has these for type checkers only
    from obstore.store import ClientConfig, RetryConfig

PART_BYTES = 8 << 20
"""The least size of a part. S3 takes 10,000 parts, Azure 50,000 blocks, so large files get larger ones."""
PARTS_AT_ONCE = 2
"""Up to 16 parts then share the line (`recordings.lanes`): with 0.6 Mbit/s each arrives before PART_WITHIN."""
ANSWERED_WITHIN, PART_WITHIN = "300s", "1800s"
"""The whole of a request. obstore has nothing that tells a part which is slow from one that stands still: its
read_timeout runs while a part is being sent (tried with 0.12.1)."""
_MOST_PARTS = 9000
_TIDIED_WITHIN_S = 10.0
# One repeat of a request that a network lost; whoever called repeats the whole, with pauses, for as long as it takes.
_RETRY: RetryConfig = {"max_retries": 1, "retry_timeout": timedelta(seconds=20)}
_LONGEST_REPLY = 300
_CODE, _MESSAGE = re.compile(r"<Code>(.*?)</Code>", re.S), re.compile(r"<Message>(.*?)</Message>", re.S)
_NOT_DELETED = re.compile(r"\(code: (AccessDenied|403)\)|status code: 403")
"""What obstore says of an object that may not be deleted: it asks for a list of them, each with its own answer."""
_STATUS = re.compile(r"status code:? (\d{3}[A-Za-z ]*)")


def endpoint(config: StorageConfig, override: str | None = None) -> str:
    """Return the address of the service, without a final slash; `override` comes from the settings."""
    if config.type == "azure":
        account = azure_account(config)
        return f"{override.rstrip('/')}/{account.name}" if override else account.endpoint
    if override:
        return override.rstrip("/")
    if config.type == "cloudflare":
        return f"https://{config.account_id}.r2.cloudflarestorage.com"
    if config.type == "digitalocean":
        return f"https://{config.region}.digitaloceanspaces.com"
    return f"https://s3.{_region(config)}.amazonaws.com"


def _region(config: StorageConfig) -> str:
    return config.region or ("auto" if config.type == "cloudflare" else "us-east-1")


class ObjectStorage:
    """One bucket or container (`port.Destination`)."""

    def __init__(self, config: StorageConfig, address: str) -> None:
        self._config = config
        self._address = address
        self._signer = None if config.type == "azure" else _signer(config, address)

    @cached_property
    def _store(self) -> AzureStore | S3Store:
        """The client; it reads all roots of trust first (13 ms), which a link does not need."""
        return self._client(ANSWERED_WITHIN)

    @cached_property
    def _uploads(self) -> AzureStore | S3Store:
        return self._client(PART_WITHIN)

    def _client(self, timeout: str) -> AzureStore | S3Store:
        client: ClientConfig = {
            "allow_http": self._address.startswith("http://"),
            "connect_timeout": "10s",
            "timeout": timeout,
        }
        make = _azure if self._config.type == "azure" else _s3
        return make(self._config, self._address, client)

    async def put(self, path: str, file: Path) -> None:
        """Store `file` in parts. Its size is compared with the service's; S3 checks each part's SHA-256 (signed).

        What an attempt before left of it is ended first; Azure forgets such blocks by itself after a week.
        """
        size = await asyncio.to_thread(lambda: file.stat().st_size)
        if self._signer is not None and size > PART_BYTES:
            await abort_uploads(self._signer, path)
        try:
            await obstore.put_async(
                self._uploads,
                path,
                file,
                attributes={"Content-Type": content_type(path)},
                chunk_size=max(PART_BYTES, -(-size // _MOST_PARTS)),
                max_concurrency=PARTS_AT_ONCE,
            )
            found = await self._size(path)
        except (BaseError, OSError, ValueError) as error:
            raise self._failed(error) from error
        if found is not None and found != size:
            raise DestinationError(f"{self._config.place} has {found} of the file's {size} bytes")

    async def _size(self, path: str) -> int | None:
        """Return the size of what was stored; None where the key may write but not read: then nobody can tell."""
        try:
            return int((await obstore.head_async(self._store, path))["size"])
        except PermissionDeniedError:
            return None

    async def check(self, path: str) -> tuple[Right, ...]:
        """Write, read and delete a small object."""
        try:
            await obstore.put_async(self._store, path, PROBE_TEXT)
            return await self._read_back(path)
        except (BaseError, OSError, ValueError) as error:
            raise self._failed(error) from error

    async def _read_back(self, path: str) -> tuple[Right, ...]:
        denied: list[Right] = []
        try:
            got = bytes(await (await obstore.get_async(self._store, path)).bytes_async())
            if got != PROBE_TEXT:
                raise ValueError("it gave back other bytes than were written")
        except PermissionDeniedError:
            denied.append("read")
        finally:
            try:
                async with asyncio.timeout(_TIDIED_WITHIN_S):
                    await obstore.delete_async(self._store, path)
            except BaseError as error:
                if _NOT_DELETED.search(str(error)) is None:
                    raise
                denied.append("delete")
        return tuple(denied)

    async def names(self, prefix: str) -> list[str]:
        """List a folder, a page of 1,000 at a time."""
        try:
            return [found["path"] async for page in obstore.list(self._store, prefix) for found in page]
        except (BaseError, OSError, ValueError) as error:
            raise self._failed(error) from error

    async def delete(self, path: str) -> None:
        """Delete a file, or all that is in a folder."""
        for name in [*await self.names(path), path]:
            try:
                await obstore.delete_async(self._store, name)
            except (NotFoundError, FileNotFoundError):
                continue
            except (BaseError, OSError, ValueError) as error:
                raise self._failed(error) from error

    async def size(self, path: str) -> int:
        """Return a file's bytes. Raises NotFound too."""
        try:
            return int((await obstore.head_async(self._store, path))["size"])
        except (BaseError, OSError, ValueError) as error:
            raise self._missing_or_failed(error) from error

    async def read(self, path: str, start: int, end: int) -> bytes:
        """Return a range of a file. Raises NotFound too."""
        if start == end:
            return b""
        try:
            return bytes(await obstore.get_range_async(self._store, path, start=start, end=end))
        except (BaseError, OSError, ValueError) as error:
            raise self._missing_or_failed(error) from error

    async def link(self, path: str, method: Method, seconds: int, disposition: str | None) -> str | None:
        """Sign a URL. Who has only a SAS of Azure cannot sign another one."""
        if self._signer is not None:
            answered = {"response-content-disposition": disposition} if disposition is not None else {}
            return self._signer.link(method, path, seconds, answered)
        account = azure_account(self._config)
        if account.key is None:
            return None
        try:
            bucket = self._config.bucket or ""
            return sas.link(self._address, account.name, account.key, bucket, path, seconds, disposition)
        except ValueError as error:
            raise self._failed(error) from error

    async def close(self) -> None:
        """Nothing is held open."""

    def _missing_or_failed(self, error: Exception) -> NotFound | DestinationError:
        if isinstance(error, FileNotFoundError | NotFoundError) and "NoSuchBucket" not in str(error):
            return NotFound("there is no such file in the bucket; it may have expired")
        return self._failed(error)

    def _failed(self, error: Exception) -> DestinationError:
        return DestinationError(f"{self._config.place}: {self._config.scrubbed(reply(error))}")


def _s3(config: StorageConfig, address: str, client: ClientConfig) -> S3Store:
    more: Any = {"checksum_algorithm": "SHA256"} if config.type == "aws" else {}
    return S3Store(
        config.bucket,
        access_key_id=config.access_key,
        secret_access_key=config.secret,
        region=_region(config),
        endpoint=address,
        virtual_hosted_style_request=False,
        client_options=client,
        retry_config=_RETRY,
        **more,
    )


def _signer(config: StorageConfig, address: str) -> Signer:
    return Signer(address, config.bucket or "", _region(config), config.access_key or "", config.secret or "")


def _azure(config: StorageConfig, address: str, client: ClientConfig) -> AzureStore:
    account = azure_account(config)
    key: Any = {"account_key": account.key} if account.key else {"sas_key": account.sas}
    return AzureStore(
        config.bucket,
        account_name=account.name,
        endpoint=address,
        client_options=client,
        retry_config=_RETRY,
        **key,
    )


def reply(error: Exception) -> str:
    """Return what the service said, in a line: its status, and code and message of its XML where there is one."""
    text = str(error).partition("Debug source")[0].strip()
    code, message, status = _CODE.search(text), _MESSAGE.search(text), _STATUS.search(text)
    said = [m.group(1).strip().split("\n")[0] for m in (status, code, message) if m]
    if said:
        return f"the service answered {': '.join(said)}"[:_LONGEST_REPLY]
    if isinstance(error, NotFoundError):
        return "the bucket is not there"
    return (" ".join(text.split()) or type(error).__name__)[:_LONGEST_REPLY]
