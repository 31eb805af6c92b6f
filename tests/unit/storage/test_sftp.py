from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from roomtape.domain.storage_config import StorageConfig, from_api
from roomtape.errors import DestinationError
from roomtape.outbound.guard import Target
from roomtape.storage import sftp
from roomtape.storage.hostkeys import HostKeys
from roomtape.storage.sftp import SftpStorage

PASSWORD = "hush-hush"
HOST_KEY = asyncssh.generate_private_key("ssh-ed25519")


class _Door(asyncssh.SSHServer):
    tried: list[str] = []  # noqa: RUF012

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        self.tried.append(password)
        return (username, password) == ("ann", PASSWORD)


@dataclass
class House:
    folder: Path
    port: int

    def storage(self, **more: Any) -> tuple[SftpStorage, StorageConfig]:
        given = {"type": "sftp", "host": "files.example", "username": "ann", "password": PASSWORD, "path": "in"}
        config = from_api(given | more)
        target = Target("sftp", "files.example", self.port, "/", ("127.0.0.1",))
        return SftpStorage(config, target, HostKeys(self.folder)), config


@asynccontextmanager
async def house(folder: Path, key: asyncssh.SSHKey = HOST_KEY) -> AsyncIterator[House]:
    root = folder / "root"
    root.mkdir(exist_ok=True)
    server = await asyncssh.listen(
        "127.0.0.1", 0, server_factory=_Door, server_host_keys=[key],
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(root).encode()),
    )  # fmt: skip
    try:
        yield House(folder, server.sockets[0].getsockname()[1])
    finally:
        server.close()


async def test_a_password_opens_and_files_have_their_name_once_they_are_whole(tmp_path: Path) -> None:
    content = os.urandom(3 << 20)
    (tmp_path / "film.mp4").write_bytes(content)
    async with house(tmp_path) as there:
        storage, config = there.storage()
        for _ in range(2):
            await storage.put(config.object_path("film.mp4"), tmp_path / "film.mp4")
        await storage.check(config.object_path("probe"))
        await storage.close()
    found = {str(p.relative_to(tmp_path / "root")): p for p in (tmp_path / "root").rglob("*") if p.is_file()}
    assert list(found) == ["in/film.mp4"]
    assert found["in/film.mp4"].read_bytes() == content


async def test_what_is_half_written_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"whole")
    async with house(tmp_path) as there:
        (tmp_path / "root" / "in").mkdir()
        (tmp_path / "root" / "in" / ".film.mp4.part").write_bytes(b"left by a crash, and longer")
        storage, config = there.storage()
        await storage.put(config.object_path("film.mp4"), tmp_path / "film.mp4")
        await storage.close()
    assert [p.name for p in (tmp_path / "root" / "in").iterdir()] == ["film.mp4"]
    assert (tmp_path / "root" / "in" / "film.mp4").read_bytes() == b"whole"


async def test_a_folder_in_which_nothing_may_be_read_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = asyncssh.SFTPServer.open

    def no_reading(self: asyncssh.SFTPServer, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        if pflags & asyncssh.FXF_READ:
            raise asyncssh.SFTPPermissionDenied("no")
        return real(self, path, pflags, attrs)

    monkeypatch.setattr(asyncssh.SFTPServer, "open", no_reading)
    async with house(tmp_path) as there:
        storage, _ = there.storage()
        assert await storage.check("in/probe") == ("read",)
        await storage.close()
    assert list((tmp_path / "root" / "in").iterdir()) == []


async def test_a_test_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncssh.SFTPServer, "read", lambda *_: b"")
    async with house(tmp_path) as there:
        storage, _ = there.storage()
        with pytest.raises(DestinationError, match="other bytes"):
            await storage.check("in/probe")
        await storage.close()
    assert list((tmp_path / "root" / "in").iterdir()) == []


async def test_a_wrong_password_is_a_sentence_without_it(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        storage, _ = there.storage(password="guessed-it")
        with pytest.raises(DestinationError, match="refused the login of ann") as caught:
            await storage.check("probe")
        await storage.close()
    assert "guessed-it" not in str(caught.value)


async def test_a_host_that_shows_another_key_is_told_no_password(tmp_path: Path) -> None:
    _Door.tried.clear()
    async with house(tmp_path) as there:
        storage, _ = there.storage()
        await storage.check("probe")
        await storage.close()
        HostKeys(tmp_path).file.write_text(
            f"[files.example]:{there.port} " + asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
        )
        before = len(_Door.tried)
        storage, _ = there.storage()
        with pytest.raises(DestinationError, match="another host key"):
            await storage.check("probe")
        await storage.close()
    assert len(_Door.tried) == before


async def test_a_key_that_cannot_be_read_is_named_before_anything_is_sent(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        storage, _ = there.storage(private_key="-----BEGIN nonsense", password=None)
        with pytest.raises(DestinationError, match="private_key cannot be read"):
            await storage.check("probe")
        await storage.close()


async def test_a_server_that_never_speaks_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sftp, "CONNECTED_WITHIN_S", 0.2)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    storage, _ = House(tmp_path, server.sockets[0].getsockname()[1]).storage()
    async with asyncio.timeout(20):
        with pytest.raises(DestinationError):
            await storage.check("probe")
    await storage.close()
    server.close()
