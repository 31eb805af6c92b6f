"""Owns the socket of `@cloudflare/realtimekit-recording-sdk` (0.x, Sockrates): what a page says to its recorder by it.

The SDK opens `ws://localhost:8080/ws`, expects a ping (the text `2`, which it answers with `3`) at least every 30 s,
sends `{"type":"StartRecording"}` once it has joined, forwards each broadcast message as JSON text, and closes with 1000
when it is done; it closes with 3001 and 3002 to connect anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from collections.abc import Callable

from playwright.async_api import Error, WebSocketRoute

from roomtape.capture.messages import NAME

# Roomtape itself may be reached at localhost:8080; the clients' socket there has a query.
ADDRESS = re.compile(r"^wss?://(localhost|127\.0\.0\.1|\[::1\]):8080/ws/?(\?(?!.*roomID).*)?$", re.IGNORECASE)
PING, PONG = "2", "3"
PING_EVERY_S = 10.0
LONGEST_MESSAGE = 65_536
BYTES_A_S, BYTES_AT_ONCE = 128 << 10, 4 << 20
"""Of forwarded messages: what a page says lies on the disk as long as the recording."""
BESIDE_BYTES = 1000
"""What a message costs besides what it says: its line, its event, its tag."""
_DONE = frozenset({None, 1000, 1001, 1005})

Tell = Callable[[str], None]


class SdkSocket:
    """Hears what pages say. `connected_at` is when the first socket was opened (s, monotonic), None before that.

    `began`, `message` (with the JSON text of what may become a tag; None where nothing can), `left` and `lost` (such
    messages were too long or too many) are called as it happens, `left` for every socket that the page closes for good,
    which it also does when it is only reloaded. Nothing else that is said is kept.
    """

    def __init__(self, began: Callable[[], None], message: Tell | None, left: Callable[[], None], lost: Tell) -> None:
        self._began = began
        self._message = message
        self._left = left
        self._lost = lost
        self._allowance, self._counted_at = float(BYTES_AT_ONCE), time.monotonic()
        self.connected_at: float | None = None
        self.open = 0

    async def serve(self, route: WebSocketRoute) -> None:
        """Answer one socket until the page closes it; Playwright calls this in a task of its own."""
        done = asyncio.Event()
        self.connected_at = self.connected_at or time.monotonic()
        self.open += 1

        async def closed(code: int | None, reason: str | None) -> None:
            if not done.is_set():
                done.set()
                self.open -= 1
                if code in _DONE:
                    self._left()
            with contextlib.suppress(Error):
                await route.close(code=code, reason=reason)

        route.on_message(self.received)
        route.on_close(closed)
        pinging = asyncio.create_task(_ping(route, done))
        _PINGING.add(pinging)
        pinging.add_done_callback(_PINGING.discard)

    def received(self, data: str | bytes) -> None:
        """Take one message of a page: it may be anything."""
        if data == PONG:
            return
        text = data if isinstance(data, str) else data.decode("utf-8", "replace")
        try:
            body = json.loads(text) if len(text) <= LONGEST_MESSAGE else None
        except (ValueError, RecursionError):
            body = None
        kind = body.get("type") if isinstance(body, dict) else None
        if kind == "StartRecording":
            self._began()
        elif self._message is None:
            pass
        elif not isinstance(body, dict):
            self._lost(f"a message of {len(text)} characters of the page's recording SDK")
        elif kind == NAME and self._may(len(text.encode("utf-8", "replace")) + BESIDE_BYTES):
            self._message(text)
        elif kind == NAME:
            self._lost(f"messages of the page's recording SDK, more than {BYTES_A_S >> 10} KiB a second")

    def _may(self, cost: int) -> bool:
        now = time.monotonic()
        self._allowance = min(BYTES_AT_ONCE, self._allowance + (now - self._counted_at) * BYTES_A_S)
        self._counted_at = now
        if self._allowance < cost:
            return False
        self._allowance -= cost
        return True


_PINGING: set[asyncio.Task[None]] = set()


async def _ping(route: WebSocketRoute, done: asyncio.Event) -> None:
    with contextlib.suppress(Error):
        while not done.is_set():
            route.send(PING)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), PING_EVERY_S)
