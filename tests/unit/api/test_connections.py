"""Tests of connections, on a real server: what a client sends is bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.types import Message, Receive, Scope, Send

from roomtape.api import connections
from roomtape.api.connections import HttpConnection, WebSocketConnection
from tests.support.asgi import listening

HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
UPGRADE = b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
SOCKET = UPGRADE + b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
LIMIT_S = 0.3


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers what `/slow` asks after longer than the limit, and before it has read the body; echoes on a socket."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
        return
    if scope["path"] == "/slow":
        await asyncio.sleep(2 * LIMIT_S)
    start: Message = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
    await send(start)
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(connections, "HEAD_WITHIN_S", LIMIT_S)
    async with listening(app, http=HttpConnection, ws=WebSocketConnection) as address:
        yield int(address.rpartition(":")[2])


@asynccontextmanager
async def client(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def answer(reader: asyncio.StreamReader, ends: bytes = b"ok") -> bytes:
    async with asyncio.timeout(5):
        return await reader.readuntil(ends)


async def closed(reader: asyncio.StreamReader) -> bytes:
    """Return what came until the server closed."""
    async with asyncio.timeout(5):
        return await reader.read()


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost:"])
async def test_who_does_not_ask_in_time_is_hung_up_on(port: int, sent: bytes) -> None:
    async with client(port) as (reader, writer):
        writer.write(sent)
        assert await closed(reader) == b""


async def test_bytes_that_trickle_in_win_no_time(port: int) -> None:
    async with client(port) as (reader, writer):
        sent = 0
        while sent < len(HEAD) and not reader.at_eof() and reader.exception() is None:
            writer.write(HEAD[sent : sent + 1])
            await asyncio.sleep(LIMIT_S / 5)
            sent += 1
        assert sent < 15


async def test_a_slow_answer_and_an_idle_connection_are_nobodys_delay(port: int) -> None:
    async with client(port) as (reader, writer):
        for path in (b"/slow", b"/", b"/"):
            writer.write(HEAD.replace(b"/ ", path + b" "))
            assert (await answer(reader)).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(2 * LIMIT_S)


async def test_the_second_request_has_to_be_whole_in_time_too(port: int) -> None:
    async with client(port) as (reader, writer):
        writer.write(HEAD)
        await answer(reader)
        writer.write(b"G")
        assert await closed(reader) == b""


async def test_a_body_that_nobody_waits_for_has_to_end_in_time(port: int) -> None:
    async with client(port) as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
        await answer(reader)
        writer.write(b"a")
        assert await closed(reader) == b""


async def test_a_socket_stays_however_long_it_is_quiet(port: int) -> None:
    async with client(port) as (reader, writer):
        writer.write(b"GET /ws HTTP/1.1\r\nHost: a\r\n" + SOCKET + b"\r\n")
        assert (await answer(reader, b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
        await asyncio.sleep(2 * LIMIT_S)
        writer.write(b"\x81\x82\x00\x00\x00\x00hi")
        assert await answer(reader, b"hi") == b"\x81\x02hi"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /ws?authToken=" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n" + SOCKET, b"414"),
        (b"GET /ws HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X-%d: a\r\n" % n for n in range(200)) + SOCKET, b"431"),
        (b"GET /ws HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 9000 + b"\r\n" + SOCKET, b"431"),
        (b"GET /ws HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n" + SOCKET, b"400"),
        (b"GET /ws HTTP/1.1\r\nHost: a\r\n" + UPGRADE, b"400"),
    ],
)
async def test_a_socket_that_cannot_be_is_answered_and_closed(port: int, head: bytes, status: bytes) -> None:
    async with client(port) as (reader, writer):
        writer.write(head + b"\r\n")
        assert (await closed(reader)).split(b" ")[1] == status
