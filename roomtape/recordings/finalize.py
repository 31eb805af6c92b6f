"""Owns what happens from the stop on: render, verify, publish, send, tell, clean up; each step may be done twice."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import structlog

from roomtape.capture.paths import EVENTS, capture_dir
from roomtape.clock import now_us, to_datetime, to_us
from roomtape.db import recordings as rows
from roomtape.db.database import Database
from roomtape.domain.recording import Kind, Recording, Status, Step
from roomtape.errors import RenderError, StorageError
from roomtape.recordings import work, workflow
from roomtape.recordings.delivery import Delivery
from roomtape.recordings.patience import patient
from roomtape.recordings.port import Runner
from roomtape.recordings.publishing import Publishing
from roomtape.recordings.retention import kept_for
from roomtape.render.job import OUT, RESULT, RenderResult
from roomtape.settings import Settings
from roomtape.storage.port import Bucket

log = structlog.get_logger()

_RENDER_TRIES, _RENDER_PAUSE_S = 2, 1.0
KEPT = "kept"
"""What `send` returns when patience was over before the storage took the files."""
_NOBODY = "nothing was sent by anybody whom this recording includes, so it has no files"


class Seals(Protocol):
    """What a render needs of the event log (`sessionlogs.SessionLogs`)."""

    async def seal(self, recording: Recording, beside: Path) -> None:
        """Make the log, or the one `beside`, say when the stopped recording began and ended. Raises StorageError."""


class Finalizer:
    """One durable workflow for each stopped recording, named by the recording's id.

    `forget_capture` is told of a session whose capture may not be needed any more. `settle` is awaited before a render:
    on return the log says whether the recording has its watermark.
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
        self._publishing = Publishing(settings, db, bucket)
        self._logs = logs
        self._delivery = delivery
        self._forget_capture = forget_capture
        self.settle: Callable[[Recording], Awaitable[None]] | None = None
        address = workflow.system_database(settings.data_dir, settings.database_url)
        self._workflows = workflow.Workflows(address, self._sequence)

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
        problem = step("render", self.render, recording_id) or step("publish", self.publish, recording_id)
        if problem:
            step("fail", self.fail, recording_id, problem)
        else:
            step("deliver", self.deliver, recording_id, step("send", self.send, recording_id))
        step("tidy", self.tidy, recording_id)

    async def render(self, recording_id: str) -> str:
        """Make the files and check that they are what the render said; return "" or why that is not possible."""
        recording = await rows.get(self._db, recording_id)
        if recording is None or recording.status is not Status.UPLOADING:
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

    async def publish(self, recording_id: str) -> str:
        """Put every file into the own bucket, and nothing else; return "" or why that is not possible."""
        recording = await rows.get(self._db, recording_id)
        result = RenderResult.read(self._folder(recording_id))
        if recording is None or recording.status is not Status.UPLOADING or result is None:
            return ""
        try:
            await self._publishing.publish(recording, self._folder(recording_id), result)
        except StorageError as error:
            return f"the files are rendered but cannot be put into the bucket: {error}"
        return ""

    async def send(self, recording_id: str) -> str:
        """Bring every file to the external storage, if there is one; return "" or KEPT when it did not take them.

        The own bucket has the files meanwhile, also for a recording that does not want them there.
        """
        recording = await rows.get(self._db, recording_id)
        folder = self._folder(recording_id)
        result = RenderResult.read(folder)
        if recording is None or recording.status is not Status.UPLOADING or result is None:
            return ""
        return "" if await self._delivery.deliver(recording_id, folder, result) else KEPT

    async def deliver(self, recording_id: str, sent: str = "") -> str:
        """Say UPLOADED, and where the files lie until they expire; `sent` is what `send` returned."""
        recording = await rows.get(self._db, recording_id)
        result = RenderResult.read(self._folder(recording_id))
        if recording is None or recording.status is not Status.UPLOADING or result is None:
            return ""
        stays = recording.config.own_bucket or sent == KEPT
        places = _places(recording, result) if stays else {"download": None, "audio_download": None}
        warnings = [*recording.warnings, *result.warnings]
        if not result.media:
            warnings.append(_NOBODY)
        await rows.step(
            self._db,
            recording_id,
            Step.DELIVER,
            **places,
            expires_at=to_datetime(now_us()) + kept_for(recording, self._settings) if stays else None,
            file_size=sum(file.size for file in result.media),
            duration_ms=result.duration_ms,
            warnings=list(dict.fromkeys(warnings)),
        )
        took_ms = (now_us() - to_us(recording.stopped_at)) // 1000 if recording.stopped_at else None
        log.info("recording delivered", recording_id=recording_id, files=len(result.media), after_stop_ms=took_ms)
        return ""

    async def fail(self, recording_id: str, problem: str) -> str:
        """Say ERRORED: nothing could be saved. The capture is kept for `retention_days`, to be rendered by hand."""
        recording = await rows.get(self._db, recording_id)
        if recording is None or recording.status is not Status.UPLOADING:
            return ""
        capture = capture_dir(self._settings.data_dir, recording.session_id)
        days = kept_for(recording, self._settings) / timedelta(days=1)
        sentence = f"{problem}. What was captured is kept in {capture} for {days:g} days"
        await rows.step(self._db, recording_id, Step.FAIL, error=sentence)
        log.error("recording failed", recording_id=recording_id, error=sentence)
        return ""

    async def tidy(self, recording_id: str) -> str:
        """Remove the work folder, what only waited in the own bucket, and the capture if nobody needs it."""
        recording = await rows.get(self._db, recording_id)
        if recording is not None and recording.status is not Status.UPLOADING:
            await asyncio.to_thread(shutil.rmtree, self._folder(recording_id), ignore_errors=True)
            await self._forget_capture(recording.session_id)
            if recording.expires_at is None:  # it is elsewhere, or failed
                await self._publishing.withdraw(recording)
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


def _places(recording: Recording, result: RenderResult) -> dict[str, Any]:
    """Return the columns `download` and `audio_download`: where in the bucket the files lie."""
    places = {file.name: f"{recording.bucket_folder}/{file.name}" for file in result.files}
    if recording.kind is Kind.TRACK:
        layers: dict[str, dict[str, str]] = {}
        for file in result.files:
            if file.role == "track":
                layers.setdefault(file.layer or "default", {})[file.name] = places[file.name]
        return {
            "download": [{"layer_name": name, "paths": paths} for name, paths in layers.items()],
            "audio_download": None,
        }
    roles = {file.role: places[file.name] for file in result.files}
    return {"download": roles.get("composite"), "audio_download": roles.get("audio")}
