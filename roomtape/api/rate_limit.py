"""Owns how many requests one caller may make: a bucket of tokens for each caller whom we know, and for each address."""

from __future__ import annotations

import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from roomtape.api import errors
from roomtape.errors import TooMany
from roomtape.rooms.admission import AUTHENTICATED

MOST_CALLERS = 20_000
"""Of so many the budget is remembered; whoever is forgotten begins with a full one."""

Key = bytes | str


class Buckets:
    """Token buckets: each holds `burst` at most and gets `per_s` a second."""

    def __init__(self, per_s: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = float(burst)
        self._clock = clock
        self._left: OrderedDict[Key, tuple[float, float]] = OrderedDict()

    def __contains__(self, key: Key) -> bool:
        return key in self._left

    def take(self, key: Key) -> float:
        """Take one from the bucket of `key` and return 0, or when it is empty the seconds until there is one again."""
        now = self._clock()
        left, at = self._left.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_s)
        wait = 0.0 if left >= 1 else (1 - left) / self._per_s
        self._left[key] = (left if wait else left - 1, now)
        if len(self._left) > MOST_CALLERS:
            self._left.popitem(last=False)
        return wait

    def forget(self, key: Key) -> None:
        """Make a caller unknown."""
        self._left.pop(key, None)


class RateLimit:
    """ASGI middleware: 429 with Retry-After for whoever asks too often; `per_s` 0 limits nobody.

    A token has a bucket of its own once a request with it was let in. All others are counted by their address, so that
    nobody gets fresh buckets by making up tokens, and nobody behind one address suffers from its other users.
    """

    def __init__(self, app: ASGIApp, per_s: float, burst: int) -> None:
        self._app = app
        self._buckets = Buckets(per_s, burst) if per_s else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._buckets is None or scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        buckets, token = self._buckets, _token(scope)
        known = token is not None and token in buckets
        wait = buckets.take(token if token is not None and known else _address(scope))
        if wait:
            await _refuse(scope, receive, send, math.ceil(wait))
            return

        async def noted_send(message: Message) -> None:
            if message["type"] == "http.response.start" and token is not None:
                if message["status"] == 401:
                    buckets.forget(token)
                elif not known and scope.get(AUTHENTICATED):
                    buckets.take(token)
            await send(message)

        await self._app(scope, receive, noted_send)


async def _refuse(scope: Scope, receive: Receive, send: Send, after_s: int) -> None:
    error = TooMany(f"too many requests; wait {after_s} s and send fewer of them", after_s)
    answer = errors.answer(error.status, [(error.code, error.message)], {"Retry-After": str(after_s)})
    if scope["type"] == "websocket":
        await receive()
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1013, "reason": error.message})
            return
    await answer(scope, receive, send)


def _token(scope: Scope) -> bytes | None:
    """Return a digest of the request's token, None without one. Sockets have theirs in the query."""
    if scope["type"] == "websocket":
        given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("authToken", [""])[0].encode()
    else:
        headers = (value for name, value in scope["headers"] if name == b"authorization")
        scheme, _, given = next(headers, b"").partition(b" ")
        given = given.strip() if scheme.lower() == b"bearer" else b""
    return hashlib.blake2b(given, digest_size=16).digest() if given else None


def _address(scope: Scope) -> str:
    """Return whom an address stands for: with IPv6 that is a network of 64 bits."""
    host = (scope.get("client") or ("", 0))[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Address(int(address) >> 64 << 64))
    return host
