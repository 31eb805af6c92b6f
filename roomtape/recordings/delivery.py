"""Owns bringing a recording's files to its external storage: tried again until they are there, or patience is over."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import structlog

from roomtape.clock import now_us, to_datetime
from roomtape.db import recordings as rows
from roomtape.db.database import Database
from roomtape.domain.recording import Recording, Status
from roomtape.domain.storage_config import StorageConfig
from roomtape.errors import DestinationError
from roomtape.recordings.shipping import Journal, ship
from roomtape.render.job import OUT, RenderedFile, RenderResult
from roomtape.storage.port import Destination

log = structlog.get_logger()

STATE = "delivered.jsonl"
"""In the work folder: which files have arrived, and where. What is not in it is sent again after a crash."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 600.0
AT_ONCE = 4
"""So many recordings are sent at the same time; each needs up to about 80 MiB of memory for it."""
WARNING = "storage "
"""Begins the warning that says how the delivery fares."""


class Opener(Protocol):
    """What a delivery needs of storages (`storage.destinations.Destinations`)."""

    def opened(self, config: StorageConfig) -> AbstractAsyncContextManager[Destination]:
        """Yield the storage for one attempt. Raises DestinationError."""

    def foresee(self, config: StorageConfig) -> None:
        """Raise InvalidRequest for a storage that can be known to be out of reach."""

    async def test(self, config: StorageConfig) -> str | None:
        """Write, read and delete a small object there; return None, or in a sentence what failed."""


class Delivery:
    """Sends what a render made. `patience_s` counts from the stop of the recording, through all restarts."""

    def __init__(self, db: Database, destinations: Opener, patience_s: float) -> None:
        self._db = db
        self._destinations = destinations
        self._patience = timedelta(seconds=patience_s)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._awake: dict[str, asyncio.Event] = {}

    def check(self, storage: StorageConfig) -> None:
        """Refuse a storage that can lead nowhere. Raises InvalidRequest."""
        self._destinations.foresee(storage)

    async def test(self, storage: StorageConfig) -> str | None:
        """Write, read and delete a small object there; return None, or in a sentence what failed."""
        return await self._destinations.test(storage)

    async def correct(self, recording_id: str, storage: StorageConfig) -> Recording:
        """Let a recording that is not delivered yet go to `storage`, and make the next attempt now.

        Raises InvalidRequest for a storage that can lead nowhere, Conflict where it is too late.
        """
        self.check(storage)
        recording = await rows.set_storage(self._db, recording_id, storage)
        event = self._awake.get(recording_id)
        if event is not None:
            event.set()
        return recording

    async def deliver(self, recording_id: str, folder: Path, result: RenderResult) -> bool:
        """Send every file of `folder`; return whether all have arrived. Between attempts the pauses grow.

        The row is read before each attempt: a corrected storage is used at once.
        """
        event = self._awake.setdefault(recording_id, asyncio.Event())
        pause = FIRST_PAUSE_S
        try:
            while True:
                event.clear()
                recording = await rows.get(self._db, recording_id)
                if recording is None or recording.status is not Status.UPLOADING or recording.config.storage is None:
                    return True
                problem = await self._attempt(recording.config.storage, folder, result)
                if problem is None and event.is_set():
                    continue  # corrected while it went to where it was to go before
                if problem is None:
                    await rows.warn_anew(self._db, recording_id, WARNING, None)
                    log.info("recording arrived", recording_id=recording_id, place=recording.config.storage.place)
                    return True
                over = self._is_over(recording)
                await rows.warn_anew(self._db, recording_id, WARNING, _sentence(problem, over))
                log.warning(
                    "upload failed", recording_id=recording_id, problem=problem, again_in_s=pause, given_up=over
                )
                if over:
                    return False
                pause = min(pause * 2, LONGEST_PAUSE_S) if await _waited(event, pause) else FIRST_PAUSE_S
        finally:
            self._awake.pop(recording_id, None)

    async def _attempt(self, storage: StorageConfig, folder: Path, result: RenderResult) -> str | None:
        """Send what has not arrived yet; return None, or what went wrong."""
        journal = Journal(folder / STATE, storage.identity)
        try:
            arrived = await asyncio.to_thread(journal.open)
            async with self._slots, self._destinations.opened(storage) as destination:

                async def put(file: RenderedFile) -> None:
                    await destination.put(storage.object_path(file.name), folder / OUT / file.name)

                await ship([file for file in result.files if file.name not in arrived], journal, put)
        except DestinationError as error:
            return error.message
        except OSError as error:
            return f"{folder} cannot be read or written: {error.strerror}"
        return None

    def _is_over(self, recording: Recording) -> bool:
        return to_datetime(now_us()) - (recording.stopped_at or recording.invoked_at) > self._patience


def _sentence(problem: str, over: bool) -> str:
    if over:
        return (
            f"{WARNING}{problem}. It was not tried any further; the files are kept in the own bucket until they expire"
        )
    return (
        f"{WARNING}{problem}. It is tried again; until then the files are kept in the own bucket. "
        "PUT …/recordings/{id}/storage corrects the storage_config"
    )


async def _waited(event: asyncio.Event, pause_s: float) -> bool:
    """Return True after the pause, False as soon as somebody hurries."""
    try:
        async with asyncio.timeout(pause_s):
            await event.wait()
    except TimeoutError:
        return True
    return False
