"""Owns the way from INVOKED to RECORDING: captures on, the log told, the row set, or a sentence why it cannot be."""

from __future__ import annotations

import asyncio

import structlog

from roomtape.capture.events import RecordingStarted
from roomtape.clock import now_us, to_datetime, to_us
from roomtape.db import recordings as rows
from roomtape.db.database import Database
from roomtape.domain.recording import Recording, Step, StopCause
from roomtape.errors import RoomtapeError, SfuError, StorageError
from roomtape.recordings import disk, selection
from roomtape.recordings.captures import Captures
from roomtape.recordings.sessionlogs import SessionLogs
from roomtape.rooms.live import LiveSession

log = structlog.get_logger()

CONFIRM_WITHIN_S = 10.0
_RETRY_S = 0.25


class Confirmation:
    """Confirms recordings; the caller holds the recording's lock."""

    def __init__(self, db: Database, captures: Captures, logs: SessionLogs) -> None:
        self._db = db
        self._captures = captures
        self._logs = logs

    async def confirm(self, recording: Recording, session: LiveSession) -> Recording:
        """Return the recording as RECORDING, or as ERRORED when nothing of it can be saved.

        Its start is read off the clock after the last capture was confirmed, so that the recorded interval, which the
        API tells as `started_time` to `stopped_time`, has no stretch in which somebody was not captured yet.
        """
        try:
            async with asyncio.timeout(CONFIRM_WITHIN_S):
                await self._until_captured(recording, session)
                at = now_us()
                await self._logs.append(
                    session.id, RecordingStarted(at, recording.id, recording.config.user_ids, recording.of_page)
                )
        except RoomtapeError as error:
            return await self._fail(recording, str(error))
        except TimeoutError:
            return await self._fail(
                recording, f"nothing was recorded: the SFU confirmed no capture within {CONFIRM_WITHIN_S:.0f} s"
            )
        log.info("recording confirmed", recording_id=recording.id, after_ms=(at - to_us(recording.invoked_at)) // 1000)
        return await rows.step(self._db, recording.id, Step.CONFIRM, started_at=to_datetime(at))

    async def _until_captured(self, recording: Recording, session: LiveSession) -> None:
        """An SFU that is being started again deserves patience; a disk that is full does not become free by it."""
        while True:
            try:
                await self.capture(recording, session)
                brings = [p for p in session.peers.values() if p.up and p.participant_id == recording.id]
                if brings or not recording.of_page:
                    return
                raise SfuError("the picture of the page does not reach the SFU")
            except SfuError as error:
                log.warning("capture not confirmed yet", recording_id=recording.id, error=str(error))
            await asyncio.sleep(_RETRY_S)

    async def capture(self, recording: Recording, session: LiveSession) -> None:
        """Switch on the captures of everybody in the recording; a peer that cannot be captured is a warning.

        Raises StorageError when the disk takes nothing, and the peers' error when not one can be captured.
        """
        errors, _ = await asyncio.gather(
            self._captures.apply(session), asyncio.to_thread(disk.probe, session.capture_dir)
        )
        peers = [p for p in session.peers.values() if p.handle is not None and selection.includes(recording, p)]
        failed = [(p, errors[p.id]) for p in peers if p.id in errors]
        if failed and len(failed) == len(peers):
            raise min((error for _, error in failed), key=lambda error: not isinstance(error, StorageError))
        for peer, error in failed:
            await rows.warn(self._db, recording.id, f"{peer.name} is not recorded (peer {peer.id}): {error}")

    async def _fail(self, recording: Recording, sentence: str) -> Recording:
        log.error("recording not started", recording_id=recording.id, error=sentence)
        stop = {"stopped_at": to_datetime(now_us()), "stop_cause": StopCause.INTERNAL_ERROR}
        return await rows.step(self._db, recording.id, Step.FAIL, error=sentence, **stop)
