"""Owns one client's socket as the rooms see it: what waits to be sent, with a bound, and when it shall be closed."""

from __future__ import annotations

import asyncio
from collections import deque

MOST_WAITING = 2000
MOST_BYTES = 8 * 1024 * 1024
"""What may wait for a client that reads slowly; then its socket is closed, and it comes back and asks anew."""
TRY_AGAIN = 1013
LONGEST_REASON = 120
"""RFC 6455, section 5.5: a close frame has 125 bytes, two of them for the code."""


class Link:
    """A socket of `peer_id`. `send` and `close` never wait; the door's writer takes what is there by `take`."""

    def __init__(self, peer_id: str) -> None:
        self.peer_id = peer_id
        self.closing: tuple[int, str] | None = None
        self.working = 0
        self._waiting: deque[bytes | str] = deque()
        self._bytes = 0
        self._news = asyncio.Event()
        self._later: asyncio.TimerHandle | None = None

    def send(self, data: bytes | str) -> None:
        """Put a frame behind the others; a client that takes too few of them is put out."""
        if self.closing is not None:
            return
        if len(self._waiting) >= MOST_WAITING or self._bytes + len(data) > MOST_BYTES:
            self._waiting.clear()
            self.close(TRY_AGAIN, "too slow: what waits for you is too much")
            return
        self._waiting.append(data)
        self._bytes += len(data)
        self._news.set()

    def close(self, code: int, reason: str, after_s: float = 0.0) -> None:
        """Close the socket once everything before is sent; `after_s`: leave the client that long to do it."""
        if self.closing is not None:
            return
        if after_s > 0:
            loop = asyncio.get_running_loop()
            self.forget_later()
            self._later = loop.call_later(after_s, self.close, code, reason)
            return
        self.closing = (code, reason.encode()[:LONGEST_REASON].decode(errors="ignore"))
        self._news.set()

    async def take(self) -> list[bytes | str]:
        """Return what is to be sent next; nothing when the socket shall be closed."""
        while not self._waiting and self.closing is None:
            self._news.clear()
            await self._news.wait()
        taken = list(self._waiting)
        self._waiting.clear()
        self._bytes = 0
        return taken

    def forget_later(self) -> None:
        """The socket is gone, or another time is set."""
        if self._later is not None:
            self._later.cancel()
            self._later = None
