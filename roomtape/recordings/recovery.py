"""Owns putting recordings right after a restart: row, event log, captures, timers and renders agree again."""

from __future__ import annotations

import structlog

from roomtape.capture.events import RecordingPaused, RecordingResumed, RecordingStarted
from roomtape.clock import now_us, to_datetime, to_us
from roomtape.db import recordings as rows
from roomtape.db import sessions
from roomtape.domain.recording import Recording, Status, Step, StopCause
from roomtape.errors import RoomtapeError
from roomtape.recordings.finalize import Finalizer
from roomtape.recordings.port import Rooms
from roomtape.recordings.service import Recordings
from roomtape.recordings.sessionlogs import RecordingEvent
from roomtape.recordings.supervisor import Supervisor

log = structlog.get_logger()

_LOST = "its session could not be found again after a restart of the server"


async def recover(rooms: Rooms, recordings: Recordings, supervisor: Supervisor, finalizer: Finalizer) -> None:
    """Take up every recording where a stop or crash of the server left it.

    `rooms` have found their sessions again, `finalizer` is started. One recording that cannot be taken up is logged
    and keeps no other from it.
    """
    for recording in await rows.active(recordings.db):
        try:
            await _take_up(recording, rooms, recordings, supervisor)
        except RoomtapeError as error:
            log.error("recording not taken up", recording_id=recording.id, error=str(error))
    for session in list(rooms.sessions.values()):
        for peer_id, problem in (await recordings.captures.apply(session)).items():
            log.warning("capture not taken up", session_id=session.id, peer_id=peer_id, error=str(problem))
    await finalizer.begin_all()


async def _take_up(recording: Recording, rooms: Rooms, recordings: Recordings, supervisor: Supervisor) -> None:
    events = await recordings.logs.of(recording)
    recording = await _as_logged(recording, events, recordings)
    session = rooms.sessions.get(recording.session_id)
    log.info("recording taken up", recording_id=recording.id, status=recording.status.value, live=session is not None)
    if recording.started_at is None:
        if session is not None:
            await recordings.reconfirm(recording, session)
        else:
            await _give_up(recording, recordings)
        return
    recordings.adopt(recording, max((e.t for e in events), default=0))
    if session is None:
        at_us = await _end_of_session(recording, recordings)
        await recordings.stop(recording.id, cause=StopCause.INTERNAL_ERROR, caller=None, at_us=at_us)
        return
    supervisor.arm(recording)
    supervisor.follow(recording)


async def _as_logged(recording: Recording, events: list[RecordingEvent], recordings: Recordings) -> Recording:
    """Take into the row the steps that only the log has: it is written first at a start, a pause and a resume."""
    started = next((e for e in events if isinstance(e, RecordingStarted)), None)
    if recording.status is Status.INVOKED and started is not None:
        recording = await rows.step(recordings.db, recording.id, Step.CONFIRM, started_at=to_datetime(started.t))
    turns = [e for e in events if isinstance(e, RecordingPaused | RecordingResumed)]
    if turns and isinstance(turns[-1], RecordingPaused) and recording.status is Status.RECORDING:
        recording = await rows.step(recordings.db, recording.id, Step.PAUSE)
    elif turns and isinstance(turns[-1], RecordingResumed) and recording.status is Status.PAUSED:
        recording = await rows.step(recordings.db, recording.id, Step.RESUME)
    return recording


async def _give_up(recording: Recording, recordings: Recordings) -> None:
    """Its session is gone and nothing of it was confirmed."""
    await rows.step(
        recordings.db,
        recording.id,
        Step.FAIL,
        error=f"nothing was recorded: the server stopped before the recording began, and {_LOST}",
        stopped_at=to_datetime(now_us()),
        stop_cause=StopCause.INTERNAL_ERROR,
    )


async def _end_of_session(recording: Recording, recordings: Recordings) -> int | None:
    """Return when the recording's session ended, in µs; None when that is not known."""
    await rows.warn(recordings.db, recording.id, f"the recording ends early: {_LOST}")
    session = await sessions.get(recordings.db, recording.session_id)
    if session is None or session.ended_at is None:
        return None
    return to_us(session.ended_at)
