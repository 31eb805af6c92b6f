from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from roomtape.domain.storage_config import StorageConfig, from_api
from roomtape.errors import DestinationError, InvalidRequest
from roomtape.outbound.guard import Guard
from roomtape.storage.destinations import Destinations
from roomtape.storage.objectstore import ObjectStorage

SFTP: dict[str, Any] = {"type": "sftp", "host": "files.example", "username": "u", "password": "hush-hush"}
KEY = "AccountName=tapes;AccountKey=a2V5a2V5;"


def azure(endpoint: str = "") -> StorageConfig:
    return from_api({"type": "azure", "bucket": "b", "access_key": KEY + (endpoint and f"BlobEndpoint={endpoint}")})


def destinations(folder: Path, *allowed: str, found: str = "10.0.0.7", **endpoints: str) -> Destinations:
    async def resolve(host: str, port: int) -> list[str]:
        return [found]

    return Destinations(folder, Guard(allowed, resolve), endpoints)


@pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "::1", "[::1]", "0x7f000001", "a b", ""])
def test_what_plainly_cannot_be_reached_is_refused_at_once(tmp_path: Path, host: str) -> None:
    config = replace(from_api(SFTP), host=host.strip("[]"))
    with pytest.raises(InvalidRequest) as caught:
        destinations(tmp_path).foresee(config)
    assert caught.value.field == "storage_config.host"


def test_so_is_an_address_in_a_connection_string(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest) as caught:
        destinations(tmp_path).foresee(azure("http://169.254.169.254/x"))
    assert caught.value.field == "storage_config.access_key"
    destinations(tmp_path).foresee(azure())
    destinations(tmp_path).foresee(from_api(SFTP))


async def test_a_name_that_leads_inside_is_refused_at_each_attempt(tmp_path: Path) -> None:
    problem = await destinations(tmp_path).test(from_api(SFTP))
    assert problem is not None
    assert "not a public address" in problem
    assert "10.0.0.7" not in problem


async def test_only_the_blob_service_of_azure_answers_for_azure(tmp_path: Path) -> None:
    """obstore looks names up by itself: what this one says now, it may not say then. And it follows redirects."""
    public = "93.184.216.34"
    for name in ("blobs.evil.example", "evil.web.core.windows.net", "evil.cloudapp.azure.net", "blob.core.windows.net"):
        problem = await destinations(tmp_path, found=public).test(azure(f"https://{name}"))
        assert problem is not None
        assert "no blob service of Azure" in problem
    for taken in (
        destinations(tmp_path, found=public).opened(azure()),
        destinations(tmp_path, found=public).opened(azure("https://tapes.z1.blob.storage.azure.net")),
        destinations(tmp_path, "blobs.inside").opened(azure("http://blobs.inside/x")),
        destinations(tmp_path, "10.0.0.0/8").opened(azure("http://blobs.inside/x")),
        destinations(tmp_path, azure="http://127.0.0.1:9").opened(azure("https://blobs.evil.example")),
    ):
        async with taken as storage:
            assert isinstance(storage, ObjectStorage)


async def test_without_its_secret_nothing_is_tried(tmp_path: Path) -> None:
    """A client without a key would look for one in the environment, or ask the cloud that it runs in."""
    aws = StorageConfig("aws", "b", access_key=None, secret=None)
    with pytest.raises(DestinationError, match="access_key"):
        async with destinations(tmp_path).opened(aws):
            pass
