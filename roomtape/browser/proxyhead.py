"""Owns the heads of HTTP/1.1 messages as a proxy reads and writes them (RFC 9112), within bounds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

MOST_HEAD_BYTES = 65_536
_OWN_TO_A_CONNECTION = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"proxy-authorization"})
# Servers on this machine, ours among them, believe these of 127.0.0.1, which is where we come from.
_SAID_BY_PROXIES = frozenset(
    {b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-port", b"x-forwarded-proto", b"x-real-ip"}
)


class BadHead(Exception):
    """What came is no head of HTTP/1.1, or one that is too long."""


@dataclass(frozen=True)
class Head:
    """The first line, and the fields as they came."""

    line: bytes
    fields: tuple[bytes, ...]

    @property
    def status(self) -> int:
        """The status of an answer. Raises BadHead."""
        parts = self.line.split(b" ", 2)
        if len(parts) < 2 or not parts[0].startswith(b"HTTP/1.") or not parts[1].isdigit():
            raise BadHead
        return int(parts[1])

    @property
    def length(self) -> int | None:
        """What `Content-Length` says, in bytes."""
        for field in self.fields:
            name, _, value = field.partition(b":")
            if name.strip().lower() == b"content-length" and value.strip().isdigit():
                return int(value)
        return None

    def closing(self, line: bytes | None = None, host: bytes | None = None) -> bytes:
        """Return the head for the other side: of one exchange, after which the connection is closed.

        A browser would use the connection of a proxy for another host next, which was not checked for this one.
        """
        kept = [f for f in self.fields if f.partition(b":")[0].strip().lower() not in _OWN_TO_A_CONNECTION]
        if host is not None:
            ours = {b"host", *_SAID_BY_PROXIES}
            kept = [f for f in kept if f.partition(b":")[0].strip().lower() not in ours]
            kept.insert(0, b"Host: " + host)
        return b"\r\n".join([line or self.line, *kept, b"Connection: close", b"", b""])


@dataclass(frozen=True)
class Asked:
    """What a browser asks of its proxy: a way to `origin` (scheme://host:port/), and `path` there; None: a tunnel."""

    method: bytes
    origin: str
    path: bytes | None


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """Return the next head, None when the other side is done. Raises BadHead; OSError."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise BadHead from error
        return None
    except asyncio.LimitOverrunError as error:
        raise BadHead from error
    first, *fields = raw[:-4].split(b"\r\n")
    if any(f[:1] in b" \t" or b":" not in f for f in fields):
        raise BadHead
    return Head(first, tuple(fields))


def asked(head: Head) -> Asked:
    """Read a request to a proxy. Raises BadHead."""
    parts = head.line.split(b" ")
    if len(parts) != 3 or not parts[2].startswith(b"HTTP/1."):
        raise BadHead
    method, target, _ = parts
    try:
        text = target.decode("ascii")
        if method == b"CONNECT":
            return Asked(method, f"https://{text}/", None)
        url = urlsplit(text)
    except ValueError as error:
        raise BadHead from error
    if url.scheme != "http" or not url.netloc:
        raise BadHead
    path = text[len("http://") + len(url.netloc) :].partition("#")[0]
    return Asked(method, f"http://{url.netloc}/", (path if path.startswith("/") else f"/{path}").encode())
