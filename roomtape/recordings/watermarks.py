"""Owns the verdict on each composite's watermark: it was fetched and is drawn from the first frame on, or it is not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog

from roomtape.capture.eventlog import EventLogReader
from roomtape.capture.events import WatermarkMissing, WatermarkStored
from roomtape.capture.paths import EVENTS, capture_dir
from roomtape.clock import now_us, to_us
from roomtape.db import recordings as rows
from roomtape.db.database import Database
from roomtape.domain.recording import Kind, Recording
from roomtape.errors import DestinationError, RoomtapeError
from roomtape.recordings.assets import Assets
from roomtape.recordings.sessionlogs import SessionLogs

log = structlog.get_logger()

LARGEST = 10 << 20
"""Bytes."""
WITHIN_S = 15.0
DECIDED_WITHIN_S = 50.0
"""After the recording's start. A render that follows goes on without a verdict after 60 s (render.composite), and a
watermark that came then would be in a part of the file only."""

_Verdict = WatermarkStored | WatermarkMissing


class Watermarks:
    """Writes one verdict a recording into the event log; a watermark that is missing is a warning on its row too."""

    def __init__(self, data_dir: Path, db: Database, logs: SessionLogs, assets: Assets) -> None:
        self._data_dir = data_dir
        self._db = db
        self._logs = logs
        self._assets = assets
        self._deciding: dict[str, asyncio.Task[None]] = {}

    def begin(self, recording: Recording) -> None:
        """Fetch the watermark of a recording that has started, unless it has its verdict or that is under way."""
        self._task(recording)

    async def settle(self, recording: Recording) -> None:
        """Return when the log of a stopped recording has its verdict, whatever became of the server in between.

        When the disk takes no event, that is logged: the recording is made without its watermark.
        """
        task = self._task(recording)
        if task is not None:
            await asyncio.shield(task)

    async def stop(self) -> None:
        """Leave what is under way; it is begun again at the next start."""
        tasks = list(self._deciding.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _task(self, recording: Recording) -> asyncio.Task[None] | None:
        if recording.kind is not Kind.COMPOSITE or recording.of_page or recording.config.video.watermark is None:
            return None
        task = self._deciding.get(recording.id)
        if task is None:
            task = self._deciding[recording.id] = asyncio.create_task(self._decide(recording))
            task.add_done_callback(lambda _: self._deciding.pop(recording.id, None))
        return task

    async def _decide(self, recording: Recording) -> None:
        try:
            verdict = await asyncio.to_thread(_said, self._data_dir, recording)
            if verdict is None:
                verdict = await self._fetched(recording)
                await self._logs.append(recording.session_id, verdict)
            # Told also when it was said before: a crash may have come between the log and the row.
            if isinstance(verdict, WatermarkMissing):
                await rows.warn(self._db, recording.id, f"the watermark is left out: {verdict.reason}")
        except RoomtapeError as error:
            log.error("watermark not decided", recording_id=recording.id, error=str(error))
        except Exception:
            log.exception("watermark not decided", recording_id=recording.id)

    async def _fetched(self, recording: Recording) -> _Verdict:
        mark = recording.config.video.watermark
        assert mark is not None
        begun_us = to_us(recording.started_at or recording.invoked_at)
        left_s = DECIDED_WITHIN_S - (now_us() - begun_us) / 1e6
        try:
            if left_s <= 0:
                raise DestinationError("the server was away when it should have been fetched")
            file = await self._assets.add(recording.session_id, mark.url, LARGEST, min(WITHIN_S, left_s))
        except RoomtapeError as error:
            log.warning("watermark left out", recording_id=recording.id, reason=str(error))
            return WatermarkMissing(now_us(), recording.id, str(error))
        return WatermarkStored(now_us(), recording.id, file)


def _said(data_dir: Path, recording: Recording) -> _Verdict | None:
    events = EventLogReader(capture_dir(data_dir, recording.session_id) / EVENTS).poll()
    return next((e for e in events if isinstance(e, _Verdict) and e.recording_id == recording.id), None)
