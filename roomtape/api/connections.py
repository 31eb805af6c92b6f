"""Owns how long a connection may take to ask, and that a WebSocket's request is answered whatever is wrong with it."""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

HEAD_WITHIN_S = 30.0
"""From its beginning to its end; browsers open connections that they may not use, and do without one that closed."""
_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class HttpConnection(H11Protocol):
    """uvicorn's, which would wait for ever for the first request, and for the rest of one that has begun.

    Each would hold a socket of the limited number that a process may have.
    """

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_watching()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._stop_watching()
        super().handle_websocket_upgrade(event)

    def _watch(self) -> None:
        """Let the time run while a request is due, from the first byte of one that is not the first."""
        # DONE: the request is answered, and what comes is the rest of its body. uvicorn's own timer has been stopped.
        due = self.conn.their_state is h11.IDLE or self.conn.our_state is h11.DONE
        if not due or self.transport.is_closing():
            self._stop_watching()
        elif self._late is None:
            self._late = self.loop.call_later(HEAD_WITHIN_S, self.transport.close)

    def _stop_watching(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class WebSocketConnection(WebSocketsSansIOProtocol):
    """uvicorn's, which would neither answer nor close where `websockets` refuses the request's head."""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.handshake_initiated = self.handshake_complete = self.close_sent = True
            self.transport.write(b"".join(self.conn.data_to_send()) or _BAD_REQUEST)
            self.transport.close()
