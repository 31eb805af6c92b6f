"""Owns the messages that become tags of interactive recordings: which are kept, and that they get into the log.

Nothing is kept of a session in which no interactive recording is RECORDING. A back end is told of what becomes no tag.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Literal

import structlog

from roomtape.capture.eventlog import EventLogReader
from roomtape.capture.events import Event, MessageSent
from roomtape.capture.messages import CLOSE, NAME, is_closed
from roomtape.capture.paths import EVENTS
from roomtape.capture.sessionlog import SessionLog
from roomtape.clock import now_us
from roomtape.domain.metadata import content
from roomtape.domain.recording import Recording, Status
from roomtape.errors import Conflict, InvalidRequest
from roomtape.recordings.port import Rooms
from roomtape.recordings.service import Recordings
from roomtape.recordings.sessionlogs import RecordingEvent
from roomtape.rooms.live import LiveSession

log = structlog.get_logger()


class Messages:
    """Puts messages into the event logs of sessions."""

    def __init__(self, rooms: Rooms, recordings: Recordings) -> None:
        self._rooms = rooms
        self._recordings = recordings
        self._captures = recordings.captures
        self._closings: dict[str, _Closing] = {}

    def heard(self, session: LiveSession, peer_id: str, name: str, payload: bytes, at_us: int) -> None:
        """Keep a client's broadcast (JSON) if it is one for interactive recordings; the disk is not waited for.

        One that is too large or nested too deeply becomes no tag; the log of the server says so.
        """
        if name != NAME or not any(_takes(r) for r in self._captures.of_session(session.id)):
            return
        try:
            form, data = content(json.loads(payload))
        except (InvalidRequest, RecursionError) as error:
            log.warning("a broadcast becomes no tag", session_id=session.id, peer_id=peer_id, reason=str(error))
            return
        self._rooms.jot(session, MessageSent(at_us, NAME, data, form, peer_id))

    async def send(self, recording: Recording, form: Literal["text", "bytes"], data: str) -> MessageSent:
        """Give one recording a message, as `domain.metadata.content` made it; it is on the disk on return.

        Raises Conflict unless the recording is interactive, RECORDING, and its metadata not ended; StorageError.
        """
        if not recording.config.interactive:
            raise Conflict("this recording takes no metadata: it was not started with interactive_config")
        # A pause that begins now must not be in the log before what was accepted.
        async with self._recordings.held(recording.id) as live:
            if live.status is not Status.RECORDING:
                raise Conflict(f"a recording takes metadata while it is RECORDING; this one is {live.status.value}")
            if await self._is_closed(live):
                raise Conflict(f"the metadata of this recording was ended by {CLOSE}")
            event = MessageSent(now_us(), NAME, data, form, None, live.id, "api")
            await self._recordings.logs.append(live.session_id, event)
        return event

    async def _is_closed(self, recording: Recording) -> bool:
        session = self._rooms.sessions.get(recording.session_id)
        if session is None:
            return False
        if recording.id not in self._closings:
            self._closings = {i: c for i, c in self._closings.items() if i in self._captures.active}
            self._closings[recording.id] = _Closing(recording.id, EventLogReader(session.capture_dir / EVENTS))
        # What waits for the disk is in the list until it is on it.
        return await asyncio.to_thread(self._closings[recording.id].found, list(session.unlogged))


class _Closing:
    """Whether a recording's metadata was ended, by whomever, as the log of its session says; it is read as it grows."""

    def __init__(self, recording_id: str, reader: EventLogReader) -> None:
        self._recording_id = recording_id
        self._reader = reader
        self._steps = SessionLog()
        self._messages: list[MessageSent] = []

    def found(self, unlogged: Sequence[Event]) -> bool:
        """Read what is new in the log, and tell. Raises OSError."""
        for event in self._reader.poll():
            if isinstance(event, MessageSent) and event.data == CLOSE:
                self._messages.append(event)
            elif isinstance(event, RecordingEvent) and event.recording_id == self._recording_id:
                self._steps.add(event)
        waiting = [event for event in unlogged if isinstance(event, MessageSent)]
        intervals = self._steps.recorded(self._recording_id, now_us() + 1)
        return is_closed([*self._messages, *waiting], self._recording_id, intervals)


def _takes(recording: Recording) -> bool:
    return recording.config.interactive and recording.status is Status.RECORDING
