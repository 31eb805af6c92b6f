"""Each kind of storage against a real server: whole files, tests of it, refusals, and the own bucket in it."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import asyncssh
import httpx
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import rsa

from roomtape.domain.own_bucket import own_bucket
from roomtape.domain.storage_config import from_api
from roomtape.errors import DestinationError, NotFound, StorageError
from roomtape.outbound.guard import Guard
from roomtape.storage.destinations import Destinations
from roomtape.storage.leftovers import abort_uploads
from roomtape.storage.port import PROBE
from roomtape.storage.remote import OK, RemoteBucket, remote_bucket
from roomtape.storage.signedlinks import SignedLinks
from roomtape.storage.sigv4 import Signer
from tests.support.azurite import azurite
from tests.support.gate import gate
from tests.support.gcsserver import gcs_server, service_account
from tests.support.s3server import S3Server, s3_server
from tests.support.sshserver import ssh_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

SIZE = 20 << 20
"""Three parts; no part may be held back to be sent twice."""

KINDS = ["s3", "gs", "azure", "sftp"]
NAME = "Réunion a+b (1) 100%.mp4"
LINKS = SignedLinks(lambda: "http://here:1", b"k" * 32)
SOON = datetime.now(UTC) + timedelta(hours=1)


@dataclass
class Service:
    """`config(…)` opens it, each of `wrong` does not, for the reason beside it."""

    name: str
    config: Callable[..., dict[str, Any]]
    files: Callable[[], Awaitable[dict[str, bytes]]]
    wrong: list[tuple[dict[str, Any], str]]
    where: str = "in/"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def services(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("services")
    async with (
        s3_server() as s3,
        gcs_server() as gcs,
        azurite(folder / "azure") as azure,
        ssh_server(folder / "ssh") as ssh,
    ):
        stranger = service_account(rsa.generate_private_key(65537, 2048))

        async def lying(server: Any) -> dict[str, bytes]:
            return await asyncio.to_thread(server.files)

        found = [
            Service("aws", s3.config, lambda: lying(s3), [
                (s3.config(secret="wrong"), "SignatureDoesNotMatch"), (s3.config(bucket="none"), "NoSuchBucket"),
            ]),
            Service("gcs", gcs.config, lambda: lying(gcs), [
                (gcs.config(secret=stranger), "401"), (gcs.config(bucket="none"), "404"),
            ]),
            Service("azure", azure.config, azure.files, [
                (azure.config(key="d3Jvbmc="), "AuthorizationFailure"),
                (azure.config(bucket="none"), "ContainerNotFound"),
            ]),
            Service("sftp", ssh.config, lambda: lying(ssh), [
                (ssh.config(private_key=ssh.wrong_key, password=None), "refused the login"),
                (ssh.config(password="no"), "private_key cannot be read"),
            ], where=""),
        ]  # fmt: skip
        endpoints = {"aws": f"http://127.0.0.1:{s3.port}", "gcs": f"http://127.0.0.1:{gcs.port}"}
        allowed = Destinations(folder, Guard(("127.0.0.1",)), endpoints)
        yield {s.name: s for s in found} | {
            "to": allowed,
            "s3": s3,
            "gcs-server": gcs,
            "azure-server": azure,
            "ssh": ssh,
            "folder": folder,
        }


@pytest.fixture(scope="module")
def own(services: dict[str, Any]) -> dict[str, Any]:
    """The own bucket in each of them."""
    s3, gcs, azure, ssh = (services[name] for name in ("s3", "gcs-server", "azure-server", "ssh"))
    given = {
        "s3": (f"s3://tapes/own/deep?endpoint=http://127.0.0.1:{s3.port}", s3.config()),
        "gs": (f"gs://tapes/own?endpoint=http://127.0.0.1:{gcs.port}", {"secret": json.loads(gcs.config()["secret"])}),
        "azure": ("azure://tapes/own", azure.config()),
        "sftp": (f"sftp://{ssh.config()['username']}@127.0.0.1:{ssh.port}{ssh.files_dir}/own", ssh.config()),
    }
    return {
        kind: remote_bucket(services["folder"], own_bucket(url, _only(more)), {}, LINKS)
        for kind, (url, more) in given.items()
    }


def _only(config: dict[str, Any]) -> dict[str, Any]:
    return {name: config[name] for name in ("access_key", "secret", "private_key", "password") if config.get(name)}


@pytest.mark.parametrize("name", ["aws", "gcs", "azure", "sftp"])
async def test_a_large_file_arrives_whole_and_again_in_its_place(
    services: dict[str, Any], tmp_path: Path, name: str
) -> None:
    service: Service = services[name]
    content = os.urandom(SIZE)
    (tmp_path / "film.mp4").write_bytes(content)
    (tmp_path / "empty.json").write_bytes(b"")
    more = {} if name == "sftp" else {"path": "in"}
    config = from_api(service.config(**more))
    async with services["to"].opened(config) as storage:
        for _ in range(2):  # what was interrupted is done again
            await storage.put(config.object_path("film.mp4"), tmp_path / "film.mp4")
        await storage.put(config.object_path("empty.json"), tmp_path / "empty.json")
    assert await services["to"].test(config) is None
    assert await service.files() == {f"{service.where}film.mp4": content, f"{service.where}empty.json": b""}


async def test_a_key_that_may_only_write_passes_the_test(services: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"film")
    s3: S3Server = services["s3"]
    before = await asyncio.to_thread(s3.files)
    config = from_api(await asyncio.to_thread(s3.writer))
    assert await services["to"].test(config) is None
    async with services["to"].opened(config) as storage:
        await storage.put("written/film.mp4", tmp_path / "film.mp4")
    after = await asyncio.to_thread(s3.files)
    (probe,) = after.keys() - before.keys() - {"written/film.mp4"}
    assert probe.startswith(PROBE)
    for name in (probe, "written/film.mp4"):
        s3.client.delete_object(Bucket=config.bucket, Key=name)


@pytest.mark.parametrize("name", ["aws", "gcs", "azure", "sftp"])
async def test_a_refusal_is_a_sentence_with_the_services_answer(services: dict[str, Any], name: str) -> None:
    service: Service = services[name]
    for given, reason in service.wrong:
        problem = await services["to"].test(from_api(given))
        assert problem is not None
        assert problem.startswith(f"{name}://")
        assert reason in problem
        assert "\n" not in problem
        assert not any(
            str(value) in problem for key, value in given.items() if key in ("secret", "access_key") and value
        )


async def test_a_key_without_a_passphrase_opens_too(services: dict[str, Any]) -> None:
    ssh = services["ssh"]
    assert await services["to"].test(from_api(ssh.config(private_key=ssh.key, password=None))) is None


async def test_another_host_key_than_before_is_refused(services: dict[str, Any], tmp_path: Path) -> None:
    known = services["folder"] / "ssh_known_hosts"
    ssh = services["ssh"]
    async with gate(ssh.port) as door:
        config = from_api(ssh.config(port=door.port))
        assert await services["to"].test(config) is None
        text = known.read_text()
        line = next(line for line in text.splitlines() if f":{door.port} " in line)
        other = await asyncio.to_thread(_other_key)
        known.write_text(text.replace(line, f"[127.0.0.1]:{door.port} {other}"))
        assert "another host key" in (await services["to"].test(config) or "")
        known.write_text(text)
        assert await services["to"].test(config) is None


def _other_key() -> str:

    return asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()


async def test_private_hosts_are_not_reached_unless_listed(services: dict[str, Any], tmp_path: Path) -> None:
    strict = Destinations(tmp_path, Guard(()), {})
    for name in ("azure", "sftp"):
        problem = await strict.test(from_api(services[name].config()))
        assert problem is not None
        assert "not a public address" in problem


async def test_memory_stays_small(services: dict[str, Any], tmp_path: Path) -> None:
    large = tmp_path / "large.mp4"
    with large.open("wb") as file:
        file.truncate(128 << 20)
    config = from_api(services["sftp"].config())
    before = _resident()
    peak = before

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, _resident())
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    async with services["to"].opened(config) as storage:
        await storage.put(config.object_path("large.mp4"), large)
    watching.cancel()
    (services["ssh"].files_dir / "large.mp4").unlink()
    assert peak - before < 64 << 20


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_a_server_that_goes_in_the_middle_is_an_error(services: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(os.urandom(8 << 20))
    ssh = services["ssh"]
    async with gate(ssh.port) as door:
        door.rate = 4e6
        config = from_api(ssh.config(port=door.port))

        async def cut() -> None:
            while door.passed < 1 << 20:
                await asyncio.sleep(0.01)
            await door.shut()

        cutting = asyncio.create_task(cut())
        async with services["to"].opened(config) as storage:
            with pytest.raises(DestinationError):
                await storage.put(config.object_path("cut.mp4"), tmp_path / "film.mp4")
        await cutting
    assert "cut.mp4" not in await services["sftp"].files()


def _parts(link: str) -> tuple[str, str, str]:
    split = urlsplit(link)
    query = parse_qs(split.query)
    return unquote(split.path.removeprefix("/bucket/")), query["expires"][0], query["signature"][0]


@pytest.mark.parametrize("kind", KINDS)
async def test_files_come_are_listed_read_and_go(own: dict[str, Any], tmp_path: Path, kind: str) -> None:
    bucket: RemoteBucket = own[kind]
    content = os.urandom(9 << 20)
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
async def test_links_open_a_file_for_a_browser(own: dict[str, Any], tmp_path: Path, kind: str) -> None:
    bucket: RemoteBucket = own[kind]
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
    return url[:at] + ("0" if url[at] != "0" else "1") + url[at + 1 :]


async def test_a_link_of_the_stores_ends_with_ours(own: dict[str, Any]) -> None:
    bucket: RemoteBucket = own["s3"]
    for hours, least, most in ((0.01, 30, 36), (24 * 30, 12 * 3600, 12 * 3600)):
        link = bucket.link("app/x.mp4", datetime.now(UTC) + timedelta(hours=hours))
        url = await (await bucket.open_link(*_parts(link))).link("GET", False)
        seconds = int(parse_qs(urlsplit(url or "").query)["X-Amz-Expires"][0])
        assert least <= seconds <= most


async def test_browsers_are_led_to_the_public_address(services: dict[str, Any], tmp_path: Path) -> None:
    server: S3Server = services["s3"]
    where = own_bucket(
        f"s3://tapes?endpoint=http://127.0.0.1:{server.port}&public_endpoint=https://files.example.com",
        _only(server.config()),
    )
    bucket = remote_bucket(tmp_path, where, {}, LINKS)
    (tmp_path / "x").write_bytes(b"x")
    await bucket.put("a.mp4", tmp_path / "x")
    url = await (await bucket.open_link(*_parts(bucket.link("a.mp4", SOON)))).link("GET", False)
    assert (url or "").startswith("https://files.example.com/tapes/a.mp4?")


async def test_unfinished_uploads_of_a_file_are_ended_and_no_others(
    services: dict[str, Any], own: dict[str, Any], tmp_path: Path
) -> None:
    server: S3Server = services["s3"]
    bucket: RemoteBucket = own["s3"]
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


async def test_a_bucket_that_cannot_be_used_says_why(services: dict[str, Any], tmp_path: Path) -> None:
    server: S3Server = services["s3"]
    where = own_bucket(
        f"s3://tapes/own?endpoint=http://127.0.0.1:{server.port}",
        {"access_key": server.access_key, "secret": "the wrong one"},
    )
    bucket = remote_bucket(tmp_path, where, {}, LINKS)
    bucket.start()
    until = time.monotonic() + 5
    while "Signature" not in bucket.state:
        assert time.monotonic() < until, bucket.state
        await asyncio.sleep(0.02)
    await bucket.stop()
    with pytest.raises(StorageError, match=r"the own bucket cannot be used: aws://tapes/own: .*SignatureDoesNotMatch"):
        await bucket.names("app")
    assert "the wrong one" not in bucket.state
