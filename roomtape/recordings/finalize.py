"""Owns what happens from the stop on: render, verify, deliver, clean up; each step may be done twice."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import structlog

from roomtape.capture.paths import EVENTS, capture_dir
from roomtape.clock import now_us, to_datetime
from roomtape.db import recordings as rows
from roomtape.db.database import Database
from roomtape.domain.recording import Kind, Recording, Status, Step
from roomtape.errors import RenderError, StorageError
from roomtape.recordings import work, workflow
from roomtape.recordings.arrival import Arrival
from roomtape.recordings.delivery import STATE as DELIVERED
from roomtape.recordings.delivery import Delivery
from roomtape.recordings.patience import patient
from roomtape.recordings.port import Runner
from roomtape.recordings.publishing import STATE, Publishing
from roomtape.recordings.retention import keeps_files, kept_for
from roomtape.render.job import OUT, RESULT, RenderResult
from roomtape.settings import Settings
from roomtape.storage.port import Bucket

log = structlog.get_logger()

_RENDER_TRIES, _RENDER_PAUSE_S = 2, 1.0


class Seals(Protocol):
    """What a render needs of the event log (`sessionlogs.SessionLogs`)."""

    async def seal(self, recording: Recording, beside: Path) -> None:
        """Make the log, or the one `beside`, say when the stopped recording began and ended. Raises StorageError."""


class Finalizer:
    """One durable workflow for each stopped recording, named by the recording's id.

    `forget_capture` is told of a session whose capture may not be needed any more. `settle` is awaited before a render:
    on return the log says whether the recording has its watermark. `expire` is awaited where the own bucket has files
    that are not to stay.
    """

    def __init__(
        self,
        settings: Settings,
        db: Database,
        runner: Runner,
        bucket: Bucket,
        logs: Seals,
        delivery: Delivery,
        forget_capture: Callable[[str], Awaitable[None]],
    ) -> None:
        self._settings = settings
        self._db = db
        self._runner = runner
        self._arrival = Arrival(db, Publishing(settings, db, bucket), delivery)
        self._logs = logs
        self._forget_capture = forget_capture
        self.settle: Callable[[Recording], Awaitable[None]] | None = None
        self.expire: Callable[[], Awaitable[None]] | None = None
        address = workflow.system_database(settings.data_dir, settings.database_url)
        self._workflows = workflow.Workflows(address, self._sequence)
        delivery.again = self.begin

    async def start(self) -> None:
        """Go on with what was interrupted."""
        await self._workflows.start()

    async def close(self) -> None:
        """Interrupt what runs; the next start goes on with it."""
        await self._workflows.close()

    async def begin(self, recording_id: str) -> None:
        """Start the workflow of a stopped recording; calling it again does nothing."""
        await self._workflows.begin(recording_id)

    async def begin_all(self) -> None:
        """Start the workflow of every recording that was stopped and has none, after a crash between the two."""
        for recording in await rows.unfinished(self._db):
            await self.begin(recording.id)

    async def forget_finished(self) -> None:
        """Delete what is kept of workflows that ended longer ago than `retention_days`."""
        before = to_datetime(now_us()) - timedelta(days=self._settings.retention_days)
        if gone := await self._workflows.forget(before):
            log.info("old workflows forgotten", workflows=gone)

    def _sequence(self, step: workflow.Step, recording_id: str) -> None:
        problem = step("render", self.render, recording_id) or step("deliver", self.deliver, recording_id)
        if problem:
            step("fail", self.fail, recording_id, problem)
        step("tidy", self.tidy, recording_id)

    async def render(self, recording_id: str) -> str:
        """Make the files and check that they are what the render said; return "" or why that is not possible."""
        recording = await rows.get(self._db, recording_id)
        if recording is None or recording.status is not Status.UPLOADING:
            return ""
        if recording.expires_at is not None:  # it was delivered before, and goes only to its storage now
            return ""
        tries = _RENDER_TRIES
        while True:
            try:
                return await patient(lambda: self._rendered(recording), recording_id)
            except (RenderError, StorageError) as error:
                tries -= 1
                if tries == 0 or isinstance(error, StorageError):
                    return str(error)
                log.warning("rendered once more", recording_id=recording_id, error=str(error))
                # From the log alone: whatever was made while it grew may be what is wrong.
                await asyncio.to_thread(work.clear, self._folder(recording_id))
            await asyncio.sleep(_RENDER_PAUSE_S)

    async def _rendered(self, recording: Recording) -> str:
        folder = self._folder(recording.id)
        capture = capture_dir(self._settings.data_dir, recording.session_id)
        await self._logs.seal(recording, folder / EVENTS)
        if self.settle is not None:
            await self.settle(recording)
        try:
            await asyncio.to_thread(work.prepare, folder, recording, capture)
        except OSError as error:
            raise StorageError(f"the work folder {folder} cannot be written: {error.strerror}") from error
        result = await self._runner.run(folder)
        wrong = await asyncio.to_thread(_wrong, folder, result)
        if wrong:
            (folder / RESULT).unlink(missing_ok=True)  # what it vouches for is not there: render again
            raise RenderError(f"the rendered file {wrong} is missing or damaged")
        if not result.media and recording.kind is Kind.COMPOSITE:
            raise RenderError("; ".join(result.warnings) or "the render made no file")
        # Now and not with the delivery alone: that may be days away, when a storage is.
        await rows.set_duration(self._db, recording.id, result.duration_ms)
        return ""

    async def deliver(self, recording_id: str) -> str:
        """Bring the files to where they are wanted and say UPLOADED; return "" or why no place at all has them."""
        recording = await rows.get(self._db, recording_id)
        if recording is None:
            return ""
        return await self._arrival.deliver(
            recording_id, self._folder(recording_id), kept_for(recording, self._settings)
        )

    async def fail(self, recording_id: str, problem: str) -> str:
        """Say ERRORED: no place has the files. Capture and rendered files are kept for `retention_days`."""
        recording = await rows.get(self._db, recording_id)
        if recording is None or recording.status is not Status.UPLOADING:
            return ""
        folder = self._folder(recording_id)
        kept = f"What was captured is kept in {capture_dir(self._settings.data_dir, recording.session_id)}"
        if RenderResult.read(folder) is not None:
            kept += f" and what was rendered in {folder / OUT}"
        days = kept_for(recording, self._settings) / timedelta(days=1)
        sentence = f"{problem}. {kept} for {days:g} days"
        # What an upload that went half way left in the bucket goes with the next sweep.
        left = to_datetime(now_us()) if (folder / STATE).exists() else None
        await rows.step(self._db, recording_id, Step.FAIL, error=sentence, expires_at=left)
        log.error("recording failed", recording_id=recording_id, error=sentence)
        return ""

    async def tidy(self, recording_id: str) -> str:
        """Remove the work folder, or what nobody needs of it any more, and the capture if nobody needs that."""
        recording = await rows.get(self._db, recording_id)
        if recording is not None and recording.status is not Status.UPLOADING:
            folder = self._folder(recording_id)
            kept = RenderResult.read(folder) is not None and keeps_files(recording, self._settings, now_us())
            await asyncio.to_thread(work.clear, folder, (OUT, RESULT, STATE, DELIVERED) if kept else ())
            await self._forget_capture(recording.session_id)
            if self.expire is not None and recording.expires_at is not None and not recording.has_links:
                await self.expire()
        return ""

    def _folder(self, recording_id: str) -> Path:
        return work.folder(self._settings.data_dir, recording_id)


def _wrong(folder: Path, result: RenderResult) -> str | None:
    """Return the name of the first file that is not as the result says, or None."""
    for file in result.files:
        path = folder / OUT / file.name
        try:
            with path.open("rb") as content:
                sound = hashlib.file_digest(content, "sha256").hexdigest() == file.sha256
        except OSError:
            sound = False
        if not sound:
            return file.name
    return None
