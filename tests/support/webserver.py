"""A small web server for tests, on loopback: paths with answers that are made up per request."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class WebServer:
    """`asked` has every request's path and headers, in order."""

    port: int = 0
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


def content(body: bytes, content_type: str = "image/png", status: str = "200 OK", *extra: str) -> Answer:
    """A whole answer at once."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        head = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *extra]
        writer.write("\r\n".join([*head, "Connection: close", "", ""]).encode() + body)

    return answer


def redirect(to: str, status: str = "302 Found") -> Answer:
    """A redirect without a body."""
    return content(b"", "text/plain", status, f"Location: {to}")


def dripping(every_s: float = 0.05) -> Answer:
    """An answer that never ends: one byte after the other."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(every_s)

    return answer


def endless(said: int | None = None) -> Answer:
    """An answer far too large, as fast as it is taken; `said` is the length that it claims."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        length = "" if said is None else f"Content-Length: {said}\r\n"
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n{length}\r\n".encode())
        for _ in range(50 if said is None else 0):
            writer.write(bytes(1 << 20))
            await writer.drain()

    return answer


@asynccontextmanager
async def serving(
    answers: Mapping[str, Answer], host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[WebServer]:
    """Serve `answers` by path on a free port; other paths are 404."""
    server = WebServer()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            path = head[0].split(" ")[1]
            server.asked.append((path, {k.lower(): v for k, v in (h.split(": ", 1) for h in head[1:] if h)}))
            await answers.get(path, content(b"no", "text/plain", "404 Not Found"))(writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(talk, host, 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
