from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from roomtape.domain.storage_config import from_api
from roomtape.errors import DestinationError
from roomtape.storage.objectstore import ObjectStorage, endpoint, reply
from tests.support.webserver import content, redirect, serving

AWS: dict[str, Any] = {"type": "aws", "bucket": "b", "access_key": "AKIA77", "secret": "hush-hush"}
AZURE: dict[str, Any] = {"type": "azure", "bucket": "b", "access_key": "AccountName=tapes;AccountKey=a2V5a2V5"}


@pytest.mark.parametrize(
    ("given", "address"),
    [
        (AWS, "https://s3.us-east-1.amazonaws.com"),
        (AWS | {"region": "eu-west-1"}, "https://s3.eu-west-1.amazonaws.com"),
        (AWS | {"type": "cloudflare", "account_id": "abc1"}, "https://abc1.r2.cloudflarestorage.com"),
        (AWS | {"type": "digitalocean", "region": "fra1"}, "https://fra1.digitaloceanspaces.com"),
        (AZURE, "https://tapes.blob.core.windows.net"),
    ],
)
def test_each_service_has_its_address(given: dict[str, Any], address: str) -> None:
    assert endpoint(from_api(given)) == address


def test_settings_may_lead_elsewhere() -> None:
    assert endpoint(from_api(AWS), "http://minio:9000/") == "http://minio:9000"
    assert endpoint(from_api(AZURE), "http://azurite:10000") == "http://azurite:10000/tapes"


def test_of_an_answer_status_code_and_message_are_told_in_a_line() -> None:
    text = (
        "Generic S3 error: Error performing PUT http://h/b in 3ms - Server returned non-2xx status code: "
        "403 Forbidden: "
        "<Error><Code>AccessDenied</Code><Message>Access\nDenied</Message></Error>\n\nDebug source:\nGeneric {...}"
    )
    assert reply(Exception(text)) == "the service answered 403 Forbidden: AccessDenied: Access"
    assert reply(Exception("no answer\nat all\n\nDebug source: x")) == "no answer at all"
    assert len(reply(Exception("x" * 5000))) == 300


async def test_nobody_there_is_an_error_soon(tmp_path: Path, unused_tcp_port: int) -> None:
    (tmp_path / "f").write_bytes(b"x")
    storage = ObjectStorage(from_api(AWS), f"http://127.0.0.1:{unused_tcp_port}")
    async with asyncio.timeout(10):
        with pytest.raises(DestinationError, match="aws://b: ") as caught:
            await storage.put("f.mp4", tmp_path / "f")
    assert "hush-hush" not in str(caught.value)


async def test_redirects_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x")
    async with serving({"/": content(b"inside")}) as inside:
        answers = {f"/b/{name}": redirect(inside.url("/")) for name in ("f.mp4", "probe")}
        async with serving(answers) as server:
            storage = ObjectStorage(from_api(AWS), server.url("/").rstrip("/"))
            with pytest.raises(DestinationError):
                await storage.put("f.mp4", tmp_path / "f")
            with pytest.raises(DestinationError):
                await storage.check("probe")
        assert inside.asked == []
