"""Owns what happens around every request: a limit for bodies, a figure for metrics, a net for unforeseen errors."""

from __future__ import annotations

import time

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from roomtape import metrics
from roomtape.api import errors

LARGEST_BODY = 1 << 20
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BROKEN_OFF = 499
"""What the metrics call a request that never got an answer, because its client or the server went away."""
_TOO_LARGE = f"the body may have {LARGEST_BODY} bytes at most"


class Guard:
    """ASGI middleware; bodies have at most `LARGEST_BODY` bytes, whether or not their length is told beforehand."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0
        read = 0

        async def counted_receive() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > LARGEST_BODY:
                raise HTTPException(413, _TOO_LARGE)
            return message

        async def noted_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            if _told_length(scope) > LARGEST_BODY:
                too_large = errors.answer(413, [(1413, _TOO_LARGE)], {"Connection": "close"})
                await too_large(scope, receive, noted_send)
            else:
                await self._app(scope, counted_receive, noted_send)
        except Exception as error:
            answer = errors.unexpected(error, scope["path"])
            if status:
                raise  # the answer has begun: all that is left is to break the connection off
            await answer(scope, receive, noted_send)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            seconds = time.perf_counter() - began
            method = scope["method"] if scope["method"] in _METHODS else "other"
            metrics.REQUESTS.labels(method, route, str(status or _BROKEN_OFF)).observe(seconds)


def _told_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
