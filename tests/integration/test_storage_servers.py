"""Each kind of storage against a real server: whole files, tests of the storage, and how a refusal is told."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import rsa

from roomtape.domain.storage_config import from_api
from roomtape.errors import DestinationError
from roomtape.outbound.guard import Guard
from roomtape.storage.destinations import Destinations
from tests.support.azurite import azurite
from tests.support.gate import gate
from tests.support.gcsserver import gcs_server, service_account
from tests.support.s3server import s3_server
from tests.support.sshserver import ssh_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

SIZE = 20 << 20
"""Three parts; no part may be held back to be sent twice."""


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
        yield {s.name: s for s in found} | {"to": allowed, "s3": s3, "gcs-server": gcs, "ssh": ssh, "folder": folder}


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
