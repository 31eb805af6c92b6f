"""Recordings that go to four real storage servers at once: away at the stop, killed in mid-upload, wrong secrets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.support.azurite import azurite
from tests.support.gate import Gate, gate
from tests.support.gcsserver import gcs_server
from tests.support.s3server import s3_server
from tests.support.server import Server, running
from tests.support.sshserver import ssh_server

pytestmark = pytest.mark.asyncio(loop_scope="module")

SLOW = 4e3
"""Bytes per second; the files of a short recording then take many seconds."""


@dataclass
class Place:
    """A storage behind its gate. `wrong` are fields of `config` that open nothing, `refusal` is what it says then."""

    name: str
    door: Gate
    config: dict[str, Any]
    wrong: dict[str, Any]
    refusal: str
    files: Callable[[], Awaitable[dict[str, bytes]]]

    async def under(self, folder: str) -> dict[str, bytes]:
        """Return what lies in a folder, by name."""
        return {
            path.rsplit("/", 1)[1]: content
            for path, content in (await self.files()).items() if f"{folder}/" in path
        }  # fmt: skip


@dataclass
class World:
    server: Server
    places: list[Place]

    async def start(self, folder: str, wrong: bool) -> dict[str, str]:
        """Start one recording for each place; return their ids by the place's name."""
        meeting = await self.server.meeting()
        ids = {}
        for place in self.places:
            config = place.config | {"path": f"{place.config.get('path', '')}/{folder}".strip("/")}
            if place.name == "sftp":
                config["path"] = "/" + config["path"]
            started = await self.server.http.post(
                f"{self.server.prefix}/recordings",
                json={
                    "meeting_id": meeting, "allow_multiple_recordings": True, "audio_config": {"codec": "MP3"},
                    "video_config": {"width": 320, "height": 180}, "file_name_prefix": place.name,
                    "storage_config": config | (place.wrong if wrong else {}),
                    "realtimekit_bucket_config": {"enabled": place.name in ("aws", "sftp")},
                },
            )  # fmt: skip
            assert started.status_code == 201, started.text
            ids[place.name] = started.json()["data"]["id"]
        for recording in ids.values():
            await self.server.until(recording, "RECORDING", 10)
        await asyncio.sleep(1.5)
        return ids

    async def stop(self, ids: dict[str, str]) -> None:
        for recording in ids.values():
            answer = await self.server.http.put(f"{self.server.prefix}/recordings/{recording}", json={"action": "stop"})
            assert answer.status_code == 200, answer.text

    async def correct(self, recording: str, config: dict[str, Any]) -> None:
        """Change fields of a recording's storage_config, which is then tried at once."""
        answer = await self.server.http.put(
            f"{self.server.prefix}/recordings/{recording}/storage", json={"storage_config": config}
        )
        assert answer.status_code == 200, answer.text

    async def get(self, recording: str) -> dict[str, Any]:
        answer = await self.server.http.get(f"{self.server.prefix}/recordings/{recording}")
        return dict(answer.json()["data"])

    async def until_refused(self, recording: str, why: str, within_s: float = 40) -> None:
        """Wait for the warning that the storage takes nothing, which says why: it may have been slow at first."""
        deadline = asyncio.get_running_loop().time() + within_s
        while True:
            found = await self.get(recording)
            said = [warning for warning in found["warnings"] if warning.startswith("storage ")]
            if said and why in said[0]:
                assert found["status"] == "UPLOADING"
                assert found["download_url"] is None
                out = self.server.data_dir / "render" / recording / "out"
                if {path.name for path in out.glob("*")} == self.kept(recording).keys():
                    return
            assert asyncio.get_running_loop().time() < deadline, f"no {why} within {within_s} s, but {said}"
            await asyncio.sleep(0.1)

    def kept(self, recording: str) -> dict[str, bytes]:
        """Return what the own bucket holds of a recording, by name."""
        folder = self.server.data_dir / "bucket" / self.server.app_id / recording
        return {path.name: path.read_bytes() for path in folder.glob("*")}

    async def check(self, place: Place, recording: str, folder: str, kept: dict[str, bytes]) -> None:
        """Everything has arrived, whole and nothing else; the own bucket holds it only where it shall."""
        done = await self.server.until(recording, "UPLOADED", 30)
        arrived = await place.under(folder)
        assert arrived == kept
        assert sorted(name.rsplit(".", 1)[1] for name in arrived) == ["json", "mp3", "mp4"]
        found = await self.get(recording)
        assert not [warning for warning in found["warnings"] if warning.startswith("storage ")]
        if place.name in ("aws", "sftp"):
            assert self.kept(recording) == kept
            assert found["download_url"]
        else:
            async with asyncio.timeout(5):
                while self.kept(recording):
                    await asyncio.sleep(0.05)
            links = (found["download_url"], found["audio_download_url"], found["download_url_expiry"])
            assert links == (None, None, None)
        assert done.file_size == sum(len(body) for name, body in kept.items() if not name.endswith(".json"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("storage")
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        s3, gcs = await enter(s3_server()), await enter(gcs_server())
        azure, ssh = await enter(azurite(folder / "azure")), await enter(ssh_server(folder / "ssh"))
        doors = {n: await enter(gate(s.port)) for n, s in (("s3", s3), ("gcs", gcs), ("azure", azure), ("ssh", ssh))}

        def thread(files: Callable[[], dict[str, bytes]]) -> Callable[[], Awaitable[dict[str, bytes]]]:
            return lambda: asyncio.to_thread(files)

        other = json.loads(gcs.config()["secret"])
        places = [
            Place("aws", doors["s3"], s3.config(), {"secret": "wrong"}, "SignatureDoesNotMatch", thread(s3.files)),
            Place("gcs", doors["gcs"], gcs.config(), {"secret": json.dumps(other | {"client_email": "x@y.example"})},
                  "401", thread(gcs.files)),
            Place("azure", doors["azure"], azure.config(doors["azure"].port),
                  {"access_key": azure.config(doors["azure"].port, key="d3Jvbmc=")["access_key"]},
                  "AuthorizationFailure", azure.files),
            Place("sftp", doors["ssh"], ssh.config(doors["ssh"].port), {"private_key": ssh.wrong_key, "password": ""},
                  "refused the login", thread(ssh.files)),
        ]  # fmt: skip
        endpoints = f"aws=http://127.0.0.1:{doors['s3'].port},gcs=http://127.0.0.1:{doors['gcs'].port}"
        server = await enter(
            running(folder / "data", ROOMTAPE_OUTBOUND_ALLOW="127.0.0.1", ROOMTAPE_STORAGE_ENDPOINTS=endpoints)
        )
        yield World(server, places)


async def test_away_at_the_stop_then_killed_in_mid_upload(world: World) -> None:
    late = f"late-{uuid4().hex}"  # a test that is tried again begins with an empty folder
    ids = await world.start(late, wrong=False)
    for place in world.places:
        await place.door.shut()
    await world.stop(ids)
    for place in world.places:
        await world.until_refused(ids[place.name], place.name)
    kept = {name: world.kept(recording) for name, recording in ids.items()}
    for place in world.places:
        place.door.rate, place.door.passed = SLOW, 0
        await place.door.open()
        await world.correct(ids[place.name], {"type": place.config["type"]})
    async with asyncio.timeout(20):
        while min(place.door.passed for place in world.places) < SLOW:
            await asyncio.sleep(0.05)
    await world.server.kill()
    for place in world.places:
        assert set(await place.under(late)) < set(kept[place.name])  # it was in mid-upload
        place.door.rate = None
    await world.server.restart()
    for place in world.places:
        await world.check(place, ids[place.name], late, kept[place.name])


async def test_wrong_credentials_are_named_and_corrected(world: World) -> None:
    wrong = f"wrong-{uuid4().hex}"
    ids = await world.start(wrong, wrong=True)
    await world.stop(ids)
    for place in world.places:
        await world.until_refused(ids[place.name], place.refusal)
        kept = world.kept(ids[place.name])
        keys = ("type", *place.wrong)
        right = {name: place.config[name] for name in keys}
        await world.correct(ids[place.name], right)
        await world.check(place, ids[place.name], wrong, kept)
    secrets = [str(place.config[name]) for place in world.places for name in place.wrong if place.config[name]]
    written = (world.server.data_dir / "server.log").read_text() + (await _database(world.server.data_dir))
    assert not [secret for secret in secrets if secret in written or json.dumps(secret)[1:-1] in written]


async def _database(folder: Path) -> str:
    return await asyncio.to_thread(
        lambda: "".join(p.read_bytes().decode("latin-1") for p in folder.glob("*.sqlite*") if p.is_file())
    )


async def test_a_storage_is_tested_when_asked(world: World) -> None:
    for place in world.places:
        for config, ok in ((place.config, True), (place.config | place.wrong, False)):
            answer = await world.server.http.post(
                f"{world.server.prefix}/storage/test", json={"storage_config": config}
            )  # fmt: skip
            assert answer.status_code == 200, answer.text
            data = answer.json()["data"]
            assert data["ok"] is ok, data
            assert ok or place.refusal in data["error"]
            assert not any(config.get(name) and config[name] in answer.text for name in ("secret", "access_key"))
