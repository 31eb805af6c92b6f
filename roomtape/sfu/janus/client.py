"""Owns one WebSocket connection to Janus: requests with their replies, and the events that come on their own."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException
from websockets.typing import Subprotocol

from roomtape.errors import SfuError

Message = dict[str, Any]

REQUEST_TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 5.0
_MAX_MESSAGE = 16 * 2**20
"""The VideoRoom names every publisher to whoever joins; the library's 1 MiB would be too tight for large rooms."""

# Janus's own error numbers (apierror.h and the VideoRoom plugin).
UNAUTHORIZED = 403
SESSION_NOT_FOUND = 458
HANDLE_NOT_FOUND = 459
NO_SUCH_ROOM = 426
ROOM_EXISTS = 427
JOIN_FIRST = 424
NO_SUCH_FEED = 428
INVALID_SDP = frozenset({431, 437, 464, 465})


@dataclass(frozen=True)
class Jsep:
    """A session description that goes with a request."""

    type: Literal["offer", "answer"]
    sdp: str


@dataclass(frozen=True)
class PluginReply:
    """What a plugin answered: its `data`, and the SDP of its jsep if there was one."""

    data: Message
    sdp: str | None


class JanusClient:
    """One connection. Made by `JanusClient.open`; when it drops, `closed` is set and every open request fails."""

    def __init__(self, socket: ClientConnection, secret: str | None, on_event: Callable[[Message], None]) -> None:
        self.closed = asyncio.Event()
        self._socket = socket
        self._secret = secret
        self._on_event = on_event
        self._ids = itertools.count(1)
        self._waiting: dict[str, tuple[bool, asyncio.Future[Message]]] = {}
        self._reader = asyncio.create_task(self._read(), name="janus client")

    @classmethod
    async def open(cls, url: str, secret: str | None, on_event: Callable[[Message], None]) -> JanusClient:
        """Connect to Janus at `url` (ws:// or wss://).

        `on_event` gets every message that answers no request; it runs in the event loop and must not block.
        Raises SfuError when nobody speaks Janus's protocol there.
        """
        try:
            socket = await connect(
                url,
                subprotocols=[Subprotocol("janus-protocol")],
                open_timeout=CONNECT_TIMEOUT_S,
                close_timeout=1,
                max_size=_MAX_MESSAGE,
                compression=None,
                proxy=None,
            )
        except (OSError, TimeoutError, InvalidHandshake, WebSocketException, ValueError) as error:
            raise SfuError(f"Janus cannot be reached at {url}: {error or type(error).__name__}") from error
        return cls(socket, secret, on_event)

    async def request(self, message: Message, *, until_event: bool = False) -> Message:
        """Send a request and return its reply.

        With `until_event` an `ack` is not the reply: the event that follows it is. Raises SfuError with Janus's
        number and words, or when the reply does not come within 10 s, or when the connection drops.
        """
        if self.closed.is_set():
            raise SfuError("the connection to Janus is gone; it is being made again")
        transaction = str(next(self._ids))
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[transaction] = (until_event, future)
        full = {**message, "transaction": transaction}
        if self._secret:
            full["apisecret"] = self._secret
        what = message.get("body", {}).get("request") or message["janus"]
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                await self._socket.send(json.dumps(full))
                reply = await future
        except TimeoutError:
            raise SfuError(f"Janus did not answer `{what}` within {REQUEST_TIMEOUT_S:.0f} s") from None
        except WebSocketException as error:
            raise SfuError("the connection to Janus is gone; it is being made again") from error
        finally:
            self._waiting.pop(transaction, None)
        _check(reply, what)
        return reply

    async def plugin(
        self, session: int, handle: int, body: Message, jsep: Jsep | None = None, *, event: bool = True
    ) -> PluginReply:
        """Send `body` to the plugin behind a handle and return its answer; `event` if it answers with an event.

        Raises SfuError also where the plugin itself refuses.
        """
        message: Message = {"janus": "message", "session_id": session, "handle_id": handle, "body": body}
        if jsep is not None:
            message["jsep"] = {"type": jsep.type, "sdp": jsep.sdp}
        reply = await self.request(message, until_event=event)
        data: Message = reply.get("plugindata", {}).get("data", {})
        return PluginReply(data, reply.get("jsep", {}).get("sdp"))

    async def close(self) -> None:
        """Close the connection; what Janus keeps for us goes on as its time-outs say."""
        with suppress(WebSocketException, OSError):
            await self._socket.close()
        await asyncio.wait([self._reader], timeout=2)
        self._reader.cancel()

    async def _read(self) -> None:
        try:
            async for text in self._socket:
                self._take(json.loads(text))
        except (WebSocketException, OSError, ValueError):
            pass
        finally:
            self.closed.set()
            for _, future in self._waiting.values():
                if not future.done():
                    future.set_exception(SfuError("the connection to Janus dropped before it answered"))

    def _take(self, message: Message) -> None:
        waiting = self._waiting.get(message.get("transaction", ""))
        if waiting is None:
            if message.get("janus") not in ("ack", "success"):
                self._on_event(message)
            return
        until_event, future = waiting
        if not future.done() and not (until_event and message.get("janus") == "ack"):
            future.set_result(message)


def _check(reply: Message, what: str) -> None:
    if reply.get("janus") == "error":
        error = reply.get("error", {})
        code, reason = error.get("code", 0), error.get("reason", "no reason given")
        raise SfuError(f"Janus refused `{what}`: {reason} ({code})", code)
    data = reply.get("plugindata", {}).get("data", {})
    if "error_code" in data:
        code = data["error_code"]
        raise SfuError(f"Janus refused `{what}`: {data.get('error', 'no reason given')} ({code})", code)
