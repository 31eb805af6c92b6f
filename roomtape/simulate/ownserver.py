"""Owns a server of our own in a child process, for the demonstration and for measuring, and plain calls of its API."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from roomtape.errors import DestinationError
from roomtape.simulate.rest import MeetingAccess

_NOT_TAKEN = frozenset({"ROOMTAPE_PUBLIC_URL", "ROOMTAPE_BUCKET_URL", "ROOMTAPE_BUCKET_CONFIG"})
"""Where another server is reached, and where it keeps its files, is nothing of ours."""
READY_WITHIN_S, STOP_WITHIN_S, POLL_S = 60.0, 15.0, 0.1


@dataclass(frozen=True)
class OwnServer:
    """A running server: its process, and how to reach its API (`access` names no meeting yet)."""

    pid: int
    access: MeetingAccess


@asynccontextmanager
async def running(data_dir: Path, settings: Mapping[str, str] | None = None) -> AsyncIterator[OwnServer]:
    """Run `roomtape serve` on a free port, stopped at the end; `settings` are further ROOMTAPE_ variables for it.

    Raises DestinationError when it does not start.
    """
    log = data_dir / "server.log"
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "roomtape.cli", "serve", "--data-dir", str(data_dir), "--port", "0"),
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env={name: value for name, value in os.environ.items() if name not in _NOT_TAKEN} | dict(settings or {}),
        )
    assert process.stdout is not None
    try:
        try:
            line = await asyncio.wait_for(process.stdout.readline(), READY_WITHIN_S)
        except TimeoutError:
            line = b""
        if not line.startswith(b"roomtape ready "):
            raise DestinationError(f"the server did not start; its log is {log}")
        boot = json.loads((data_dir / "bootstrap.json").read_text())
        access = MeetingAccess(boot["base_url"], boot["account_id"], boot["app_id"], "", boot["api_token"])
        yield OwnServer(process.pid, access)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), STOP_WITHIN_S)


def client(access: MeetingAccess) -> httpx.AsyncClient:
    """Return a client whose paths begin below the app."""
    base = f"{access.url}/client/v4/accounts/{access.account_id}/realtime/kit/{access.app_id}"
    return httpx.AsyncClient(base_url=base, headers={"Authorization": f"Bearer {access.api_token}"}, timeout=30)


async def call(api: httpx.AsyncClient, method: str, path: str, **body: Any) -> Any:
    """Return the `data` of an answer. Raises DestinationError, in the server's words, if it refuses."""
    answer = await api.request(method, path, json=body or None)
    if not answer.is_success:
        raise DestinationError(f"{method} {path} answered {answer.status_code}: {answer.text[:300]}")
    return answer.json()["data"]


async def until(
    api: httpx.AsyncClient, recording_id: str, status: str, within_s: float, poll_s: float = POLL_S
) -> dict[str, Any]:
    """Wait until a recording has `status`, asking every `poll_s` seconds, and return it.

    Raises DestinationError when it has ERRORED instead, TimeoutError after `within_s` seconds.
    """
    async with asyncio.timeout(within_s):
        while True:
            found: dict[str, Any] = await call(api, "GET", f"/recordings/{recording_id}")
            if found["status"] == status:
                return found
            if found["status"] == "ERRORED":
                raise DestinationError(f"recording {recording_id} failed: {found.get('error')}")
            await asyncio.sleep(poll_s)
