"""The own bucket on each kind of store, against a real server: files, folders, and links that a browser opens."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import pytest
import pytest_asyncio

from roomtape.domain.own_bucket import own_bucket
from roomtape.errors import NotFound, StorageError
from roomtape.storage.leftovers import abort_uploads
from roomtape.storage.remote import OK, RemoteBucket, remote_bucket
from roomtape.storage.signedlinks import SignedLinks
from roomtape.storage.sigv4 import Signer
from tests.support.azurite import azurite
from tests.support.gcsserver import gcs_server
from tests.support.s3server import S3Server, s3_server
from tests.support.sshserver import ssh_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

KINDS = ["s3", "gs", "azure", "sftp"]
NAME = "Réunion a+b (1) 100%.mp4"
SOON = datetime.now(UTC) + timedelta(hours=1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("stores")
    links = SignedLinks(lambda: "http://here:1", b"k" * 32)
    async with AsyncExitStack() as stack:
        s3, gcs = await stack.enter_async_context(s3_server()), await stack.enter_async_context(gcs_server())
        azure = await stack.enter_async_context(azurite(folder / "azure"))
        ssh = await stack.enter_async_context(ssh_server(folder / "ssh"))
        user = ssh.config()["username"]
        given = {
            "s3": (f"s3://tapes/own/deep?endpoint=http://127.0.0.1:{s3.port}",
                   _only(s3.config(), "access_key", "secret")),
            "gs": (f"gs://tapes/own?endpoint=http://127.0.0.1:{gcs.port}",
                   {"secret": json.loads(gcs.config()["secret"])}),
            "azure": ("azure://tapes/own", _only(azure.config(), "access_key")),
            "sftp": (f"sftp://{user}@127.0.0.1:{ssh.port}{ssh.files_dir}/own",
                     _only(ssh.config(), "private_key", "password")),
        }  # fmt: skip
        yield {kind: remote_bucket(folder, own_bucket(url, more), {}, links) for kind, (url, more) in given.items()} | {
            "server": s3
        }


def _only(config: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: config[name] for name in names}


def _parts(link: str) -> tuple[str, str, str]:
    split = urlsplit(link)
    query = parse_qs(split.query)
    return unquote(split.path.removeprefix("/bucket/")), query["expires"][0], query["signature"][0]


@pytest.mark.parametrize("kind", KINDS)
async def test_files_come_are_listed_read_and_go(made: dict[str, Any], tmp_path: Path, kind: str) -> None:
    bucket: RemoteBucket = made[kind]
    content = os.urandom(17 << 20)
    (tmp_path / "film").write_bytes(content)
    (tmp_path / "small").write_bytes(b"{}")
    for _ in range(2):
        await bucket.put(f"app/rec/{NAME}", tmp_path / "small" if _ == 0 else tmp_path / "film")
    await bucket.put("app/rec/a.json", tmp_path / "small")
    await bucket.put("app/rec/hls/one.ts", tmp_path / "small")
    await bucket.put("app/rec2/a.json", tmp_path / "small")
    assert await bucket.names("app/rec") == ["app/rec/" + name for name in sorted((NAME, "a.json", "hls/one.ts"))]
    assert await bucket.read("app/rec/a.json") == b"{}"
    assert await bucket.read(f"app/rec/{NAME}") == content
    with pytest.raises(NotFound):
        await bucket.read("app/rec/none.json")
    for outside in ("../app/rec/a.json", "app/../../x", "app//rec"):
        with pytest.raises(NotFound):
            await bucket.read(outside)
    await bucket.delete("app/rec/a.json")
    await bucket.delete("app/rec")
    await bucket.delete("app/rec")
    assert (await bucket.names("app/rec"), await bucket.names("app/rec2")) == ([], ["app/rec2/a.json"])
    assert bucket.state == OK


@pytest.mark.parametrize("kind", KINDS)
async def test_links_open_a_file_for_a_browser(made: dict[str, Any], tmp_path: Path, kind: str) -> None:
    bucket: RemoteBucket = made[kind]
    content = os.urandom(3000)
    (tmp_path / "film").write_bytes(content)
    await bucket.put(f"app/links/{NAME}", tmp_path / "film")
    path, expires, signature = _parts(bucket.link(f"app/links/{NAME}", SOON))
    file = await bucket.open_link(path, expires, signature)
    assert file.name == NAME
    if kind == "sftp":
        assert await file.link("GET", False) is None
        assert b"".join([piece async for piece in file.pieces(10, 2000)]) == content[10:2000]
        assert await file.size() == 3000
        return
    url = await file.link("GET", False)
    assert url is not None
    async with httpx.AsyncClient() as client:
        whole = await client.get(url)
        part = await client.get(url, headers={"Range": "bytes=10-19"})
        assert (whole.content, part.status_code, part.content) == (content, 206, content[10:20])
        assert whole.headers["Content-Type"] == "video/mp4"
        assert (await client.get(_forged(url))).status_code in (400, 403)
        if kind != "gs":  # the emulator knows no HEAD
            head = await client.head(await file.link("HEAD", False) or "")
            assert (head.status_code, head.headers["Content-Length"]) == (200, "3000")
        saved = await file.link("GET", True)
        answer = await client.get(saved or "")
        assert answer.content == content
        said = unquote(saved or "") if kind == "gs" else answer.headers["Content-Disposition"]
        assert "attachment; filename=" in said
        assert "filename*=UTF-8''R%C3%A9union" in said
    folder = bucket.link_folder("app/links", SOON).removeprefix("http://here:1/bucket-folder/")
    until, sign, _ = folder.split("/", 2)
    assert (await bucket.open_folder_link(f"app/links/{NAME}", until, sign)).name == NAME


def _forged(url: str) -> str:
    """Change a digit or letter in the middle of the signature."""
    at = max(url.find(mark) for mark in ("X-Amz-Signature=", "X-Goog-Signature=", "sig=")) + 20
    return url[:at] + ("A" if url[at] != "A" else "B") + url[at + 1 :]


async def test_a_link_of_the_stores_ends_with_ours(made: dict[str, Any]) -> None:
    bucket: RemoteBucket = made["s3"]
    for hours, least, most in ((0.01, 30, 36), (24 * 30, 12 * 3600, 12 * 3600)):
        link = bucket.link("app/x.mp4", datetime.now(UTC) + timedelta(hours=hours))
        url = await (await bucket.open_link(*_parts(link))).link("GET", False)
        seconds = int(parse_qs(urlsplit(url or "").query)["X-Amz-Expires"][0])
        assert least <= seconds <= most


async def test_browsers_are_led_to_the_public_address(made: dict[str, Any], tmp_path: Path) -> None:
    server: S3Server = made["server"]
    own = own_bucket(
        f"s3://tapes?endpoint=http://127.0.0.1:{server.port}&public_endpoint=https://files.example.com",
        _only(server.config(), "access_key", "secret"),
    )
    bucket = remote_bucket(tmp_path, own, {}, SignedLinks(lambda: "http://here:1", b"k" * 32))
    (tmp_path / "x").write_bytes(b"x")
    await bucket.put("a.mp4", tmp_path / "x")
    url = await (await bucket.open_link(*_parts(bucket.link("a.mp4", SOON)))).link("GET", False)
    assert (url or "").startswith("https://files.example.com/tapes/a.mp4?")


async def test_unfinished_uploads_of_a_file_are_ended_and_no_others(made: dict[str, Any], tmp_path: Path) -> None:
    server: S3Server = made["server"]
    bucket: RemoteBucket = made["s3"]
    client = server.client

    def begun(key: str) -> None:
        upload = client.create_multipart_upload(Bucket="tapes", Key=key)["UploadId"]
        client.upload_part(Bucket="tapes", Key=key, UploadId=upload, PartNumber=1, Body=b"x" * 1000)

    def left() -> list[str]:
        return [upload["Key"] for upload in client.list_multipart_uploads(Bucket="tapes").get("Uploads", [])]

    for key in ("own/deep/app/r&r/film.mp4", "own/deep/app/r&r/film.mp4", "own/deep/app/r&r/film.mp4.other"):
        await asyncio.to_thread(begun, key)
    (tmp_path / "film").write_bytes(os.urandom(9 << 20))
    await bucket.put("app/r&r/film.mp4", tmp_path / "film")
    assert await asyncio.to_thread(left) == ["own/deep/app/r&r/film.mp4.other"]
    signer = Signer(f"http://127.0.0.1:{server.port}", "tapes", "us-east-1", server.access_key, server.secret)
    assert await abort_uploads(signer, "own/deep/app/r&r/film.mp4.other") == 1
    assert await abort_uploads(Signer("http://127.0.0.1:1", "tapes", "us-east-1", "k", "s"), "x") == 0


async def test_a_bucket_that_cannot_be_used_says_why(made: dict[str, Any], tmp_path: Path) -> None:
    server: S3Server = made["server"]
    own = own_bucket(
        f"s3://tapes/own?endpoint=http://127.0.0.1:{server.port}",
        {"access_key": server.access_key, "secret": "the wrong one"},
    )
    bucket = remote_bucket(tmp_path, own, {}, SignedLinks(lambda: "http://here:1", b"k" * 32))
    bucket.start()
    until = time.monotonic() + 5
    while "Signature" not in bucket.state:
        assert time.monotonic() < until, bucket.state
        await asyncio.sleep(0.02)
    await bucket.stop()
    with pytest.raises(StorageError, match=r"the own bucket cannot be used: aws://tapes/own: .*SignatureDoesNotMatch"):
        await bucket.names("app")
    assert "the wrong one" not in bucket.state
