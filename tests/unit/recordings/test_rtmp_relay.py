from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from roomtape.errors import DestinationError
from roomtape.outbound.guard import Target
from roomtape.recordings import rtmp_relay
from roomtape.recordings.rtmp_relay import Relay
from tests.support.rtmpserver import certificates, free_port
from tests.support.wait import until

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def _server(handler: Handler, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    server = await asyncio.start_server(handler, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def _relay(port: int, scheme: str = "rtmp", host: str = "live.example.com") -> AsyncIterator[tuple[Relay, int]]:
    relay = Relay(Target(scheme, host, port, "/", ("127.0.0.1",)))
    try:
        yield relay, await relay.open()
    finally:
        await relay.close()


async def _shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1000):
        writer.write(data.upper())
    writer.close()


async def test_bytes_pass_both_ways_also_for_a_client_that_comes_again() -> None:
    async with _server(_shout) as there, _relay(there) as (relay, port):
        for _ in range(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"abc")
            assert await asyncio.wait_for(reader.readexactly(3), 20) == b"ABC"
            writer.write(b"def")
            writer.write_eof()
            assert await asyncio.wait_for(reader.read(), 20) == b"DEF"
            writer.close()
        assert relay.error is None


async def test_it_is_said_who_ended_the_connection() -> None:
    async def leave(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with _server(leave) as there, _relay(there) as (relay, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await asyncio.wait_for(reader.read(), 20) == b""
        await until(lambda: relay.error)
        assert relay.error == "live.example.com ended the connection"
        writer.close()


async def test_who_takes_nothing_is_given_up_and_little_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtmp_relay, "STALLED_S", 0.3)
    never = asyncio.Event()

    async def stall(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await never.wait()
        writer.close()

    async with _server(stall) as there, _relay(there) as (relay, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        taken = 0
        try:
            async with asyncio.timeout(20):
                while taken < 1 << 26:
                    writer.write(bytes(1 << 16))
                    await writer.drain()
                    taken += 1 << 16
        except OSError:
            pass
        await until(lambda: relay.error)
        assert relay.error == "live.example.com took nothing for 0 s"
        assert taken < 1 << 25
        never.set()
        writer.close()


async def test_where_nobody_listens_it_is_said_so() -> None:
    relay = Relay(Target("rtmp", "live.example.com", free_port(), "/", ("127.0.0.1",)))
    with pytest.raises(DestinationError, match=r"live\.example\.com:\d+ cannot be connected to: connection refused"):
        await relay.open()


async def test_the_next_address_is_tried() -> None:
    async with _server(_shout) as there:
        relay = Relay(Target("rtmp", "live.example.com", there, "/", ("127.0.0.3", "127.0.0.1")))
        await relay.open()
        await relay.close()


async def test_tls_is_verified_by_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority, chain = certificates(tmp_path, "live.example.com")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    names: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    async with _server(_shout, context) as there:
        with pytest.raises(DestinationError, match="its certificate is not good"):
            await Relay(Target("rtmps", "live.example.com", there, "/", ("127.0.0.1",))).open()
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        with pytest.raises(DestinationError, match="its certificate is not good"):
            await Relay(Target("rtmps", "other.example.com", there, "/", ("127.0.0.1",))).open()
        async with _relay(there, "rtmps") as (_, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"abc")
            assert await asyncio.wait_for(reader.readexactly(3), 20) == b"ABC"
            writer.close()
    assert names[-1] == "live.example.com"


async def test_a_server_that_speaks_no_tls_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async def plain(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with _server(plain) as there:
        with pytest.raises(DestinationError, match=r"cannot be connected to: no TLS there"):
            await Relay(Target("rtmps", "live.example.com", there, "/", ("127.0.0.1",))).open()
