"""Owns reading and appending to a session's event log by the session's id, whether it is live or has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

from roomtape.capture.eventlog import EventLogReader, EventLogWriter
from roomtape.capture.events import (
    Event,
    RecordingPaused,
    RecordingResumed,
    RecordingStarted,
    RecordingStopped,
)
from roomtape.capture.paths import EVENTS, capture_dir
from roomtape.clock import to_us
from roomtape.domain.recording import Recording
from roomtape.errors import StorageError
from roomtape.recordings.port import Rooms

RecordingEvent = RecordingStarted | RecordingPaused | RecordingResumed | RecordingStopped


class SessionLogs:
    """The event logs under `data_dir`; a live session's log is written through `rooms`, who hold it open."""

    def __init__(self, data_dir: Path, rooms: Rooms) -> None:
        self._data_dir = data_dir
        self._rooms = rooms

    async def append(self, session_id: str, *events: Event) -> None:
        """Append events; they are on the disk on return. Raises StorageError."""
        session = self._rooms.sessions.get(session_id)
        if session is not None:
            await self._rooms.log(session, *events)
        else:
            await asyncio.to_thread(_append, capture_dir(self._data_dir, session_id) / EVENTS, events)

    async def of(self, recording: Recording) -> list[RecordingEvent]:
        """Return what the log says of one recording, in its order; nothing when there is no log."""
        path = capture_dir(self._data_dir, recording.session_id) / EVENTS
        events = await asyncio.to_thread(EventLogReader(path).poll)
        return [e for e in events if isinstance(e, RecordingEvent) and e.recording_id == recording.id]

    async def seal(self, recording: Recording, beside: Path) -> None:
        """Make the log of a stopped recording say when it began and ended, as its row does. Safe to repeat.

        After a crash, or with a full disk, the row knew of the stop and the log did not. When the capture's disk still
        takes nothing, the log `beside` says it, so that what was captured is delivered. Raises StorageError.
        """
        said: list[Event] = [*await self.of(recording)]
        missing = _missing(recording, said)
        if not missing:
            return
        try:
            await self.append(recording.session_id, *missing)
        except StorageError:
            said += await asyncio.to_thread(EventLogReader(beside).poll)
            if missing := _missing(recording, said):
                session = self._rooms.sessions.get(recording.session_id)
                kept = session.unlogged if session is not None else []
                await asyncio.to_thread(_append, beside, [*kept, *missing])


def _missing(recording: Recording, events: Sequence[Event]) -> list[Event]:
    said = {type(event) for event in events}
    missing: list[Event] = []
    if RecordingStarted not in said and recording.started_at is not None:
        missing.append(
            RecordingStarted(to_us(recording.started_at), recording.id, recording.config.user_ids, recording.of_page)
        )
    if RecordingStopped not in said and recording.stopped_at is not None:
        missing.append(RecordingStopped(to_us(recording.stopped_at), recording.id))
    return missing


def _append(path: Path, events: Iterable[Event]) -> None:
    writer = EventLogWriter(path)
    try:
        for event in events:
            writer.append(event)
    finally:
        writer.close()
