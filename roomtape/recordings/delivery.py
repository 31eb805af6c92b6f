"""Owns bringing a recording's files to its external storage: tried again until they are there, or patience is over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from roomtape.db import recordings as rows
from roomtape.db.database import Database
from roomtape.domain.recording import Recording, Status
from roomtape.domain.storage_config import StorageConfig
from roomtape.errors import DestinationError
from roomtape.recordings.lanes import Lanes
from roomtape.recordings.patience import left_s
from roomtape.recordings.shipping import Journal, ship
from roomtape.render.job import OUT, RenderedFile, RenderResult
from roomtape.storage.port import Destination

log = structlog.get_logger()

STATE = "delivered.jsonl"
"""In the work folder: which files have arrived, and where. What is not in it is sent again after a crash."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 600.0
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


@dataclass(frozen=True)
class Sent:
    """Whether a storage has all files of a recording, or did not take them before patience was over."""

    storage: StorageConfig
    arrived: bool


def given_up(recording: Recording) -> bool:
    """Tell whether a delivered recording lies in the own bucket because its storage did not take it."""
    return (
        recording.status is Status.UPLOADED
        and recording.config.storage is not None
        and recording.expires_at is not None
        and not recording.expired
        and any(warning.startswith(WARNING) for warning in recording.warnings)
    )


class Delivery:
    """Sends what a render made.

    `patience_s` counts from the stop of the recording, through all restarts; each start has at least an hour.
    `again` is awaited with the id of a recording that was delivered without its storage and shall go there after all.
    """

    def __init__(self, db: Database, destinations: Opener, patience_s: float) -> None:
        self._db = db
        self._destinations = destinations
        self._patience_s = patience_s
        self._lanes = Lanes()
        self._awake: dict[str, asyncio.Event] = {}
        self.again: Callable[[str], Awaitable[None]] | None = None

    def check(self, storage: StorageConfig) -> None:
        """Refuse a storage that can lead nowhere. Raises InvalidRequest."""
        self._destinations.foresee(storage)

    async def test(self, storage: StorageConfig) -> str | None:
        """Write, read and delete a small object there; return None, or in a sentence what failed."""
        return await self._destinations.test(storage)

    async def correct(self, recording_id: str, storage: StorageConfig) -> Recording:
        """Let a recording that its storage does not have yet go to `storage`, and make the next attempt now.

        Raises InvalidRequest for a storage that can lead nowhere, Conflict where it is too late.
        """
        self.check(storage)
        recording = await rows.set_storage(self._db, recording_id, storage, given_up)
        event = self._awake.get(recording_id)
        if event is not None:
            event.set()
        elif recording.status is Status.UPLOADING and self.again is not None:
            await self.again(recording_id)
        return recording

    async def deliver(
        self, recording_id: str, folder: Path, result: RenderResult, *, refused: Callable[[], None] | None = None
    ) -> Sent | None:
        """Send every file of `folder`; return how that went, None where there is no storage to send to.

        Between attempts the pauses grow. The row is read before each: a corrected storage is used at once. `refused` is
        called after each attempt that failed.
        """
        event = self._awake.setdefault(recording_id, asyncio.Event())
        until, pause = 0.0, FIRST_PAUSE_S
        try:
            while True:
                event.clear()
                recording = await rows.get(self._db, recording_id)
                storage = recording.config.storage if recording is not None else None
                if recording is None or recording.status is not Status.UPLOADING or storage is None:
                    return None
                until = until or time.monotonic() + left_s(recording, self._patience_s)
                problem = await self._attempt(storage, folder, result)
                if problem is None and event.is_set():
                    continue  # corrected while it went to where it was to go before
                if problem is None:
                    await rows.warn_anew(self._db, recording_id, WARNING, None)
                    log.info("recording arrived", recording_id=recording_id, place=storage.place)
                    return Sent(storage, arrived=True)
                if refused is not None:
                    refused()
                over = time.monotonic() >= until
                await rows.warn_anew(self._db, recording_id, WARNING, _sentence(problem, over))
                log.warning(
                    "upload failed", recording_id=recording_id, problem=problem, again_in_s=pause, given_up=over
                )
                if over:
                    return Sent(storage, arrived=False)
                pause = min(pause * 2, LONGEST_PAUSE_S) if await _waited(event, pause) else FIRST_PAUSE_S
        finally:
            self._awake.pop(recording_id, None)

    async def _attempt(self, storage: StorageConfig, folder: Path, result: RenderResult) -> str | None:
        """Send what has not arrived yet; return None, or what went wrong."""
        journal = Journal(folder / STATE, storage.identity)
        try:
            arrived = await asyncio.to_thread(journal.open)
            async with self._lanes.taken(storage.identity), self._destinations.opened(storage) as destination:

                async def put(file: RenderedFile) -> None:
                    await destination.put(storage.object_path(file.name), folder / OUT / file.name)

                await ship([file for file in result.files if file.name not in arrived], journal, put)
        except DestinationError as error:
            return error.message
        except OSError as error:
            return f"{folder} cannot be read or written: {error.strerror}"
        return None


def _sentence(problem: str, over: bool) -> str:
    if over:
        return (
            f"{WARNING}{problem}. It was not tried any further. "
            "PUT …/recordings/{id}/storage has it tried again, as long as the own bucket has the files"
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
