"""A receiver of webhooks on loopback, for tests: it answers as it is told, and remembers all that came."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

Behave = Callable[[int], int | str]
"""How to answer the n-th request of a path, counted from 0: a status, `hang`, or `reset`."""


@dataclass
class Request:
    """One request as it came; `did` is what the receiver did with it."""

    path: str
    headers: dict[str, str]
    body: bytes
    did: int | str

    @property
    def uuid(self) -> str:
        return self.headers["rtk-uuid"]

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def taken(self) -> bool:
        return isinstance(self.did, int) and 200 <= self.did < 300


@dataclass
class Receiver:
    port: int = 0
    came: list[Request] = field(default_factory=list)
    behave: dict[str, Behave] = field(default_factory=dict)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def at(self, path: str) -> list[Request]:
        return [request for request in self.came if request.path == path]

    def taken(self, path: str) -> list[Request]:
        """What was answered with 2xx at a path, each delivery once: where it came first."""
        first: dict[str, Request] = {}
        for request in self.at(path):
            if request.taken:
                first.setdefault(request.uuid, request)
        return list(first.values())

    def check_signatures(self, public_key: str) -> None:
        """Raise for any request that was not signed by the owner of the key."""
        key = load_pem_public_key(public_key.encode())
        assert isinstance(key, rsa.RSAPublicKey)
        for request in self.came:
            signature = base64.b64decode(request.headers["rtk-signature"], validate=True)
            key.verify(signature, request.body, padding.PKCS1v15(), hashes.SHA256())


@asynccontextmanager
async def receiving(behave: dict[str, Behave] | None = None) -> AsyncIterator[Receiver]:
    """Receive on a free port; a path without a behaviour takes everything."""
    receiver = Receiver(behave=behave or {})
    hanging = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:] if line)}
            body = await reader.readexactly(int(headers["content-length"]))
            path = lines[0].split(" ")[1]
            did = receiver.behave.get(path, lambda _: 200)(len(receiver.at(path)))
            receiver.came.append(Request(path, headers, body, did))
            if did == "hang":
                await hanging.wait()
            elif did == "reset":
                # Lingering for no time makes closing a reset instead of an orderly end.
                linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            else:
                text = f"answer {did} \0".encode()
                writer.write(b"HTTP/1.1 %d Said\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (did, len(text)))
                writer.write(text)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(talk, "127.0.0.1", 0)
    receiver.port = listening.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        hanging.set()
        listening.close()
