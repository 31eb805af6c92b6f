"""Azure Blob Storage for tests: Azurite, which checks every signature, as a child with an account of its own."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

CONTAINER = "tapes"
ACCOUNT, KEY = "roomtapetest", base64.b64encode(b"the key of an account for tests.").decode()
PROGRAM = Path(__file__).parents[1] / "servers" / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
READY_WITHIN_S = 60.0
_VERSION = "2021-12-02"


@dataclass
class Azurite:
    port: int

    async def request(self, method: str, path: str, query: dict[str, str] | None = None) -> httpx.Response:
        """Ask with SharedKey (learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key)."""
        headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": _VERSION}
        said = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
        asked = "".join(f"\n{name}:{value}" for name, value in sorted((query or {}).items()))
        text = f"{method}{chr(10) * 12}{said}/{ACCOUNT}/{ACCOUNT}{path}{asked}"
        sign = base64.b64encode(hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()).decode()
        headers["Authorization"] = f"SharedKey {ACCOUNT}:{sign}"
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}/{ACCOUNT}", timeout=10) as client:
            return (await client.request(method, path, params=query, headers=headers)).raise_for_status()

    async def files(self) -> dict[str, bytes]:
        """Return what lies in the container."""
        listed = await self.request("GET", f"/{CONTAINER}", {"comp": "list", "restype": "container"})
        names = [
            name.text or "" for name in ElementTree.fromstring(listed.content.lstrip(b"\xef\xbb\xbf")).iter("Name")
        ]
        return {name: (await self.request("GET", f"/{CONTAINER}/{name}")).content for name in names}

    def config(self, port: int | None = None, key: str = KEY, **more: Any) -> dict[str, Any]:
        """Return a storage_config that opens it, or leads to it by the gate on `port`."""
        endpoint = f"http://127.0.0.1:{port or self.port}/{ACCOUNT}"
        text = f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={key};BlobEndpoint={endpoint};"
        return {"type": "azure", "bucket": CONTAINER, "access_key": text, "secret": "", "region": "", **more}


@asynccontextmanager
async def azurite(folder: Path) -> AsyncIterator[Azurite]:
    """Yield a running Azurite with an empty container; it keeps its files in `folder`."""
    if not PROGRAM.exists():
        pytest.skip("Azurite is not installed; run scripts/setup test")
    folder.mkdir(parents=True, exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            "node", str(PROGRAM), "--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(folder),
            "--silent", "--skipApiVersionCheck", "--disableTelemetry",
            env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"}, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        made = Azurite(port)
        async with asyncio.timeout(READY_WITHIN_S):
            while True:
                try:
                    await made.request("PUT", f"/{CONTAINER}", {"restype": "container"})
                    break
                except httpx.TransportError:
                    assert process.returncode is None, (folder / "log").read_text()
                    await asyncio.sleep(0.1)
        yield made
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
