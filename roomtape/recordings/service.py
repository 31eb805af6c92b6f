"""Owns starting, pausing, resuming and stopping recordings; from the stop on the finalizer has them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Protocol
from weakref import WeakValueDictionary

import structlog

from roomtape.capture.events import RecordingPaused, RecordingResumed, RecordingStarted, RecordingStopped
from roomtape.clock import now_us, to_datetime, to_us
from roomtape.db import recordings as rows
from roomtape.db.database import Database
from roomtape.domain.meeting import App, Meeting
from roomtape.domain.recording import ACTIVE, Caller, Kind, Recording, StartCause, Status, Step, StopCause, advance
from roomtape.domain.recording_config import RecordingConfig
from roomtape.errors import Conflict, NotFound, OurError, RoomtapeError, TooMany
from roomtape.recordings import invoked
from roomtape.recordings.captures import Captures
from roomtape.recordings.confirmation import Confirmation
from roomtape.recordings.port import Rooms
from roomtape.recordings.sessionlogs import SessionLogs
from roomtape.rooms.live import LiveSession

log = structlog.get_logger()

BUSY_WAIT_S = 15.0
"""How long a request waits for another step of the same recording; a confirmation gives up before."""
RETRY_START_AFTER_S = 10
"""What is told to whoever has as many recordings running as the server allows."""


class Finalizing(Protocol):
    """The part of the finalizer that a stop needs."""

    async def begin(self, recording_id: str) -> None:
        """Start the durable workflow of a stopped recording, once however often this is called."""


class Pages(Protocol):
    """What recordings of pages need besides (`recordings.pages.Pages`)."""

    def begin(self, recording: Recording) -> None:
        """Open the page of a new recording; `begin_page` or `fail_page` is called when it is known what comes of it."""

    def adopt(self, recording: Recording) -> None:
        """Go on with a recording that an earlier run of the server left."""

    async def hear_out(self, recording: Recording) -> None:
        """Have in the log what its page has said until now; it is called before each step that changes what counts."""

    def finish(self, recording: Recording) -> None:
        """The recording is over, in whatever way."""


class Recordings:
    """Live recordings. `changed` is called after every change of a live recording's status, with the new value.

    `pages` has to be set before a recording of a page is started or taken up.
    """

    def __init__(
        self,
        db: Database,
        rooms: Rooms,
        captures: Captures,
        logs: SessionLogs,
        confirmation: Confirmation,
        finalizer: Finalizing,
        most_per_app: int = 1000,
    ) -> None:
        self.db = db
        self.captures = captures
        self.logs = logs
        self.changed: Callable[[Recording], None] = lambda _: None
        self.pages: Pages | None = None
        self._rooms = rooms
        self._confirmation = confirmation
        self._finalizer = finalizer
        self._most_per_app = most_per_app
        self._starting: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._last_us: dict[str, int] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def start(
        self,
        app: App,
        meeting: Meeting,
        config: RecordingConfig,
        kind: Kind,
        *,
        allow_multiple: bool,
        cause: StartCause,
        caller: Caller | None,
        session: LiveSession | None = None,
    ) -> Recording:
        """Start a recording and return it as INVOKED at once; it becomes RECORDING when its captures are confirmed.
        Those of a page go on when it has begun.

        A composite opens the meeting's session if there is none. One recording of each kind may run in a meeting
        unless `allow_multiple`: the kinds are counted apart, because a composite and its participants' tracks are two
        products of one capture, asked for at two endpoints, and taking both of one meeting is the usual case.
        `session` spares the look-up to those who have it.

        Raises Conflict when a recording of this kind runs already, or when tracks are asked for and nobody is in;
        TooMany when the app has as many recordings running as the server allows; SfuError or StorageError when no
        session can be opened.
        """
        async with _lock_of(self._starting, meeting.id):
            await self._check_alone(meeting.id, kind, allow_multiple)
            self._check_number(app)
            session = session or self._rooms.of_meeting(meeting.id)
            if session is None and kind is Kind.TRACK:
                raise Conflict(
                    f"meeting {meeting.id} has no live session; start the track recording once somebody has joined"
                )
            if session is None:
                session = await self._rooms.open(meeting)
            self._check_number(app)  # once more: opening takes its time, and others start meanwhile
            recording = invoked.new(app, meeting, session, config, kind, allow_multiple, cause, caller)
            # From here on whoever joins is captured, and a session that ends finds the recording to stop.
            self._activate(recording)
            lock = _lock_of(self._locks, recording.id)
            await lock.acquire()
            try:
                await rows.insert(self.db, recording)
            except BaseException:
                self._forget(recording)
                lock.release()
                raise
            self._confirm_or_open(recording, session, lock)
        return recording

    async def _check_alone(self, meeting_id: str, kind: Kind, allow_multiple: bool) -> None:
        running = [r for r in await rows.active_of(self.db, meeting_id) if r.kind is kind]
        if running and not allow_multiple:
            found = f"recording {running[0].id}, {running[0].status.value}"
            if kind is Kind.TRACK:
                raise Conflict(f"this meeting's tracks are being recorded already ({found}); stop that recording first")
            raise Conflict(
                f"this meeting is being recorded already ({found}); "
                "stop that recording first, or send allow_multiple_recordings: true"
            )

    def _check_number(self, app: App) -> None:
        running = sum(recording.app_id == app.id for recording in self.captures.active.values())
        if running >= self._most_per_app:
            raise TooMany(
                f"{running} recordings of this app are running, and the server allows no more (recordings_per_app); "
                "stop one first",
                RETRY_START_AFTER_S,
            )

    async def reconfirm(self, recording: Recording, session: LiveSession) -> None:
        """Take up again the confirmation of a recording that a crash left INVOKED."""
        self._activate(recording)
        if recording.of_page:
            self._pages_of(recording).adopt(recording)
            return
        lock = _lock_of(self._locks, recording.id)
        await lock.acquire()
        self._spawn_confirmation(recording, session, lock)

    def adopt(self, recording: Recording, last_us: int) -> None:
        """Take a live recording from the database; `last_us` is the time of its last event in the log."""
        self.captures.active[recording.id] = recording
        self._last_us[recording.id] = last_us
        if recording.of_page:
            self._pages_of(recording).adopt(recording)

    def _activate(self, recording: Recording) -> None:
        if recording.of_page:
            self.captures.unbegun.add(recording.id)
        self.captures.active[recording.id] = recording

    def _forget(self, recording: Recording) -> None:
        self.captures.active.pop(recording.id, None)
        self.captures.unbegun.discard(recording.id)

    def _pages_of(self, recording: Recording) -> Pages:
        if self.pages is None:
            raise OurError(f"recording {recording.id} is of a page, and nothing here records pages")
        return self.pages

    def _confirm_or_open(self, recording: Recording, session: LiveSession, lock: asyncio.Lock) -> None:
        if recording.of_page:  # it may take its time, in which it can be stopped
            lock.release()
            self._pages_of(recording).begin(recording)
        else:
            self._spawn_confirmation(recording, session, lock)

    async def begin_page(self, recording_id: str) -> None:
        """The page has begun: from now on it is recorded. Raises NotFound, Conflict when it was stopped before."""
        async with self._step_of(recording_id, Step.CONFIRM) as recording:
            session = self._rooms.sessions.get(recording.session_id)
            if session is None:
                raise Conflict("the session of this recording is over")
            self.captures.unbegun.discard(recording_id)
            await self._confirmed(recording, session)

    async def fail_page(self, recording_id: str, sentence: str) -> None:
        """Nothing comes of the page any more: what was recorded of it is delivered, or it is ERRORED for nothing was.

        Raises NotFound, Conflict when it was stopped before.
        """
        async with self._step_of(recording_id, Step.STOP) as recording:
            if recording.started_at is not None:
                await rows.warn(self.db, recording_id, sentence)
            await self._stop(recording, StopCause.INTERNAL_ERROR, None, None, sentence)

    def _spawn_confirmation(self, recording: Recording, session: LiveSession, lock: asyncio.Lock) -> None:
        """Confirm in the background; the recording's lock is held and given back when that is over."""
        task = asyncio.create_task(self._confirm(recording, session, lock))
        self._tasks[recording.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(recording.id, None))

    async def _confirm(self, recording: Recording, session: LiveSession, lock: asyncio.Lock) -> None:
        try:
            await self._confirmed(recording, session)
        except Exception:
            log.exception("recording not confirmed", recording_id=recording.id)
        finally:
            lock.release()

    async def _confirmed(self, recording: Recording, session: LiveSession) -> None:
        after = await self._confirmation.confirm(recording, session)
        self._note(after)
        if after.started_at is not None:
            self._last_us[recording.id] = to_us(after.started_at)
        if after.status is Status.ERRORED:
            await self.captures.apply(session)

    async def pause(self, recording_id: str) -> Recording:
        """Stop writing; from the pause's moment on nothing is on the disk that no other recording needs.

        Raises NotFound, Conflict when it is not running, StorageError when the pause cannot be logged: it goes on then.
        """
        async with self._step_of(recording_id, Step.PAUSE) as recording:
            at = now_us()
            await self.logs.append(recording.session_id, RecordingPaused(at, recording_id))
            return await self._after(await rows.step(self.db, recording_id, Step.PAUSE), at)

    async def resume(self, recording_id: str) -> Recording:
        """Go on after a pause; the output goes on seamlessly from the moment at which packets are written again.

        Raises NotFound, Conflict when it is not paused, and StorageError or SfuError when nobody can be captured or
        the resume cannot be logged: it stays paused then.
        """
        async with self._step_of(recording_id, Step.RESUME) as recording:
            session = self._rooms.sessions.get(recording.session_id)
            self.captures.active[recording_id] = replace(recording, status=Status.RECORDING)
            try:
                if session is not None:
                    await self._confirmation.capture(self.captures.active[recording_id], session)
                at = now_us()
                await self.logs.append(recording.session_id, RecordingResumed(at, recording_id))
                after = await rows.step(self.db, recording_id, Step.RESUME)
            except BaseException:
                self.captures.active[recording_id] = recording
                if session is not None:
                    await self.captures.apply(session)
                raise
            return await self._after(after, at)

    async def stop(
        self, recording_id: str, *, cause: StopCause, caller: Caller | None, at_us: int | None = None
    ) -> Recording:
        """Stop a recording and hand it to the finalizer; return it as UPLOADING.

        `at_us` is a moment in the past (µs) at which it ended in truth, never before its last pause or resume.
        Raises NotFound, and Conflict when it was stopped before. What comes after the row is changed heals by itself.
        """
        async with self._step_of(recording_id, Step.STOP) as recording:
            return await self._stop(recording, cause, caller, at_us)

    async def _stop(
        self, recording: Recording, cause: StopCause, caller: Caller | None, at_us: int | None, why: str | None = None
    ) -> Recording:
        if recording.of_page and recording.started_at is None:
            return await self._give_up(recording, cause, caller, why or "it was stopped before its page began")
        now = now_us()
        at = max(min(now if at_us is None else at_us, now), await self._last_event_us(recording))
        changes: dict[str, Any] = {"stopped_at": to_datetime(at), "stop_cause": cause, "stop_caller": caller}
        if recording.started_at is None:  # stopped before it was confirmed: its interval is empty
            changes["started_at"] = to_datetime(at)
        # The row first, because only it knows who stopped it and why; the log is made to agree (SessionLogs.seal).
        after = await rows.step(self.db, recording.id, Step.STOP, **changes)
        events: list[RecordingStarted | RecordingStopped] = [RecordingStopped(at, recording.id)]
        if recording.started_at is None:
            events.insert(0, RecordingStarted(at, recording.id, recording.config.user_ids, recording.of_page))
        try:
            await self.logs.append(recording.session_id, *events)
        except RoomtapeError as error:
            log.warning("stop not logged yet", recording_id=recording.id, error=str(error))
        await self._after(after, at)
        try:
            await self._finalizer.begin(recording.id)
        except Exception:
            log.exception("recording not finalized yet; tried again within a minute", recording_id=recording.id)
        return after

    async def _give_up(self, recording: Recording, cause: StopCause, caller: Caller | None, sentence: str) -> Recording:
        """Its page has not begun, so there is nothing that could be saved."""
        at = now_us()
        stop = {"stopped_at": to_datetime(at), "stop_cause": cause, "stop_caller": caller}
        error = f"nothing was recorded: {sentence}"
        return await self._after(await rows.step(self.db, recording.id, Step.FAIL, error=error, **stop), at)

    async def _last_event_us(self, recording: Recording) -> int:
        """A session that ends while the server is still taking recordings up stops one that is not known here yet."""
        if recording.id not in self._last_us:
            self._last_us[recording.id] = max((e.t for e in await self.logs.of(recording)), default=0)
        return self._last_us[recording.id]

    async def _after(self, recording: Recording, at_us: int) -> Recording:
        """Take notice of a step that is in the row, and switch the captures as it demands."""
        self._last_us[recording.id] = at_us
        self._note(recording)
        session = self._rooms.sessions.get(recording.session_id)
        if session is not None:
            for peer_id, error in (await self.captures.apply(session)).items():
                log.warning("capture not switched", recording_id=recording.id, peer_id=peer_id, error=str(error))
                if recording.status is Status.PAUSED:
                    await rows.warn(self.db, recording.id, f"while it was paused, packets were still written: {error}")
        return recording

    def _note(self, recording: Recording) -> None:
        if recording.status in ACTIVE:
            self.captures.active[recording.id] = recording
        else:
            self._forget(recording)
            self._last_us.pop(recording.id, None)
            if self.pages is not None:
                self.pages.finish(recording)
        self.changed(recording)

    @asynccontextmanager
    async def _step_of(self, recording_id: str, step: Step) -> AsyncIterator[Recording]:
        """Yield the recording with its lock held, once the table allows `step`."""
        async with self.held(recording_id) as recording:
            advance(recording.status, step)
            if recording.of_page and recording.started_at is not None:
                await self._pages_of(recording).hear_out(recording)
            yield recording

    @asynccontextmanager
    async def held(self, recording_id: str) -> AsyncIterator[Recording]:
        """Yield the recording, which takes no step meanwhile. Raises NotFound, Conflict when a step takes too long."""
        lock = _lock_of(self._locks, recording_id)
        try:
            async with asyncio.timeout(BUSY_WAIT_S):
                await lock.acquire()
        except TimeoutError as error:
            raise Conflict("the recording is busy with another request; try again in a moment") from error
        try:
            recording = await rows.get(self.db, recording_id)
            if recording is None:
                raise NotFound(f"there is no recording {recording_id}")
            yield recording
        finally:
            lock.release()

    async def close(self) -> None:
        """Leave confirmations where they are; the next start takes them up again."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _lock_of(locks: WeakValueDictionary[str, asyncio.Lock], key: str) -> asyncio.Lock:
    """Return the lock of `key`; it lives as long as somebody holds it or waits for it."""
    return locks.setdefault(key, asyncio.Lock())
