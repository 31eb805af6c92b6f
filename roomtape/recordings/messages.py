"""Owns the messages that become tags of interactive recordings: which are kept, and that they get into the log.

Nothing is kept of a session in which no interactive recording is RECORDING.
"""

from __future__ import annotations

import json
from typing import Literal

import structlog

from roomtape.capture.events import MessageSent
from roomtape.capture.messages import NAME
from roomtape.clock import now_us
from roomtape.domain.metadata import content
from roomtape.domain.recording import Recording, Status
from roomtape.errors import Conflict, InvalidRequest
from roomtape.recordings.captures import Captures
from roomtape.recordings.port import Rooms
from roomtape.recordings.sessionlogs import SessionLogs
from roomtape.rooms.live import LiveSession

log = structlog.get_logger()


class Messages:
    """Puts messages into the event logs of sessions."""

    def __init__(self, rooms: Rooms, captures: Captures, logs: SessionLogs) -> None:
        self._rooms = rooms
        self._captures = captures
        self._logs = logs

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

        Raises Conflict unless the recording is interactive and RECORDING; StorageError.
        """
        at_us = now_us()
        live = self._captures.active.get(recording.id, recording)
        if not live.config.interactive:
            raise Conflict("this recording takes no metadata: it was not started with interactive_config")
        if live.status is not Status.RECORDING:
            raise Conflict(f"a recording takes metadata while it is RECORDING; this one is {live.status.value}")
        event = MessageSent(at_us, NAME, data, form, None, recording.id, "api")
        await self._logs.append(recording.session_id, event)
        return event


def _takes(recording: Recording) -> bool:
    return recording.config.interactive and recording.status is Status.RECORDING
