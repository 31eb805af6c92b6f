"""Owns forgetting: files leave the bucket when they expire, captures the disk when nobody needs them any more."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from roomtape.capture.paths import capture_dir
from roomtape.clock import now_us, to_datetime
from roomtape.db import recordings as rows
from roomtape.db import sessions
from roomtape.db.database import Database
from roomtape.domain.meeting import Session, SessionStatus
from roomtape.domain.recording import ACTIVE, Recording, Status
from roomtape.errors import StorageError
from roomtape.recordings import work
from roomtape.recordings.delivery import given_up
from roomtape.recordings.rounds import Rounds
from roomtape.settings import Settings
from roomtape.storage.port import Bucket

log = structlog.get_logger()

SWEEP_EVERY_S = 60.0
STILL_THERE = "the own bucket still has the files, which cannot be deleted: "
"""Begins the warning that says so."""


def kept_for(recording: Recording, settings: Settings) -> timedelta:
    """Return how long a recording's files stay: what was in force for it when it started, or the server's setting."""
    return timedelta(days=recording.config.retention_days or settings.retention_days)


def keeps_files(recording: Recording, settings: Settings, at_us: int) -> bool:
    """Tell whether the rendered files of a finished recording stay in its work folder: they may still be sent, or are
    all that there is of one that no bucket took."""
    if recording.status is Status.ERRORED:
        over = recording.stopped_at or recording.invoked_at
        return to_datetime(at_us) < over + kept_for(recording, settings)
    return given_up(recording)


class Retention:
    """Sweeps once a minute. What is due is read from the rows, so a restart forgets nothing."""

    def __init__(self, settings: Settings, db: Database, bucket: Bucket) -> None:
        self._settings = settings
        self._db = db
        self._bucket = bucket
        self._rounds = Rounds("retention", SWEEP_EVERY_S, at_once=True)

    def start(self, *also: Callable[[], Awaitable[object]]) -> None:
        """Begin to sweep; `also` are done in each round (stopped recordings without a workflow get theirs)."""
        self._rounds.start(self.expire, self.forget_captures, self.forget_work, *also)

    async def stop(self) -> None:
        """End the rounds."""
        await self._rounds.stop()

    async def expire(self) -> None:
        """Delete the files of recordings whose time is over; those that cannot be are in the log, and tried again."""
        for recording in await rows.expiring(self._db, to_datetime(now_us())):
            try:
                await self._bucket.delete(recording.bucket_folder)
            except StorageError as error:  # an object lock, say: the others go all the same
                log.error("an expired recording cannot be deleted", recording_id=recording.id, error=error.message)
                await self._warn(recording, f"{STILL_THERE}{error.message}. It is tried again")
                continue
            await self._warn(recording, None)
            await rows.expire(self._db, recording.id)
            log.info("recording expired", recording_id=recording.id)

    async def _warn(self, recording: Recording, sentence: str | None) -> None:
        known = [warning for warning in recording.warnings if warning.startswith(STILL_THERE)]
        if known != ([] if sentence is None else [sentence]):
            await rows.warn_anew(self._db, recording.id, STILL_THERE, sentence)

    async def forget_work(self) -> None:
        """Delete the rendered files that were kept of finished recordings and that nobody needs any more."""
        root = work.folder(self._settings.data_dir, "x").parent
        for folder in await asyncio.to_thread(lambda: [f for f in root.glob("*") if f.is_dir()]):
            recording = await rows.get(self._db, folder.name)
            over = recording is not None and recording.status in (Status.UPLOADED, Status.ERRORED)
            if recording is not None and over and not keeps_files(recording, self._settings, now_us()):
                await asyncio.to_thread(work.clear, folder)

    async def forget_captures(self) -> None:
        """Delete every capture that nobody needs any more."""
        root = capture_dir(self._settings.data_dir, "x").parent
        folders = await asyncio.to_thread(lambda: [f.name for f in root.glob("*") if f.is_dir()])
        for session_id in folders:
            await self.forget_capture(session_id)

    async def forget_capture(self, session_id: str) -> None:
        """Delete the capture of a session if its time is over; a folder that is no session's of ours is left alone."""
        session = await sessions.get(self._db, session_id)
        if session is None:
            return
        until = self._needed_until(session, await rows.of_session(self._db, session_id))
        if until is not None and until <= to_datetime(now_us()):
            folder = capture_dir(self._settings.data_dir, session_id)
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
            log.info("capture deleted", session_id=session_id)

    def _needed_until(self, session: Session, recordings: list[Recording]) -> datetime | None:
        """Return when the capture may go, None while that cannot be said.

        After a delivery `capture_retention_hours`; a recording that failed has nothing but its capture, which stays as
        long as its files would have.
        """
        if session.status is not SessionStatus.ENDED or session.ended_at is None:
            return None
        until = session.ended_at
        for recording in recordings:
            if recording.status in ACTIVE or recording.status is Status.UPLOADING:
                return None
            until = max(until, self._one_needed_until(recording))
        return until

    def _one_needed_until(self, recording: Recording) -> datetime:
        over, stays = recording.stopped_at or recording.invoked_at, kept_for(recording, self._settings)
        if recording.status is Status.ERRORED:
            return over + stays
        # Of one that is in its storage alone nothing stays, or what expires at once.
        delivered = over if recording.expires_at is None else max(over, recording.expires_at - stays)
        return delivered + timedelta(hours=self._settings.capture_retention_hours)
