"""A server whose own bucket is a store: away at the stop, killed in mid-upload, and what is played from it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.support.gate import Gate, gate
from tests.support.s3server import BUCKET, S3Server, s3_server
from tests.support.server import Server, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

GROWN = 20 << 20
SLOW = 8e6
"""Bytes per second of a connection; each of the three parts has its own."""


@dataclass
class World:
    server: Server
    s3: S3Server
    door: Gate

    async def health(self) -> tuple[int, dict[str, Any]]:
        answer = await self.server.http.get(f"{self.server.base_url}/healthz")
        return answer.status_code, answer.json()

    async def get(self, recording: str) -> dict[str, Any]:
        answer = await self.server.http.get(f"{self.server.prefix}/recordings/{recording}")
        return dict(answer.json()["data"])

    def parts(self) -> list[tuple[str, int]]:
        """Return key and number of parts of each unfinished upload."""
        client, found = self.s3.client, []
        for upload in client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []):
            parts = client.list_parts(Bucket=BUCKET, Key=upload["Key"], UploadId=upload["UploadId"]).get("Parts", [])
            found.append((upload["Key"], len(parts)))
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("own")
    async with s3_server() as s3, gate(s3.port) as door:
        await door.shut()
        config = {"access_key": s3.access_key, "secret": s3.secret}
        url = f"s3://{BUCKET}/own?endpoint=http://127.0.0.1:{door.port}"
        async with running(
            folder / "data", ROOMTAPE_BUCKET_URL=url, ROOMTAPE_BUCKET_CONFIG=json.dumps(config)
        ) as server:
            yield World(server, s3, door)


async def _recorded(it: World) -> str:
    started = await it.server.http.post(
        f"{it.server.prefix}/recordings",
        json={"meeting_id": await it.server.meeting(), "video_config": {"width": 320, "height": 180}},
    )
    assert started.status_code == 201, started.text
    recording = str(started.json()["data"]["id"])
    await it.server.until(recording, "RECORDING", 10)
    await asyncio.sleep(1)
    await it.server.http.put(f"{it.server.prefix}/recordings/{recording}", json={"action": "stop"})
    return recording


async def _until(condition: Any, within_s: float = 20) -> Any:
    async with asyncio.timeout(within_s):
        while True:
            found = await condition()
            if found:
                return found
            await asyncio.sleep(0.05)


def _grow(file: Path) -> None:
    """Make an MP4 as long as one of an hour; players pass over what is in a `free` box (ISO/IEC 14496-12, 8.1.2)."""
    with file.open("ab") as out:
        out.write(GROWN.to_bytes(4, "big") + b"free" + os.urandom(GROWN - 8))


async def test_away_at_the_stop_and_killed_in_mid_upload(world: World) -> None:
    async def degraded() -> bool:
        return (await world.health())[1]["status"] == "degraded"

    await _until(degraded)
    code, said = await world.health()
    assert (code, said["janus"]) == (200, "ok")
    assert said["bucket"].startswith(f"aws://{BUCKET}/own: ")

    recording = await _recorded(world)

    async def warned() -> list[str]:
        found = await world.get(recording)
        assert found["status"] in ("RECORDING", "UPLOADING")
        return [warning for warning in found["warnings"] if warning.startswith("the own bucket cannot be used: ")]

    (warning,) = await _until(warned)
    assert "It is tried again" in warning
    out = world.server.data_dir / "render" / recording / "out"
    (film,) = out.glob("*.mp4")
    _grow(film)
    sums = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in out.iterdir()}

    world.door.rate = SLOW
    await world.door.open()

    async def begun() -> list[int]:
        return [parts for _, parts in await asyncio.to_thread(world.parts) if parts > 0]

    await _until(begun, 40)
    await world.server.kill()
    ((key, parts),) = await asyncio.to_thread(world.parts)
    assert (key.endswith(film.name), 0 < parts < 4) == (True, True)
    world.door.rate = None
    await world.server.restart()
    await world.server.until(recording, "UPLOADED", 30)

    there = {name: hashlib.sha256(body).hexdigest() for name, body in (await asyncio.to_thread(world.s3.files)).items()}
    prefix = f"own/{world.server.app_id}/{recording}"
    assert there == {f"{prefix}/{name}": digest for name, digest in sums.items()}
    assert await asyncio.to_thread(world.parts) == []
    found = await world.get(recording)
    assert [w for w in found["warnings"] if "own bucket" in w] == []
    assert (await world.health())[1] == {"status": "ok", "janus": "ok", "database": "ok", "bucket": "ok"}

    await _play(found["download_url"], sums[film.name], film.name)
    manifest = await world.server.http.get(f"{world.server.prefix}/recordings/{recording}/manifest")
    assert manifest.json()["success"] is True
    log = (world.server.data_dir / "server.log").read_text()
    assert world.s3.secret not in log
    assert world.s3.secret not in json.dumps(found)


async def _play(link: str, digest: str, name: str) -> None:
    """The link is ours; it leads to one of the store's, which has ranges and a type that browsers play."""
    async with httpx.AsyncClient(follow_redirects=True) as client:
        whole = await client.get(link)
        assert [answer.status_code for answer in whole.history] == [307]
        assert hashlib.sha256(whole.content).hexdigest() == digest
        assert whole.headers["Content-Type"] == "video/mp4"
        part = await client.get(link, headers={"Range": "bytes=4-7"})
        assert (part.status_code, part.content) == (206, b"ftyp")
        assert (await client.head(link)).headers["Content-Length"] == str(len(whole.content))
        saved = await client.get(f"{link}&download=1", headers={"Range": "bytes=4-7"})
        assert saved.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        assert (await client.get(link.replace("expires=", "expires=9"))).status_code == 403
