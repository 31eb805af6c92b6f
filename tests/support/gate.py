"""A door before a server, for tests: it can be shut, so that nobody answers there, and let through only so much."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Gate:
    """Passes TCP from `port` to `target`. `rate` is bytes per second towards the server, None for all there are."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.rate: float | None = None
        self.passed = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._visit, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Refuse whoever comes, and drop who is inside."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        beyond: asyncio.StreamWriter | None = None
        try:
            back, beyond = await asyncio.open_connection("127.0.0.1", self.target)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass(reader, beyond, counted=True))
                group.create_task(self._pass(back, writer, counted=False))
        except* (OSError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(task)
            for end in filter(None, (writer, beyond)):
                end.transport.abort()

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, counted: bool) -> None:
        while data := await source.read(16 << 10):
            if counted:
                self.passed += len(data)
                if self.rate is not None:
                    await asyncio.sleep(len(data) / self.rate)
            sink.write(data)
            await sink.drain()
        with contextlib.suppress(OSError):
            sink.write_eof()


@asynccontextmanager
async def gate(target: int) -> AsyncIterator[Gate]:
    """Yield an open gate before the server on port `target`."""
    made = Gate(target)
    await made.open()
    try:
        yield made
    finally:
        await made.shut()
