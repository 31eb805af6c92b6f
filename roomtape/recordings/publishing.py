"""Owns bringing a recording's files to the own bucket: tried again until they are there, or patience is over."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog

from roomtape.db import recordings as rows
from roomtape.db.database import Database
from roomtape.domain.recording import Recording
from roomtape.errors import StorageError
from roomtape.recordings.patience import left_s, patient
from roomtape.recordings.shipping import Journal, ship
from roomtape.render.job import OUT, RenderedFile, RenderResult
from roomtape.settings import Settings
from roomtape.storage.port import Bucket
from roomtape.storage.remote import PROBLEM

log = structlog.get_logger()

STATE = "published.jsonl"
"""In the work folder: which files lie in the bucket already, so that a long upload is not done twice.

Where it is not, nothing was ever put into the bucket."""
_WAITS = ". It is tried again; until then the files are kept on the server's disk"


class Publishing:
    """Puts files with patience: an hour for a folder, `upload_patience_h` for a store.

    The latter counts from the stop of the recording, through all restarts; each start has at least an hour.
    """

    def __init__(self, settings: Settings, db: Database, bucket: Bucket) -> None:
        self._settings = settings
        self._db = db
        self._bucket = bucket

    async def publish(self, recording: Recording, folder: Path, result: RenderResult) -> None:
        """Put every file of the work folder into the bucket, and nothing else. Raises StorageError in the end."""
        await patient(
            lambda: self._publish(recording, folder, result),
            recording.id,
            patience_s=self._patience_s(recording),
            told=lambda problem: self._told(recording, problem),
        )
        await self._told(recording, None)  # also of what was wrong before a restart

    async def _publish(self, recording: Recording, folder: Path, result: RenderResult) -> str:
        prefix, journal = recording.bucket_folder, Journal(folder / STATE, recording.bucket_folder)

        async def put(file: RenderedFile) -> None:
            await self._bucket.put(f"{prefix}/{file.name}", folder / OUT / file.name)

        there = set(await self._bucket.names(prefix))
        try:
            arrived = {name for name in await asyncio.to_thread(journal.open) if f"{prefix}/{name}" in there}
            await ship([file for file in result.files if file.name not in arrived], journal, put)
        except OSError as error:
            raise StorageError(f"the work folder {folder} cannot be written: {error.strerror}") from error
        for name in sorted(there - {f"{prefix}/{file.name}" for file in result.files}):  # left by a crash
            await self._bucket.delete(name)
        return ""

    async def _told(self, recording: Recording, problem: str | None) -> None:
        """Let the row say so; of a disk so full that not even this can be written only the log tells."""
        sentence = None if problem is None else said(problem) + _WAITS
        try:
            await rows.warn_anew(self._db, recording.id, PROBLEM, sentence)
        except Exception as error:
            log.warning("warning not kept", recording_id=recording.id, warning=sentence, error=str(error))

    def _patience_s(self, recording: Recording) -> float | None:
        if self._settings.bucket_url is None:
            return None
        return left_s(recording, self._settings.upload_patience_h * 3600)


def said(problem: str) -> str:
    """Return the beginning of the warning that tells a problem with the own bucket."""
    return problem if problem.startswith(PROBLEM) else PROBLEM + problem
