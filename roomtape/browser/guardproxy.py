"""Owns the browser's only way into the network: a proxy that looks every host up once, and connects to what it checked.

Chromium sends it http requests, and CONNECT for https, ws and wss (RFC 9110, 9.3.6). A redirect is a new request. Media
of WebRTC goes over UDP and not through here: the official clients need it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote_to_bytes

import structlog

from roomtape.browser.proxyhead import MOST_HEAD_BYTES, Asked, BadHead, Head, asked, read_head
from roomtape.errors import DestinationError, InvalidRequest
from roomtape.outbound import lookup
from roomtape.outbound.fetch import CONNECTED_WITHIN_S, SCHEMES
from roomtape.outbound.guard import Barred, Guard, Target, parsed

log = structlog.get_logger()

MOST_CONNECTIONS = 512
CHROMIUMS_OWN = frozenset(
    {"clients2.google.com", "connectivitycheck.gstatic.com", "studio.roomtape.invalid", "update.googleapis.com"}
)
"""What Chromium itself asks: nobody shall learn of a recording from it, and to no page it matters."""
HEAD_WITHIN_S = 60.0
_PIECE = 65_536
_FIGURES = b"/metrics"
_TCP_TABLE = Path("/proc/net/tcp")


@dataclass(frozen=True)
class Problem:
    """Why a host was not reached; `for_good` when asking again is of no use."""

    why: str
    for_good: bool


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Carried = Literal["ended", "unwanted", "too much"]


class GuardProxy:
    """A proxy on a free port of 127.0.0.1. `refused` is told of each address that is not loaded, and why.

    `own` are `host:port` pairs that may be reached though private. What comes back in answer to one request, or through
    one tunnel, may have `most_bytes`. Only processes of `uid` are served.
    """

    def __init__(
        self, guard: Guard, own: tuple[str, ...], most_bytes: int, uid: int | None, refused: Callable[[str, str], None]
    ) -> None:
        self._guard = guard
        self._own = frozenset(entry.lower() for entry in own)
        self._own_guard = Guard(tuple(entry.rpartition(":")[0].strip("[]") for entry in own), _own_addresses)
        self._most_bytes = most_bytes
        self._uid = os.geteuid() if uid is None else uid
        self._refused = refused
        self._problems: dict[str, Problem] = {}
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen and return the port. Raises OSError."""
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0, limit=MOST_HEAD_BYTES)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close the port and all connections."""
        if self._server is not None:
            self._server.close()
        for task in list(self._serving):
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def problem(self, url: str) -> Problem | None:
        """Return why the host of a URL was not reached the last time that it was asked for; None: it was reached."""
        try:
            _, host, port = parsed(_origin(url), SCHEMES)
        except InvalidRequest:
            return None
        return self._problems.get(f"{host}:{port}")

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if not self._is_browser(writer):
            writer.transport.abort()
            return
        if len(self._serving) >= MOST_CONNECTIONS:
            self._refused("any address", f"{MOST_CONNECTIONS} connections are open, and there are no more")
            writer.transport.abort()
            return
        self._serving.add(task)
        writer.transport.set_write_buffer_limits(high=0)  # what is drained is gone: what is left below is given up
        try:
            await self._serve((reader, writer))
        except (OSError, TimeoutError, BadHead, asyncio.IncompleteReadError) as error:
            log.debug("browser's connection ended", error=str(error) or type(error).__name__)
        finally:
            self._serving.discard(task)
            writer.transport.abort() if writer.transport.get_write_buffer_size() else writer.close()

    def _is_browser(self, writer: asyncio.StreamWriter) -> bool:
        """Tell whether the other end is of the browser's user: another local process must not use what `own` opens."""
        port = writer.get_extra_info("peername")[1]
        here = writer.get_extra_info("sockname")[1]
        ends = [f"0100007F:{port:04X}", f"0100007F:{here:04X}"]
        with contextlib.suppress(OSError), _TCP_TABLE.open(encoding="ascii") as table:
            for line in table:
                if line.split(maxsplit=3)[1:3] == ends:
                    return int(line.split()[7]) == self._uid
        return True  # there is no such table here

    async def _serve(self, browser: Streams) -> None:
        async with asyncio.timeout(HEAD_WITHIN_S):
            head = await read_head(browser[0])
        if head is None:
            return
        wanted = asked(head)
        try:
            if parsed(wanted.origin, SCHEMES)[1] in CHROMIUMS_OWN:
                return
            if self._is_own(wanted.origin) and unquote_to_bytes((wanted.path or b"").partition(b"?")[0]) == _FIGURES:
                raise InvalidRequest("the server's figures are for whoever runs it")
            target = await self._checked(wanted.origin)
            server = await self._connected(target)
        except (InvalidRequest, DestinationError) as error:
            self._remember(
                wanted, Problem(str(error), not isinstance(error, DestinationError) or isinstance(error, Barred))
            )
            await self._refuse(browser[1], wanted, str(error), 403)
            return
        self._problems.pop(f"{target.host}:{target.port}", None)
        try:
            if wanted.path is None:
                browser[1].write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                line = b" ".join([wanted.method, wanted.path, b"HTTP/1.1"])
                server[1].write(head.closing(line, target.authority.encode()))
            await self._exchanged(browser, server, wanted)
        finally:
            server[1].transport.abort()

    async def _checked(self, origin: str) -> Target:
        return await (self._own_guard if self._is_own(origin) else self._guard).check(origin, SCHEMES)

    def _is_own(self, origin: str) -> bool:
        _, host, port = parsed(origin, SCHEMES)
        return f"{host}:{port}" in self._own

    async def _connected(self, target: Target) -> Streams:
        problem = "no answer"
        for address in target.addresses:
            try:
                async with asyncio.timeout(CONNECTED_WITHIN_S):
                    return await asyncio.open_connection(address, target.port, limit=MOST_HEAD_BYTES)
            except (OSError, TimeoutError) as error:
                problem = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "no answer"
        raise DestinationError(f"{target.host} cannot be reached: {problem}")

    async def _exchanged(self, browser: Streams, server: Streams, wanted: Asked) -> None:
        """Carry bytes both ways until the server is done or the browser gone, which the server need not notice.

        Raises BadHead.
        """
        up = asyncio.create_task(_carried(browser[0], server[1], self._most_bytes))
        down = asyncio.create_task(self._brought(browser, server, wanted))
        try:
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            if up.done() and up.result() == "unwanted":  # a server may answer without having read it all
                await asyncio.wait({down})
            if down.done() and down.result() == "too much":
                self._tell(wanted, f"more than {self._most_bytes >> 20} MB")
                _reset(browser[1])
        finally:
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)

    async def _brought(self, browser: Streams, server: Streams, wanted: Asked) -> Carried:
        """Carry what a server sends; of an answer the head first. Raises BadHead."""
        if wanted.path is not None and not await self._answered(browser, server, wanted):
            return "ended"
        return await _carried(server[0], browser[1], self._most_bytes)

    async def _answered(self, browser: Streams, server: Streams, wanted: Asked) -> bool:
        """Pass the head of the answer on; tell whether a body may follow. Raises BadHead."""
        while True:
            head = await read_head(server[0])
            if head is None:
                return False
            if head.status >= 200:
                break
            browser[1].write(b"\r\n".join([head.line, *head.fields, b"", b""]))
        if wanted.method != b"HEAD" and (head.length or 0) > self._most_bytes:
            await self._refuse(browser[1], wanted, f"it is larger than {self._most_bytes >> 20} MB", 502)
            return False
        browser[1].write(head.closing())
        return True

    async def _refuse(self, writer: asyncio.StreamWriter, wanted: Asked, why: str, status: int) -> None:
        self._tell(wanted, why)
        body = f"{why}\n".encode()
        head = Head(b"HTTP/1.1 %d Refused" % status, (b"Content-Type: text/plain", b"Content-Length: %d" % len(body)))
        writer.write(head.closing() + body)
        with contextlib.suppress(OSError):
            await writer.drain()

    def _remember(self, wanted: Asked, problem: Problem) -> None:
        with contextlib.suppress(InvalidRequest):
            _, host, port = parsed(wanted.origin, SCHEMES)
            if len(self._problems) < MOST_CONNECTIONS:
                self._problems[f"{host}:{port}"] = problem

    def _tell(self, wanted: Asked, why: str) -> None:
        path = (wanted.path or b"/").partition(b"?")[0].decode("ascii", "replace")
        self._refused(wanted.origin.removesuffix("/") + path, why)


async def _carried(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most_bytes: int) -> Carried:
    """Carry bytes until there are no more, nobody takes them, or there are more than `most_bytes`; say which."""
    carried = 0
    while True:
        try:
            piece = await reader.read(_PIECE)
        except OSError:
            return "ended"
        if not piece:
            return "ended"
        carried += len(piece)
        if carried > most_bytes:
            return "too much"
        try:
            writer.write(piece)
            await writer.drain()
        except OSError:
            return "unwanted"


def _reset(writer: asyncio.StreamWriter) -> None:
    """Break a connection off so that it does not look like the end of the answer: by RST."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _own_addresses(host: str, port: int) -> list[str]:
    """Look up a name of the server itself; those below localhost are this machine (RFC 6761, 6.3)."""
    if host == "localhost" or host.endswith(".localhost"):
        return ["127.0.0.1", "::1"]
    return await lookup.addresses(host, port)


def _origin(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].partition('?')[0].partition('#')[0]}/"
