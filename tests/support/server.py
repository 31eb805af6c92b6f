"""Owns a real `roomtape serve` in a process of its own, for tests: started, killed, started again, stopped."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cloudflare
import httpx

from tests.support.preloaded import ServerProcess

ROOMTAPE = Path(sys.executable).with_name("roomtape")
READY_WITHIN_S = 60.0


@dataclass
class Server:
    """A running server; `kit` is the official SDK pointed at it, `api` plain HTTP below its account and app."""

    data_dir: Path
    env: dict[str, str]
    process: ServerProcess
    base_url: str = ""
    account_id: str = ""
    app_id: str = ""
    token: str = ""
    sdk: cloudflare.AsyncCloudflare = field(init=False)
    http: httpx.AsyncClient = field(init=False)

    @property
    def kit(self) -> Any:
        return self.sdk.realtime_kit

    @property
    def ids(self) -> dict[str, str]:
        return {"account_id": self.account_id}

    @property
    def prefix(self) -> str:
        return f"{self.base_url}/client/v4/accounts/{self.account_id}/realtime/kit/{self.app_id}"

    async def wait_ready(self) -> None:
        line = await asyncio.wait_for(self.process.line(), READY_WITHIN_S)
        assert line.startswith("roomtape ready "), line + (self.data_dir / "server.log").read_text()[-3000:]
        self.base_url = line.split()[-1]
        boot = json.loads((self.data_dir / "bootstrap.json").read_text())
        self.account_id, self.app_id, self.token = boot["account_id"], boot["app_id"], boot["api_token"]
        self.sdk = cloudflare.AsyncCloudflare(
            api_token=self.token, base_url=f"{self.base_url}/client/v4", max_retries=0, timeout=30
        )
        self.http = httpx.AsyncClient(headers={"Authorization": f"Bearer {self.token}"}, timeout=30)

    async def kill(self) -> None:
        """kill -9; Janus lives on."""
        self.process.kill()
        await self.process.wait()

    async def restart(self) -> None:
        """Start again on the same folder and port after `kill` or `stop`."""
        env = {**self.env, "ROOMTAPE_PORT": self.base_url.rsplit(":", 1)[1]}
        self.process = await _spawn(self.data_dir, env)
        await self.wait_ready()

    async def stop(self) -> float:
        """SIGTERM; return how long it took in seconds."""
        begin = asyncio.get_running_loop().time()
        self.process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(self.process.wait(), 15)
        return asyncio.get_running_loop().time() - begin

    async def meeting(self, **body: Any) -> str:
        answer = await self.kit.meetings.create(self.app_id, **self.ids, title="Test meeting", **body)
        return str(answer.data.id)

    async def participant(
        self, meeting_id: str, name: str, preset: str = "group_call_participant", custom_id: str | None = None
    ) -> Any:
        answer = await self.kit.meetings.add_participant(
            meeting_id, **self.ids, app_id=self.app_id, name=name, preset_name=preset,
            custom_participant_id=custom_id or f"custom-{name}",
        )  # fmt: skip
        return answer.data

    async def recording(self, recording_id: str) -> Any:
        answer = await self.kit.recordings.get_one_recording(recording_id, **self.ids, app_id=self.app_id)
        return answer.data

    async def until(self, recording_id: str, status: str, within_s: float = 60) -> Any:
        """Wait until a recording has `status`; fails at once when it has ERRORED instead."""
        deadline = asyncio.get_running_loop().time() + within_s
        while True:
            now = await self.recording(recording_id)
            if now.status == status:
                return now
            assert now.status != "ERRORED", f"{now.error}, {now.warnings}: {now}"
            assert asyncio.get_running_loop().time() < deadline, f"still {now.status} after {within_s} s"
            await asyncio.sleep(0.1)

    async def download(self, url: str, to: Path) -> Path:
        """Fetch a link without any token."""
        async with httpx.AsyncClient(timeout=30) as client:
            answer = await client.get(url)
        answer.raise_for_status()
        to.write_bytes(answer.content)
        return to


async def _spawn(data_dir: Path, env: dict[str, str]) -> ServerProcess:
    data_dir.mkdir(parents=True, exist_ok=True)
    whole = {**os.environ, "ROOMTAPE_ICE_ADDRESSES": "127.0.0.2", **env}
    return await ServerProcess.start(data_dir, whole, data_dir / "server.log")


@asynccontextmanager
async def running(data_dir: Path, **env: str) -> AsyncIterator[Server]:
    """A server on a free port, stopped at the end together with its Janus, also when it was killed meanwhile."""
    env = {"ROOMTAPE_PORT": "0", **env}
    server = Server(data_dir, env, await _spawn(data_dir, env))
    try:
        await server.wait_ready()
        yield server
    finally:
        if server.process.returncode is not None and server.base_url:
            # A killed server leaves its Janus running on purpose; the next run takes it over and can stop it.
            server.process = await _spawn(data_dir, {**env, "ROOMTAPE_PORT": "0"})
            await server.wait_ready()
        if server.process.returncode is None:
            await server.stop()
