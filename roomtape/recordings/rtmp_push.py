"""Owns one try to stream a recording: the destination is looked at, connected to, and a process sends until it ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import structlog

from roomtape.domain.rtmp import SCHEMES, scrubbed
from roomtape.errors import DestinationError
from roomtape.outbound.guard import Barred, Target
from roomtape.recordings.rtmp_relay import Relay
from roomtape.render import rtmp

log = structlog.get_logger()

COMMAND = (sys.executable, "-m", rtmp.__name__)
TAKEN_WITHIN_S = 20.0
"""The time from the connection to the moment at which the destination takes the stream."""

_GRACE_S = 2.0

Check = Callable[[str, frozenset[str]], Awaitable[Target]]
Told = Callable[[dict[str, Any]], None]


class Lost(DestinationError):
    """The stream could not be begun or was lost; another try may do better."""


async def checked(check: Check, url: str) -> Target:
    """Return where the address leads. Raises InvalidRequest and Barred as the guard does, or Lost."""
    try:
        return await check(url, SCHEMES)
    except Barred:
        raise
    except DestinationError as error:
        raise Lost(error.message) from error


async def push(work: Path, url: str, target: Target, first: int, told: Told, command: Sequence[str] = COMMAND) -> None:
    """Send the live render in `work` from segment `first` on until it is over; `told` hears what `render.rtmp` tells.

    Raises Lost with a sentence that has nothing secret in it. Cancelled, it ends the process.
    """
    relay = Relay(target)
    try:
        port = await relay.open()
        child = await asyncio.create_subprocess_exec(
            *command,
            str(work),
            "--parent",
            str(os.getpid()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C at the server's terminal is the server's to handle
        )
        try:
            await _watched(child, json.dumps({"url": url, "port": port, "first": first}), told, relay, url)
        finally:
            await asyncio.shield(_end(child))
    except DestinationError as error:
        raise Lost(error.message) from None
    except OSError as error:
        raise Lost(f"the stream's process cannot be started: {error.strerror}") from error
    finally:
        await relay.close()


async def _watched(child: asyncio.subprocess.Process, order: str, told: Told, relay: Relay, url: str) -> None:
    assert child.stdin is not None
    assert child.stdout is not None
    said = asyncio.create_task(_last_words(child))
    try:
        child.stdin.write(order.encode() + b"\n")
        child.stdin.close()
        error = ""
        live = False
        async with asyncio.timeout(TAKEN_WITHIN_S) as bound:
            while line := await child.stdout.readline():
                what = json.loads(line)
                error = what.get("error", error)
                if what.get("live") and not live:
                    live = True
                    bound.reschedule(None)
                told(what)
        code = await child.wait()
        if code == rtmp.ENDED:
            return
        refusal, last = (scrubbed(words, url) for words in await said)
        if code != rtmp.LOST:
            log.warning("the stream process crashed", exit_code=code, last_words=last)
        raise Lost(refusal or relay.error or f"the stream broke off{f': {error}' if error else ''}")
    except TimeoutError as error:
        raise Lost(f"{relay.host} was reached but did not take the stream within {TAKEN_WITHIN_S:.0f} s") from error
    finally:
        said.cancel()


async def _last_words(child: asyncio.subprocess.Process) -> tuple[str, str]:
    """Return what the server said when it refused the stream, as FFmpeg's RTMP client logs it, and the last line."""
    assert child.stderr is not None
    refusal, text = "", ""
    while line := await child.stderr.readline():
        text = line.decode(errors="replace").strip()
        if "Server error: " in text:
            refusal = f"the server said: {text.partition('Server error: ')[2]}"
    return refusal, text


async def _end(child: asyncio.subprocess.Process) -> None:
    for deadly in (signal.SIGTERM, signal.SIGKILL):
        if child.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, deadly)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.wait(), _GRACE_S)
