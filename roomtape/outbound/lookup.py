"""Owns looking names up: in threads of its own that hold nothing up, not even the end of the server."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading

MOST_AT_ONCE = 32
"""Look-ups that a resolver leaves hanging take a thread each until it gives up; further ones are refused meanwhile."""

_free = threading.BoundedSemaphore(MOST_AT_ONCE)


async def addresses(host: str, port: int) -> list[str]:
    """Return the addresses of `host` as text. Raises OSError when there are none, TimeoutError when no thread is free.

    The threads of the loop's own pool are waited for at the server's end, and are wanted by others: not for this.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()
    free = _free
    if not free.acquire(blocking=False):
        raise TimeoutError("too many names are being looked up")
    try:
        threading.Thread(
            target=_look_up, args=(loop, answer, host, port, free), name=f"lookup {host}", daemon=True
        ).start()
    except RuntimeError as error:
        free.release()
        raise OSError("no thread can be had to look a name up") from error
    return await answer


def _look_up(
    loop: asyncio.AbstractEventLoop,
    answer: asyncio.Future[list[str]],
    host: str,
    port: int,
    free: threading.BoundedSemaphore,
) -> None:
    found: list[str] | OSError | UnicodeError
    try:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        found = error
    finally:
        free.release()
    with contextlib.suppress(RuntimeError):  # the loop is over: nobody waits any more
        loop.call_soon_threadsafe(_settle, answer, found)


def _settle(answer: asyncio.Future[list[str]], found: list[str] | OSError | UnicodeError) -> None:
    if answer.done():  # whoever asked has given up
        return
    if isinstance(found, list):
        answer.set_result(found)
    else:
        answer.set_exception(found)
