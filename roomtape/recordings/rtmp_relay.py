"""Owns the way out of a stream: a port on this machine, and behind it the destination's checked address and its TLS.

The process that sends the stream knows no names and resolves none, so that nothing goes anywhere but where the guard
has looked (docs/decisions/0010).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl

from roomtape.errors import DestinationError
from roomtape.outbound.guard import Target

CONNECT_WITHIN_S = 10.0
STALLED_S = 10.0
"""A destination that takes nothing for so long is given up; it is connected to again."""

_BLOCK = 1 << 16
_WAITING = 1 << 18  # bytes that we hold for a slow destination
_KERNEL = 1 << 19  # bytes that the system holds on each side of us: a second of a rich stream, four of a usual one
_SECURE = "rtmps"

Pipe = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Relay:
    """Passes one connection at a time on to `target`; `error` says why the last one ended, None while none has.

    A client that is told to authorize itself connects a second time, so that every connection gets its own.
    """

    def __init__(self, target: Target) -> None:
        self.error: str | None = None
        self.host = target.host
        self._target = target
        self._ready: Pipe | None = None
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def open(self) -> int:
        """Connect to the destination and return the port that leads there. Raises DestinationError."""
        self._ready = await _connected(self._target)
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _KERNEL)
            listener.bind(("127.0.0.1", 0))
            self._server = await asyncio.start_server(self._accept, sock=listener, limit=_BLOCK)
        except OSError:
            listener.close()
            raise
        port: int = listener.getsockname()[1]
        return port

    async def close(self) -> None:
        """End all connections."""
        if self._server is not None:
            self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        if self._ready is not None:
            self._ready[1].transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            there, self._ready = self._ready, None
            there = there or await _connected(self._target)
            await self._pass(reader, writer, there)
        except DestinationError as error:
            self.error = error.message
        except asyncio.CancelledError:  # `close`; asyncio would complain of a connection's task that ends so
            pass
        finally:
            self._connections.discard(task)
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, there: Pipe) -> None:
        host = self.host
        out = asyncio.create_task(_pump(reader, there[1]))
        back = asyncio.create_task(_pump(there[0], writer))
        try:
            done, _ = await asyncio.wait({out, back}, return_when=asyncio.FIRST_COMPLETED)
            if back in done:
                self.error = f"{host} ended the connection"
            elif isinstance(out.exception(), TimeoutError):
                self.error = f"{host} took nothing for {STALLED_S:.0f} s"
            elif out.exception() is not None:
                self.error = f"the connection to {host} was lost"
            else:
                await _finish(there[1], back)
        finally:
            for task in (out, back):
                task.cancel()
            await asyncio.gather(out, back, return_exceptions=True)
            there[1].transport.abort()


async def _finish(writer: asyncio.StreamWriter, back: asyncio.Task[None]) -> None:
    """The stream is over on our side: let its last bytes arrive before the connection goes."""
    with contextlib.suppress(OSError):  # TimeoutError is one
        async with asyncio.timeout(STALLED_S):
            if writer.can_write_eof():
                writer.write_eof()
                await asyncio.wait({back})
            else:
                writer.close()
                await writer.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.set_write_buffer_limits(high=_WAITING)
    while data := await reader.read(_BLOCK):
        writer.write(data)
        async with asyncio.timeout(STALLED_S):
            await writer.drain()


async def _connected(target: Target) -> Pipe:
    """Connect to the first address that answers. Raises DestinationError with what a human can do about it."""
    why = "it has no address"
    secure = ssl.create_default_context() if target.scheme == _SECURE else None
    for address in target.addresses:
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                return await _open(str(address), target, secure)
        except TimeoutError:
            why = f"no answer within {CONNECT_WITHIN_S:.0f} s"
        except ssl.SSLCertVerificationError as error:
            why = f"its certificate is not good: {error.verify_message}"
        except ssl.SSLError as error:
            why = f"no TLS there ({error.reason or error})"
        except OSError as error:
            why = os.strerror(error.errno).lower() if error.errno else str(error)  # asyncio has words of its own
    raise DestinationError(f"{target.host}:{target.port} cannot be connected to: {why}")


async def _open(address: str, target: Target, secure: ssl.SSLContext | None) -> Pipe:
    end = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        end.setblocking(False)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL)
        await asyncio.get_running_loop().sock_connect(end, (address, target.port))
        name = target.host if secure else None
        return await asyncio.open_connection(sock=end, ssl=secure, server_hostname=name, limit=_BLOCK)
    except BaseException:
        end.close()
        raise
