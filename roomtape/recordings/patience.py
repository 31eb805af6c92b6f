"""Owns waiting for a disk or a bucket that takes nothing: people make room, and outages end, when they are told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from roomtape.clock import now_us, to_us
from roomtape.domain.recording import Recording
from roomtape.errors import StorageError

log = structlog.get_logger()

STORAGE_PATIENCE_S = 3600.0
"""The least time for which anything is tried: each start of the server begins it anew."""
_WAIT_S, _LONGEST_WAIT_S = 1.0, 30.0

Told = Callable[[str | None], Awaitable[None]]
"""Is told what is wrong each time, and None when it is over."""


async def _nobody(problem: str | None) -> None:
    return


def left_s(recording: Recording, patience_s: float) -> float:
    """Return what is left of a patience that counts from the recording's stop, STORAGE_PATIENCE_S at least."""
    since_s = (now_us() - to_us(recording.stopped_at or recording.invoked_at)) / 1e6
    return max(STORAGE_PATIENCE_S, patience_s - since_s)


async def patient(
    attempt: Callable[[], Awaitable[str]], recording_id: str, *, patience_s: float | None = None, told: Told = _nobody
) -> str:
    """Try again as long as only the storage refuses.

    Raises the last StorageError after `patience_s` (None: STORAGE_PATIENCE_S), in which the attempts count too.
    """
    until = time.monotonic() + (STORAGE_PATIENCE_S if patience_s is None else patience_s)
    refused, pause = False, _WAIT_S
    while True:
        try:
            done = await attempt()
        except StorageError as error:
            await told(error.message)
            refused = True
            if time.monotonic() >= until:
                raise
            log.error("recording waits for the storage", recording_id=recording_id, error=error.message)
        else:
            if refused:
                await told(None)
            return done
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_WAIT_S)
