"""Owns the live side of recordings: it tells rooms whom to capture, and ends recordings when their time has come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol

import structlog

from roomtape.capture.paths import capture_dir
from roomtape.clock import now_us
from roomtape.db import apps, meetings
from roomtape.db import recordings as rows
from roomtape.db.database import Database
from roomtape.domain.meeting import App, Meeting
from roomtape.domain.recording import ACTIVE, Kind, Recording, StartCause, Status, StopCause
from roomtape.domain.recording_config import RecordingConfig
from roomtape.errors import Conflict, RoomtapeError
from roomtape.recordings import deadlines, keyframes, watch, work
from roomtape.recordings.captures import Captures
from roomtape.recordings.messages import Messages
from roomtape.recordings.pictures import Pictures
from roomtape.recordings.port import Rooms, Runner
from roomtape.recordings.service import Recordings
from roomtape.recordings.watermarks import Watermarks
from roomtape.rooms.live import LivePeer, LiveSession
from roomtape.settings import Settings

log = structlog.get_logger()

FOLLOW_AFTER_S = 2.0
"""A render that follows starts this much later: it runs behind the clock anyway, and its loading costs a second of CPU
just when captures are being switched; a recording that is over by then is rendered in one go."""
_NOT_RECORDED = (
    "record_on_start failed, and the meeting goes on without a recording: see to the reason, then POST …/recordings"
)


class Streams(Protocol):
    """What recordings that are sent live ask of `recordings.rtmp.RtmpStreams`."""

    def start(self, recording: Recording) -> None:
        """Begin to stream a recording that has an address, unless that is under way."""

    def finish(self, recording_id: str) -> None:
        """The recording is over: so will be its stream."""


class Supervisor:
    """The `RoomListener` of this server.

    `configure` makes the configuration that a meeting's record_on_start uses. There is one timer for each live
    recording; `recovery.recover` calls `arm` for those found after a restart. `forget_capture` is called with the id of
    a session that has ended: its capture may not be needed any more. `streams` send live what is rendered live.
    """

    def __init__(
        self,
        settings: Settings,
        db: Database,
        rooms: Rooms,
        captures: Captures,
        recordings: Recordings,
        runner: Runner,
        configure: Callable[[App, Meeting], RecordingConfig],
    ) -> None:
        self._settings = settings
        self._db = db
        self._rooms = rooms
        self._captures = captures
        self._recordings = recordings
        self._runner = runner
        self._configure = configure
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._watch = watch.CaptureWatch(settings.fsync_interval_s, db, rooms, captures)
        self._keyframes = keyframes.KeyframeWatch(rooms)
        self.forget_capture: Callable[[str], Awaitable[None]] | None = None
        self.streams: Streams | None = None
        self.watermarks: Watermarks | None = None
        self.pictures: Pictures | None = None
        self.messages: Messages | None = None
        recordings.changed = self._changed

    def start(self) -> None:
        """Begin to watch over the captures' disk and their keyframes."""
        self._watch.start()
        self._keyframes.start()

    async def stop(self) -> None:
        """Leave everything as it is; recordings go on, or are finished, at the next start."""
        for timer in self._timers.values():
            timer.cancel()
        await self._watch.stop()
        await self._keyframes.stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def session_started(self, session: LiveSession) -> None:
        """Start the meeting's recording if it wants one at its start; once in a session, whoever stopped it since.

        One that cannot start is in the log; the meeting goes on.
        """
        meeting = await meetings.get(self._db, session.meeting_id)
        if meeting is None or not meeting.record_on_start:
            return
        before = await rows.of_session(self._db, session.id)
        if any(r.start_cause is StartCause.RECORD_ON_START for r in before):
            return
        app = await apps.get(self._db, meeting.app_id)
        if app is None:
            return
        try:
            await self._recordings.start(
                app,
                meeting,
                self._configure(app, meeting),
                Kind.COMPOSITE,
                allow_multiple=False,
                cause=StartCause.RECORD_ON_START,
                caller=None,
                session=session,
            )
        except Conflict as error:
            log.info("record_on_start not needed", meeting_id=meeting.id, reason=str(error))
        except RoomtapeError as error:  # people want to meet, recorded or not; whoever joins must not be told this
            log.error(_NOT_RECORDED, meeting_id=meeting.id, session_id=session.id, reason=str(error))
        except Exception:
            log.exception(_NOT_RECORDED, meeting_id=meeting.id, session_id=session.id)

    def wants_capture(self, session: LiveSession, peer: LivePeer) -> bool:
        """Tell whether a live recording that is not paused has this peer."""
        return self._captures.wants(session, peer)

    def joined(self, session: LiveSession, peer: LivePeer) -> None:
        """Have the picture of somebody who is to be seen in a composite."""
        if self.pictures is not None:
            self.pictures.joined(session, peer)

    def broadcasted(self, session: LiveSession, peer_id: str, name: str, payload: bytes, at_us: int) -> None:
        """Keep what becomes a tag of an interactive recording."""
        if self.messages is not None:
            self.messages.heard(session, peer_id, name, payload, at_us)

    async def emptied(self, session: LiveSession) -> None:
        """Recordings of the session end when nobody comes back in time."""
        self._arm_all(session)

    async def filled(self, session: LiveSession) -> None:
        """Somebody is in: recordings go on."""
        self._arm_all(session)

    async def session_ending(self, session: LiveSession) -> None:
        """Stop all recordings of the session; on return their captures are off."""
        ending = {r.id: r for r in await rows.of_session(self._db, session.id) if r.status in ACTIVE}
        ending |= {r.id: r for r in self._captures.of_session(session.id)}
        await asyncio.gather(*(self._end(recording, session) for recording in ending.values()))

    async def session_ended(self, session: LiveSession) -> None:
        """Forget the capture if everything of it was delivered before; else the finalizer does so later."""
        if self.pictures is not None:
            await self.pictures.forget(session.id)
        if self.forget_capture is not None:
            await self.forget_capture(session.id)

    async def capture_failed(self, session: LiveSession, peer: LivePeer, message: str) -> None:
        """Tell it on every recording that should have had the peer."""
        for recording in self._captures.of_session(session.id):
            await rows.warn(self._db, recording.id, f"{peer.name} is not recorded (peer {peer.id}): {message}")

    def arm(self, recording: Recording) -> None:
        """Set the timer of a live recording from its row and its session."""
        self._disarm(recording.id)
        due = self._due(recording)
        if due is not None:
            delay_s = max((due.at_us - now_us()) / 1e6, 0.0)
            loop = asyncio.get_running_loop()
            self._timers[recording.id] = loop.call_later(delay_s, self._ring, recording.id)

    def follow(self, recording: Recording) -> None:
        """Let a composite be rendered while it is recorded. Tracks need none: they are copied, not encoded."""
        if recording.kind is not Kind.COMPOSITE:
            return
        if self.watermarks is not None:
            self.watermarks.begin(recording)
        if self.pictures is not None:
            self.pictures.begin(recording)
        folder = work.folder(self._settings.data_dir, recording.id)
        self._spawn(self._follow(recording, folder))

    async def _follow(self, recording: Recording, folder: Path) -> None:
        await asyncio.sleep(FOLLOW_AFTER_S)
        if recording.id not in self._captures.active:
            return
        capture = capture_dir(self._settings.data_dir, recording.session_id)
        await asyncio.to_thread(work.prepare, folder, recording, capture)
        self._runner.start_following(folder)
        if self.streams is not None and recording.id in self._captures.active:
            self.streams.start(recording)

    def _changed(self, recording: Recording) -> None:
        session = self._rooms.sessions.get(recording.session_id)
        if session is not None:
            session.observers.recording_changed(session, recording.id, recording.kind.value, recording.status.value)
        if recording.status not in ACTIVE:
            self._disarm(recording.id)
            if self.streams is not None:
                self.streams.finish(recording.id)
            return
        self.arm(recording)
        if recording.status is Status.RECORDING:
            self.follow(recording)

    def _arm_all(self, session: LiveSession) -> None:
        for recording in self._captures.of_session(session.id):
            self.arm(recording)

    def _disarm(self, recording_id: str) -> None:
        timer = self._timers.pop(recording_id, None)
        if timer is not None:
            timer.cancel()

    def _due(self, recording: Recording) -> deadlines.Deadline | None:
        session = self._rooms.sessions.get(recording.session_id)
        empty_since_us = session.empty_since_us if session is not None else None
        return deadlines.of(recording, empty_since_us, self._settings.empty_stop_s)

    def _ring(self, recording_id: str) -> None:
        """The loop's clock is not the wall clock: look again whether the time has come."""
        self._timers.pop(recording_id, None)
        recording = self._captures.active.get(recording_id)
        if recording is None:
            return
        due = self._due(recording)
        if due is not None and due.at_us <= now_us():
            self._spawn(self._stop(recording_id, due))
        else:
            self.arm(recording)

    async def _stop(self, recording_id: str, due: deadlines.Deadline) -> None:
        await self._recordings.stop(recording_id, cause=due.cause, caller=due.caller, at_us=due.at_us)

    async def _end(self, recording: Recording, session: LiveSession) -> None:
        """Its session ends: it ended when its own time ran out, if that was before (the server may have been away)."""
        now = now_us()
        due = deadlines.of(recording, session.empty_since_us, self._settings.empty_stop_s)
        if due is None or due.at_us > now:
            due = deadlines.Deadline(now, StopCause.ALL_PEERS_LEFT, None)
        try:
            await self._stop(recording.id, due)
        except Conflict:
            log.debug("recording was stopped already", recording_id=recording.id)

    def _spawn(self, task: Coroutine[Any, Any, None]) -> None:
        running = asyncio.create_task(_logged(task))
        self._tasks.add(running)
        running.add_done_callback(self._tasks.discard)


async def _logged(task: Coroutine[Any, Any, None]) -> None:
    try:
        await task
    except Conflict:
        log.debug("recording was stopped already")
    except (RoomtapeError, OSError) as error:
        log.warning("live side of a recording", error=str(error))
    except Exception:
        log.exception("live side of a recording")
