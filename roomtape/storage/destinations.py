"""Owns opening the storage that a `storage_config` names: the right kind, at an address that may be reached."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from roomtape.domain.storage_config import FIELD, StorageConfig, azure_account, from_api
from roomtape.errors import DestinationError, InvalidRequest
from roomtape.outbound.guard import Barred, Guard, Target
from roomtape.storage.objectstore import ObjectStorage, endpoint
from roomtape.storage.port import PROBE, Store

TESTED_WITHIN_S = 30.0
_HTTP, _SFTP = frozenset({"https", "http"}), frozenset({"sftp"})
_AZURE = (
    *(".blob.core.windows.net", ".blob.storage.azure.net"),
    *(".blob.core.chinacloudapi.cn", ".blob.core.usgovcloudapi.net"),
)
"""Names under which nobody but Azure's blob service answers: a guest's web site in Azure could redirect a GET, which
obstore follows and cannot be kept from, to an address of the inside."""


class Destinations:
    """Opens storages. `endpoints` gives services other addresses than their own, by type (a MinIO as `aws`)."""

    def __init__(self, data_dir: Path, guard: Guard, endpoints: Mapping[str, str]) -> None:
        self._guard = guard
        self._endpoints = endpoints
        self._data_dir = data_dir

    @asynccontextmanager
    async def opened(self, config: StorageConfig) -> AsyncIterator[Store]:
        """Yield the storage for one attempt. Raises DestinationError, also for an address that must not be reached."""
        destination = await self._open(config)
        try:
            yield destination
        finally:
            await destination.close()

    def foresee(self, config: StorageConfig) -> None:
        """Raise InvalidRequest for an address that can be known, without any look-up, to be out of reach."""
        if config.type == "sftp":
            url, schemes, field = _sftp_url(config), _SFTP, "host"
        elif config.type == "azure" and "azure" not in self._endpoints:
            url, schemes, field = azure_account(config).endpoint, _HTTP, "access_key"
        else:
            return
        try:
            self._guard.foresee(url, schemes)
        except (InvalidRequest, Barred) as error:
            raise InvalidRequest(error.message, f"{FIELD}.{field}") from error

    async def test(self, config: StorageConfig) -> str | None:
        """Write, read and delete a small object there; return None, or in a sentence what failed.

        Recordings only have to be written: a key that may do no more fails nothing, and leaves the object behind.
        """
        path = config.object_path(f"{PROBE}-{secrets.token_hex(4)}.txt")
        try:
            async with asyncio.timeout(TESTED_WITHIN_S), self.opened(config) as destination:
                await destination.check(path)
        except TimeoutError:
            return f"{config.place} did not answer within {TESTED_WITHIN_S:g} s"
        except DestinationError as error:
            return error.message
        return None

    async def _open(self, config: StorageConfig) -> Store:
        override = self._endpoints.get(config.type)
        try:
            from_api(config.to_json())  # a secret that the vault could not open is not there; a client must not guess
            if config.type == "sftp":
                target = await self._guard.check(_sftp_url(config), _SFTP)
                return await asyncio.to_thread(_sftp, config, target, self._data_dir)
            if config.type == "gcs":
                return await asyncio.to_thread(_google, config, override)
            address = endpoint(config, override)
            if config.type == "azure" and not override:
                await self._check_azure(config)
            return ObjectStorage(config, address)
        except InvalidRequest as error:
            raise DestinationError(f"{config.place}: {error.message}") from error

    async def _check_azure(self, config: StorageConfig) -> None:
        """A connection string can name any host. The client looks names up by itself, so only Azure's are taken.

        Another host has to stand in the setting outbound_allow, or in storage_endpoints.
        """
        address = azure_account(config).endpoint
        target = await self._guard.check(address, _HTTP)
        if not target.host.endswith(_AZURE) and not self._guard.lists(target):
            raise DestinationError(
                f"{config.place}: {target.host} is no blob service of Azure; the server's outbound_allow may list it"
            )


def _sftp_url(config: StorageConfig) -> str:
    host = f"[{config.host}]" if ":" in (config.host or "") else config.host
    return f"sftp://{host}:{config.port or 22}"


# These two clients take half a second each to import, which no start of the server shall wait for.
def _sftp(config: StorageConfig, target: Target, data_dir: Path) -> Store:
    from roomtape.storage.hostkeys import HostKeys
    from roomtape.storage.sftp import SftpStorage

    return SftpStorage(config, target, HostKeys(data_dir))


def _google(config: StorageConfig, address: str | None) -> Store:
    from roomtape.storage.gcs import GoogleStorage

    return GoogleStorage(config, address)
