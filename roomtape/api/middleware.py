"""Owns what happens around every request: a limit for bodies, a figure for metrics, a net for unforeseen errors."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from roomtape import metrics
from roomtape.api import errors

LARGEST_BODY = 1 << 20
LARGEST_HEAD = 64 << 10
MOST_DRAINED, DRAINED_WITHIN_S = 16 << 20, 2.0
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BROKEN_OFF = 499
"""What the metrics call a request that never got an answer, because its client or the server went away."""


class Guard:
    """ASGI middleware; bodies have a limit, whether or not their length is told beforehand.

    It is `LARGEST_BODY` bytes, and `largest_file` for what is PUT under `files_under`. Target and headers together have
    `LARGEST_HEAD` bytes at most: of what comes in one piece uvicorn takes more.
    """

    def __init__(self, app: ASGIApp, files_under: str, largest_file: int) -> None:
        self._app = app
        self._files_under = files_under
        self._largest_file = largest_file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._largest(scope)
        too_long = f"the body may have {most} bytes at most"
        began, status = time.perf_counter(), 0
        read = 0

        async def counted_receive() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise HTTPException(413, too_long)
            return message

        async def noted_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            if _head_size(scope) > LARGEST_HEAD:
                sentence = f"the request's headers may have {LARGEST_HEAD} bytes at most"
                await errors.answer(431, [(1431, sentence)], {"Connection": "close"})(scope, receive, noted_send)
            elif _told_length(scope) > most:
                await _drained(scope, receive)
                too_large = errors.answer(413, [(1413, too_long)], {"Connection": "close"})
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

    def _largest(self, scope: Scope) -> int:
        is_file = scope["method"] == "PUT" and scope["path"].startswith(self._files_under)
        return self._largest_file if is_file else LARGEST_BODY


def _head_size(scope: Scope) -> int:
    target = len(scope.get("raw_path") or b"") + len(scope.get("query_string", b""))
    return target + sum(len(name) + len(value) for name, value in scope["headers"])


async def _drained(scope: Scope, receive: Receive) -> None:
    """Take in what comes of a body that is too large, up to a bound.

    A connection that is closed with bytes unread is reset, and then many clients do not see the answer.
    """
    if any(name == b"expect" for name, _ in scope["headers"]) or _told_length(scope) > MOST_DRAINED:
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAINED_WITHIN_S):
            while (await receive()).get("more_body"):
                pass


def _told_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
