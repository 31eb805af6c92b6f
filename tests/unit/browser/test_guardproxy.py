"""The browser's proxy: what is public or our own is reached, pinned and bounded; nothing else, and by nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from roomtape.browser import guardproxy
from roomtape.browser.guardproxy import GuardProxy
from roomtape.outbound.guard import Guard
from tests.support.wait import until
from tests.support.webserver import WebServer, content, endless, redirect, serving

MB = 1 << 20
Refused = list[tuple[str, str]]


@asynccontextmanager
async def _proxy(
    guard: Guard, own: tuple[str, ...] = (), uid: int | None = None
) -> AsyncIterator[tuple[GuardProxy, int, Refused]]:
    refused: Refused = []
    proxy = GuardProxy(guard, own, 2 * MB, uid, lambda address, why: refused.append((address, why)))
    port = await proxy.start()
    try:
        yield proxy, port, refused
    finally:
        await proxy.stop()


async def _get(port: int, url: str) -> httpx.Response:
    async with httpx.AsyncClient(proxy=f"http://127.0.0.1:{port}", trust_env=False) as client:
        return await client.get(url, follow_redirects=True)


def _names(**addresses: str) -> Callable[[str, int], Awaitable[list[str]]]:
    asked: dict[str, int] = {}

    async def resolve(host: str, port: int) -> list[str]:
        name = host.partition(".")[0]
        turns = addresses[name].split()
        asked[name] = asked.get(name, 0) + 1
        return [turns[min(asked[name], len(turns)) - 1]]

    return resolve


async def test_what_is_ours_is_reached_at_its_port_only() -> None:
    async with (
        serving({"/a?b": content(b"ours", "text/plain")}) as server,
        serving({}) as other,
        _proxy(Guard(), (f"127.0.0.1:{server.port}",)) as (proxy, port, refused),
    ):
        answer = await _get(port, server.url("/a?b"))
        assert (answer.status_code, answer.text) == (200, "ours")
        assert answer.headers["connection"] == "close"
        assert refused == []
        answer = await _get(port, other.url("/a?b"))
        assert answer.status_code == 403
        assert [address for address, _ in refused] == [other.url("/a")]
        problem = proxy.problem(other.url("/x"))
        assert problem is not None
        assert problem.for_good
        assert "not a public address" in problem.why
        assert proxy.problem(server.url("/")) is None
    assert other.asked == []


@pytest.mark.parametrize("path", ["/metrics", "/metrics?x", "/%6detrics"])
async def test_a_page_reads_no_figures_of_the_server(path: str) -> None:
    async with (
        serving({path: content(b"figures", "text/plain")}) as server,
        _proxy(Guard(), (f"127.0.0.1:{server.port}",)) as (_, port, _refused),
    ):
        assert (await _get(port, server.url(path))).status_code == 403
    assert server.asked == []


async def test_what_chromium_asks_by_itself_is_not_reached_and_not_told() -> None:
    async with serving({"/generate_204": content(b"", "text/plain")}) as server:
        names = _names(connectivitycheck="127.0.0.1", update="127.0.0.1")
        async with _proxy(Guard(("127.0.0.1",), names)) as (_, port, refused):
            with pytest.raises(httpx.HTTPError):
                await _get(port, f"http://connectivitycheck.gstatic.com:{server.port}/generate_204")
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"CONNECT Update.googleapis.com:{server.port} HTTP/1.1\r\nA: b\r\n\r\n".encode())
            assert await asyncio.wait_for(reader.read(), 20) == b""
            writer.close()
    assert server.asked == []
    assert refused == []


async def test_a_redirect_and_a_name_that_changes_are_checked_each_time() -> None:
    async with serving({"/": content(b"inside", "text/plain")}) as inside, serving({}) as site:
        answers_to = f"http://public.example:{inside.port}/"
        guard = Guard(("127.0.0.2",), _names(public="127.0.0.2 127.0.0.1"))
        async with _proxy(guard) as (_, port, refused):
            first = await _get(port, answers_to)  # 127.0.0.2 is allowed, and nothing listens there
            assert first.status_code == 403
            second = await _get(port, answers_to)  # the name leads inside now
            assert second.status_code == 403
    assert inside.asked == site.asked == []
    assert "cannot be reached" in refused[0][1]
    assert "not a public address" in refused[1][1]


async def test_redirects_are_new_requests() -> None:
    async with (
        serving({}) as inside,
        serving({"/": redirect(inside.url("/"))}) as site,
        _proxy(Guard(), (f"127.0.0.1:{site.port}",)) as (_, port, _refused),
    ):
        answer = await _get(port, site.url("/"))
    assert answer.status_code == 403
    assert inside.asked == []


async def test_a_tunnel_is_checked_and_carries() -> None:
    async with (
        serving({"/": content(b"through", "text/plain")}) as server,
        _proxy(Guard(), (f"127.0.0.1:{server.port}",)) as (_, port, refused),
    ):
        assert b"200" in await _connect(port, f"127.0.0.1:{server.port}", b"GET / HTTP/1.1\r\nA: b\r\n\r\n")
        said = await _connect(port, f"127.0.0.1:{server.port}", b"GET / HTTP/1.1\r\nA: b\r\n\r\n")
        assert said.endswith(b"through")
        assert b" 403 " in await _connect(port, "169.254.169.254:443", b"")
    assert [address for address, _ in refused] == ["https://169.254.169.254:443/"]


async def _connect(port: int, to: str, then: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n\r\n".encode())
    said = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " in said:
        writer.write(then)
        said += await reader.read()
    writer.close()
    return said


async def test_what_is_too_large_is_refused_at_once_or_cut() -> None:
    async with (
        serving({"/said": endless(5 << 30), "/unsaid": endless()}) as server,
        _proxy(Guard(), (f"127.0.0.1:{server.port}",)) as (_, port, refused),
    ):
        assert (await _get(port, server.url("/said"))).status_code == 502
        with pytest.raises(httpx.HTTPError):
            await _get(port, server.url("/unsaid"))
        got = await _drained(port, server)
    assert got <= 2 * MB + 65_536
    assert [why for _, why in refused] == ["it is larger than 2 MB", "more than 2 MB", "more than 2 MB"]


async def _drained(port: int, server: WebServer) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\nA: b\r\n\r\n".encode())
    writer.write(b"GET /unsaid HTTP/1.1\r\nA: b\r\n\r\n")
    got = 0
    try:
        while piece := await reader.read(MB):
            got += len(piece)
    except OSError:
        pass
    writer.close()
    return got


async def test_other_users_and_odd_requests_get_nothing() -> None:
    async with serving({"/": content(b"x", "text/plain")}) as server:
        own = (f"127.0.0.1:{server.port}",)
        async with _proxy(Guard(), own, uid=4_000_000) as (_, port, _refused):
            with pytest.raises(httpx.HTTPError):
                await _get(port, server.url("/"))
        async with _proxy(Guard(), own) as (_, port, _refused):
            for odd in (b"GET / HTTP/1.1\r\n\r\n", b"x" * 70_000, b"\x16\x03\x01\r\n\r\n"):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(odd)
                with suppress(ConnectionError):
                    assert await asyncio.wait_for(reader.read(), 20) == b""
                writer.close()
    assert server.asked == []


async def test_connections_are_bounded_and_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guardproxy, "MOST_CONNECTIONS", 1)
    async with (
        serving({"/": content(b"x", "text/plain")}) as server,
        _proxy(Guard(), (f"127.0.0.1:{server.port}",)) as (_, port, refused),
    ):
        _, idle = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(0.05)
        with pytest.raises(httpx.HTTPError):
            await _get(port, server.url("/"))
        idle.close()
    assert refused == [("any address", "1 connections are open, and there are no more")]


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"])
@pytest.mark.parametrize("ask", ["GET http://{0}/ HTTP/1.1\r\nA: b\r\n\r\n", "CONNECT {0} HTTP/1.1\r\nA: b\r\n\r\n"])
async def test_what_the_browser_has_left_is_ended_though_the_server_does_not_notice(ask: str, says: bytes) -> None:
    opened: list[asyncio.StreamWriter] = []

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(says)
        opened.append(writer)

    server = await asyncio.start_server(deaf, "127.0.0.1", 0)
    where = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with _proxy(Guard(), (where,)) as (proxy, port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ask.format(where).encode())
        await until(lambda: bool(opened))
        if says:
            await reader.readuntil(b"event-stream")
        assert len(proxy._serving) == 1
        writer.close()
        await until(lambda: not proxy._serving)
    for one in opened:
        one.close()
    server.close()


async def test_an_answer_that_comes_before_all_was_sent_arrives() -> None:
    async def hasty(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too much\r\nContent-Length: 4\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.write(b"much")
        await writer.drain()
        writer.write_eof()

    server = await asyncio.start_server(hasty, "127.0.0.1", 0)
    where = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with _proxy(Guard(), (where,)) as (_, port, _refused):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"POST http://{where}/ HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n".encode())
        writer.write(b"x" * 100_000)
        assert (await asyncio.wait_for(reader.read(), 20)).endswith(b"much")
        writer.close()
    server.close()


async def test_a_browser_that_takes_its_time_gets_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    body = bytes(range(256)) * 100_000  # more than the kernel keeps for a connection
    async with (
        serving({"/": content(body, "video/mp4")}) as server,
        _proxy(Guard(), (f"127.0.0.1:{server.port}",)) as (proxy, port, _refused),
    ):
        monkeypatch.setattr(proxy, "_most_bytes", 32 * MB)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {server.url('/')} HTTP/1.1\r\nA: b\r\n\r\n".encode())
        got = await reader.read(20_000)
        await asyncio.sleep(0.2)
        while piece := await reader.read(100_000):
            got += piece
            await asyncio.sleep(0.002)
        writer.close()
    assert got.endswith(body)
