"""Heads of HTTP as a proxy reads them: what is odd is refused, and no connection serves twice."""

from __future__ import annotations

import asyncio

import pytest

from roomtape.browser.proxyhead import MOST_HEAD_BYTES, Asked, BadHead, Head, asked, read_head


async def _read(data: bytes) -> Head | None:
    reader = asyncio.StreamReader(limit=MOST_HEAD_BYTES)
    reader.feed_data(data)
    reader.feed_eof()
    return await read_head(reader)


async def test_a_head_is_read() -> None:
    head = await _read(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nA: b\r\n\r\nbody")
    assert head is not None
    assert (head.status, head.length) == (200, 12)
    assert await _read(b"") is None


@pytest.mark.parametrize(
    "data",
    [b"GET / HTTP/1.1\r\nA: b", b"GET / HTTP/1.1\r\nA\r\n\r\n", b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", b"x" * 70_000],
)
async def test_what_is_no_head(data: bytes) -> None:
    with pytest.raises(BadHead):
        await _read(data)


def test_a_connection_serves_once() -> None:
    head = Head(b"GET http://a/ HTTP/1.1", (b"Host: b", b"Proxy-Connection: keep-alive", b"X: y"))
    assert head.closing(b"GET / HTTP/1.1", b"a") == b"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\nConnection: close\r\n\r\n"


def test_a_page_does_not_say_for_whom_it_asks() -> None:
    """Our own server believes these headers of 127.0.0.1, and counts requests by what they say."""
    said = (b"X-Forwarded-For: 203.0.113.9", b"x-real-ip : 1.1.1.1", b"Forwarded: for=1.1.1.1", b"X-Mine: y")
    head = Head(b"GET http://a/ HTTP/1.1", (b"Host: a", *said))
    assert head.closing(b"GET / HTTP/1.1", b"a").split(b"\r\n")[1:] == [
        b"Host: a", b"X-Mine: y", b"Connection: close", b"", b"",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (b"CONNECT a.example:443 HTTP/1.1", Asked(b"CONNECT", "https://a.example:443/", None)),
        (b"GET http://a.example HTTP/1.1", Asked(b"GET", "http://a.example/", b"/")),
        (b"POST http://a.example:81/p?q#f HTTP/1.1", Asked(b"POST", "http://a.example:81/", b"/p?q")),
        (b"GET http://a.example?q HTTP/1.1", Asked(b"GET", "http://a.example/", b"/?q")),
    ],
)
def test_what_is_asked(line: bytes, wanted: Asked) -> None:
    assert asked(Head(line, ())) == wanted


@pytest.mark.parametrize(
    "line", [b"GET / HTTP/1.1", b"GET ftp://a/ HTTP/1.1", b"GET http://a/ b HTTP/1.1", b"\xff", b""]
)
def test_what_no_proxy_is_asked(line: bytes) -> None:
    with pytest.raises(BadHead):
        asked(Head(line, ()))


@pytest.mark.parametrize("line", [b"HTTP/2 200", b"HTTP/1.1 x", b"no"])
def test_what_is_no_status(line: bytes) -> None:
    with pytest.raises(BadHead):
        _ = Head(line, ()).status
