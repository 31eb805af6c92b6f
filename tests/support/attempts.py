"""Owns what the attempts on a real server need: two accounts, three apps, everybody's tokens, and a trap."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from typer.testing import CliRunner

from roomtape.cli import app
from tests.support.server import Server, running

AWS = {"type": "aws", "bucket": "films", "region": "eu-1", "access_key": "canary-access-key", "secret": "canary-secret"}
STREAM = "rtmp://live.invalid/app/canary-stream-key"


@dataclass
class Trap:
    """Listens on loopback and counts who comes: nobody may."""

    port: int = 0
    visits: list[bytes] = field(default_factory=list)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits.append(await reader.read(200))
        writer.close()


@dataclass
class World:
    """`mine` and `sibling` are apps of one account, `theirs` of another. `seen` has every answer as text.

    `canaries` must be found nowhere but in the answers that told them, which `seen` leaves out.
    """

    server: Server
    trap: Trap
    http: httpx.AsyncClient
    seen: list[str]
    canaries: dict[str, str]
    mine: str = ""
    sibling: str = ""
    theirs: str = ""
    meeting: str = ""
    other_meeting: str = ""
    recording: str = ""
    host: str = ""
    host_id: str = ""
    guest: str = ""
    other_host: str = ""
    foreign: str = ""
    reader: str = ""

    @property
    def account(self) -> str:
        return f"{self.server.base_url}/client/v4/accounts/{self.server.account_id}"

    def kit(self, app_id: str = "", account: str = "") -> str:
        return f"{account or self.account}/realtime/kit/{app_id or self.mine}"

    async def ask(self, method: str, url: str, token: str | None = None, **more: Any) -> httpx.Response:
        """Send a request, with the API token of the first start unless another one is given ("" is none)."""
        token = self.server.token if token is None else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.http.request(method, url, headers=headers | more.pop("headers", {}), **more)

    async def made(self, url: str, body: dict[str, Any], token: str | None = None) -> dict[str, Any]:
        """Create something; its answer is not looked at for canaries."""
        answer = await self.ask("POST", url, token, json=body)
        assert answer.status_code == 201, answer.text
        self.seen.remove(answer.text)
        found: dict[str, Any] = answer.json()["data"]
        return found


@asynccontextmanager
async def world(folder: Path, **env: str) -> AsyncIterator[World]:
    """A server with everything that somebody could want to get at."""
    trap = Trap()
    listener = await asyncio.start_server(trap.take, "127.0.0.1", 0)
    trap.port = listener.sockets[0].getsockname()[1]
    seen: list[str] = []

    async def keep(response: httpx.Response) -> None:
        seen.append((await response.aread()).decode("utf-8", "replace"))

    async with (
        running(folder, ROOMTAPE_LOG_LEVEL="debug", **env) as server,
        httpx.AsyncClient(timeout=20, event_hooks={"response": [keep]}) as http,
    ):
        found = World(server, trap, http, seen, {}, mine=server.app_id)
        await _furnish(found)
        yield found
        await server.http.aclose()
    listener.close()


async def _furnish(it: World) -> None:
    it.foreign = await command(it, "create", "--name", "b", "--scope", "write", "--account", "account-b")
    it.sibling = (await it.made(f"{it.account}/realtime/kit/apps", {"name": "sibling"}))["app"]["id"]
    theirs = it.account.replace(it.server.account_id, "account-b")
    it.theirs = (await it.made(f"{theirs}/realtime/kit/apps", {"name": "theirs"}, it.foreign))["app"]["id"]
    it.reader = (await it.made(f"{it.account}/realtime/kit-tokens", {"name": "reader"}))["token"]
    it.meeting = (await it.made(f"{it.kit()}/meetings", {"title": "one"}))["id"]
    it.other_meeting = (await it.made(f"{it.kit()}/meetings", {"title": "two"}))["id"]
    it.host_id, it.host = await participant(it, it.meeting, "group_call_host")
    _, it.guest = await participant(it, it.meeting, "group_call_participant")
    _, it.other_host = await participant(it, it.other_meeting, "group_call_host")
    config = {"live_streaming_config": {"rtmp_url": STREAM}, "storage_config": AWS}
    assert (await it.ask("PUT", f"{it.kit()}/recording-config", json=config)).status_code == 200
    body = {"meeting_id": it.meeting, "storage_config": {"type": "aws", "path": "in"}}
    it.recording = (await it.made(f"{it.kit()}/recordings", body))["id"]
    it.canaries = {"stream key": "canary-stream", "access key": "canary-access", "storage secret": "canary-secret"}
    it.canaries |= {"host's token": it.host, "guest's token": it.guest, "other host's token": it.other_host}
    it.canaries |= {"reader's token": it.reader, "foreign token": it.foreign}


async def participant(it: World, meeting: str, preset: str) -> tuple[str, str]:
    """Add a participant; return id and token."""
    body = {"custom_participant_id": preset, "preset_name": preset, "name": preset}
    made = await it.made(f"{it.kit()}/meetings/{meeting}/participants", body)
    return made["id"], made["token"]


async def command(it: World, *arguments: str) -> str:
    """Run `roomtape token` beside the server; return what it prints."""
    whole = ["token", *arguments, "--data-dir", str(it.server.data_dir)]
    said = await asyncio.to_thread(CliRunner().invoke, app, whole)
    assert said.exit_code == 0, said.output
    return said.stdout.strip()


async def raw(it: World, target: str, headers: Iterable[str] = (), method: str = "GET") -> bytes:
    """Send a request whose target nobody tidies up; return what comes back."""
    host, port = it.server.base_url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    lines = [f"{method} {target} HTTP/1.1", "Host: x", "Connection: close", *headers, "", ""]
    writer.write("\r\n".join(lines).encode("latin-1"))
    await writer.drain()
    try:
        answer = await asyncio.wait_for(reader.read(), 10)
    except ConnectionResetError:
        answer = b""
    writer.close()
    it.seen.append(answer.decode("latin-1"))
    return answer


def notations(port: int) -> list[str]:
    """Ways to write this machine."""
    hosts = ("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "127.0.0.1.", "0", "0.0.0.0")
    hosts += ("localhost", "LOCALHOST.", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]")
    hosts += (
        "[::127.0.0.1]",
        "[2002:7f00:1::]",
        "[fe80::1%25lo]",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "a@127.0.0.1",
        "127.0.0.1\\@b",
    )
    return [f"{host}:{port}" for host in hosts]


def found_in(folder: Path, secret: str) -> list[str]:
    """Return which files of a folder hold a secret, also in Base64."""
    forms = {secret.encode(), base64.b64encode(secret.encode()).rstrip(b"="), json.dumps(secret).strip('"').encode()}
    files = [f for f in folder.rglob("*") if f.is_file() and not f.is_symlink()]
    return [f.relative_to(folder).as_posix() for f in files if any(form in _bytes(f) for form in forms)]


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:  # the server is at work
        return b""
