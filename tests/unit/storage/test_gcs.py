from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest
from google.cloud.exceptions import Forbidden
from google.cloud.storage import Blob  # type: ignore[attr-defined]

from roomtape.domain.storage_config import from_api
from roomtape.errors import DestinationError
from roomtape.storage import gcs
from roomtape.storage.gcs import GoogleStorage
from tests.support.gate import gate
from tests.support.gcsserver import EMAIL, gcs_server


async def test_files_arrive_in_parts_and_a_test_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gcs, "PART_BYTES", 256 << 10)
    content = os.urandom((8 << 20) + 99)
    (tmp_path / "film.mp4").write_bytes(content)
    async with gcs_server() as server:
        storage = GoogleStorage(from_api(server.config()), f"http://127.0.0.1:{server.port}")
        await storage.put("in/film.mp4", tmp_path / "film.mp4")
        await storage.check("in/probe")
        await storage.close()
        assert server.files() == {"in/film.mp4": content}


async def test_a_key_that_may_only_write_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise Forbidden("no")

    async with gcs_server() as server:
        storage = GoogleStorage(from_api(server.config()), f"http://127.0.0.1:{server.port}")
        assert await storage.check("in/probe") == ()
        monkeypatch.setattr(Blob, "download_as_bytes", refused)
        assert await storage.check("in/probe") == ("read",)
        assert server.files() == {}
        monkeypatch.setattr(Blob, "delete", refused)
        assert await storage.check("in/probe") == ("read", "delete")
        await storage.close()


async def test_a_test_that_fails_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Blob, "download_as_bytes", lambda *_, **__: b"other")
    async with gcs_server() as server:
        storage = GoogleStorage(from_api(server.config()), f"http://127.0.0.1:{server.port}")
        with pytest.raises(DestinationError, match="other bytes"):
            await storage.check("in/probe")
        await storage.close()
        assert server.files() == {}


async def test_a_key_that_is_none_is_an_error_without_any_of_it() -> None:
    secret = json.dumps({"client_email": EMAIL, "private_key": "no key at all"})
    with pytest.raises(DestinationError, match="private_key") as caught:
        GoogleStorage(from_api({"type": "gcs", "bucket": "b", "secret": secret}))
    assert "no key at all" not in str(caught.value)


async def test_nobody_there_is_an_error(tmp_path: Path, unused_tcp_port: int) -> None:
    (tmp_path / "f").write_bytes(b"x")
    async with gcs_server() as server:
        config = from_api(server.config())
    storage = GoogleStorage(config, f"http://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(DestinationError, match="gcs://tapes: "):
        await storage.put("f", tmp_path / "f")


async def test_a_thread_that_nobody_waits_for_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread cannot be stopped, but what it reads can be taken away (up to 8 MiB are sent in one request)."""
    (tmp_path / "film.mp4").write_bytes(bytes(12 << 20))
    monkeypatch.setattr(gcs, "PART_BYTES", 256 << 10)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    real = GoogleStorage._put

    def watched(self: GoogleStorage, *arguments: object) -> None:
        try:
            real(self, *arguments)  # type: ignore[arg-type]
        except gcs._Abandoned:
            loop.call_soon_threadsafe(ended.set)

    monkeypatch.setattr(GoogleStorage, "_put", watched)
    async with gcs_server() as server, gate(server.port) as door:
        door.rate = 2e7
        storage = GoogleStorage(from_api(server.config()), f"http://127.0.0.1:{door.port}")
        task = asyncio.create_task(storage.put("film.mp4", tmp_path / "film.mp4"))
        while door.passed < 1 << 20:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(20):
            await ended.wait()
        assert server.files() == {}
