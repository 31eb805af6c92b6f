"""Owns live meetings: sessions are opened and ended here, peers come and go, and captures are switched on and off."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from roomtape.capture.eventlog import EventLogWriter
from roomtape.capture.events import Event, RecordingResumed, RecordingStarted, SessionEnded, SessionStarted
from roomtape.capture.paths import EVENTS, capture_dir
from roomtape.clock import now_us, to_datetime
from roomtape.db import sessions as rows
from roomtape.db.database import Database
from roomtape.domain.ids import new_id
from roomtape.domain.meeting import Meeting, Session, SessionStatus
from roomtape.domain.webhook import EndReason
from roomtape.errors import RoomtapeError, StorageError
from roomtape.rooms import publishing, recovery
from roomtape.rooms.heartbeat import Heartbeat
from roomtape.rooms.live import LivePeer, LiveSession
from roomtape.rooms.port import RoomListener
from roomtape.rooms.realtimekit import producers
from roomtape.rooms.realtimekit.transports import SdkMedia
from roomtape.settings import Settings
from roomtape.sfu.port import Down, Handle, Lost, Ready, Sfu, SfuEvent, Up

log = structlog.get_logger()

KEYFRAME_AGAIN_S = 0.5
SFU_STATE = "sfu"


class Rooms:
    """All live sessions of this server. `listener` is set once, before `start`."""

    def __init__(self, settings: Settings, db: Database, sfu: Sfu) -> None:
        self.settings = settings
        self.db = db
        self.sfu = sfu
        self.listener: RoomListener | None = None
        self.sessions: dict[str, LiveSession] = {}
        self.sdk_media = SdkMedia(self)
        self.heartbeat = Heartbeat(settings.data_dir / "heartbeat")
        self._opening = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._jotted: set[str] = set()
        self._ends: dict[str, asyncio.TimerHandle] = {}
        self.stopping = False

    async def start(self) -> None:
        """Reach the SFU, find the sessions that were live when the server was last alive, and go on with them."""
        state = await rows.read_state(self.db, SFU_STATE)
        claimed = await self.sfu.start(self.on_sfu_event, (state or {}).get("session"))
        await rows.write_state(self.db, SFU_STATE, {"session": self.sfu.session})
        await recovery.recover(self, sfu_kept=claimed, down_since_us=self.heartbeat.last_us() or now_us())
        self.heartbeat.start()

    def of_meeting(self, meeting_id: str) -> LiveSession | None:
        """Return the meeting's live session, or None."""
        return next((s for s in self.sessions.values() if s.meeting_id == meeting_id and not s.ended), None)

    def peer(self, peer_id: str) -> tuple[LiveSession, LivePeer] | None:
        """Return a peer that is in, with its session, or None."""
        for session in self.sessions.values():
            if peer_id in session.peers:
                return session, session.peers[peer_id]
        return None

    async def open(self, meeting: Meeting) -> LiveSession:
        """Return the meeting's live session; start one when there is none.

        Raises SfuError, and then no session was started.
        """
        async with self._opening:
            found = self.of_meeting(meeting.id)
            if found is not None:
                return found
            session = self.make_session(new_id(), meeting, now_us())
            await self.sfu.open_room(session.id, session.capture_dir)
            started = SessionStarted(session.started_us, session.id, meeting.id, session.title)
            await self.note(session, started)
            await rows.insert(self.db, _row(session))
            self.sessions[session.id] = session
            self.schedule_end(session)
        log.info("session started", session_id=session.id, meeting_id=meeting.id)
        return session

    def make_session(self, session_id: str, meeting: Meeting, started_us: int) -> LiveSession:
        """Return a live session as a value; nothing is written yet."""
        folder = capture_dir(self.settings.data_dir, session_id)
        keep_alive = meeting.keep_alive_s
        return LiveSession(
            id=session_id,
            app_id=meeting.app_id,
            meeting_id=meeting.id,
            title=meeting.title or meeting.id,
            keep_alive_s=self.settings.session_keep_alive_s if keep_alive is None else keep_alive,
            started_us=started_us,
            capture_dir=folder,
            log=EventLogWriter(folder / EVENTS),
            empty_since_us=started_us,
        )

    async def log(self, session: LiveSession, *events: Event) -> None:
        """Append events to the session's log; they are on the disk on return. Raises StorageError."""
        async with session.log_lock:
            self._jotted.discard(session.id)
            kept = len(session.unlogged)
            await asyncio.to_thread(_write, session.log, [*session.unlogged, *events])
            del session.unlogged[:kept]
        if any(isinstance(event, RecordingStarted | RecordingResumed) for event in events):
            self.spawn(self._refresh(session))

    async def _refresh(self, session: LiveSession) -> None:
        """Ask for keyframes: a recording that begins amid running captures can use no picture before the next one.

        Asked twice, since browsers ignore a request that comes less than 0.3 s after they have sent one.
        """
        for wait_s in (0, KEYFRAME_AGAIN_S):
            await asyncio.sleep(wait_s)
            for peer in [p for p in session.peers.values() if p.base is not None and p.up]:
                if peer.handle is not None:
                    await self._told(self.sfu.request_keyframe(peer.handle), "request_keyframe")

    async def note(self, session: LiveSession, *events: Event) -> None:
        """As `log`, for what has happened whether it can be written or not: a full disk must not disturb a meeting.

        What could not be written is kept and goes before the next event.
        """
        try:
            await self.log(session, *events)
        except StorageError as error:
            session.unlogged += events
            log.error("events kept until the disk takes them", session_id=session.id, error=str(error))

    def jot(self, session: LiveSession, *events: Event) -> None:
        """As `note`, for many small events: nobody waits for the disk, and one write takes all that have come by then.

        They are in the log before anything that is logged after this call.
        """
        session.unlogged += events
        if session.id not in self._jotted:
            self._jotted.add(session.id)
            self.spawn(self.note(session))

    def broadcasted(self, session: LiveSession, peer_id: str, name: str, payload: bytes, at_us: int) -> None:
        """A client has broadcast something; whoever records may want it."""
        if self.listener is not None:
            self.listener.broadcasted(session, peer_id, name, payload, at_us)

    async def capture(self, session: LiveSession, peer_id: str, on: bool) -> None:
        """Switch the capture of a peer's packets; doing nothing when it is so already or the peer is gone.

        Raises SfuError or StorageError; the switch is then where it was.
        """
        peer = session.peers.get(peer_id)
        if peer is not None:
            await publishing.switch_capture(self, session, peer, on)

    async def request_keyframe(self, handle: Handle, mid: str) -> None:
        """Ask a publisher for a keyframe of the video track at `mid`. Raises SfuError."""
        await self.sfu.request_keyframe(handle, mid)

    async def kick(self, session: LiveSession, peer_ids: list[str]) -> None:
        """Put peers out of the session."""
        for peer_id in peer_ids:
            peer = session.peers.get(peer_id)
            if peer is not None:
                await publishing.leave(self, session, peer, "kicked")

    async def kick_all(self, session: LiveSession) -> None:
        """Put everybody out and end the session."""
        async with session.lock:
            await self._end(session, "kicked_all")

    async def _end(self, session: LiveSession, reason: str) -> None:
        """End a session for good (its lock is held): recordings stop, the rest leave, the room goes."""
        if session.ended:
            return
        session.ended = True
        self.cancel_end(session)
        if self.listener is not None:
            await self._told(self.listener.session_ending(session), "session_ending")
        for peer in list(session.peers.values()):
            await publishing.leave(self, session, peer, "session_ended")
        end_us = now_us()
        await self.note(session, SessionEnded(end_us))
        await session.observers.session_ending(session)
        why = EndReason.HOST if reason == "kicked_all" else EndReason.EMPTY
        await rows.end(self.db, session.id, to_datetime(end_us), why)
        self.sessions.pop(session.id, None)
        session.observers.session_ended(session, reason)
        await self._told(self.sdk_media.close_lobby(session), "close_lobby")
        session.log.close()
        await self._told(self.sfu.close_room(session.id), "close_room")
        if self.listener is not None:
            await self._told(self.listener.session_ended(session), "session_ended")
        log.info("session ended", session_id=session.id, meeting_id=session.meeting_id)

    def schedule_end(self, session: LiveSession) -> None:
        """End the session when it has been empty for its keep-alive time, counted from `empty_since_us`."""
        self.cancel_end(session)
        if session.empty_since_us is None:
            return
        left_s = session.keep_alive_s - (now_us() - session.empty_since_us) / 1e6
        loop = asyncio.get_running_loop()
        self._ends[session.id] = loop.call_later(max(left_s, 0.0), lambda: self.spawn(self._end_if_empty(session)))

    def hold(self, session: LiveSession, who: str) -> None:
        """Keep the session from ending, as who is about to join does, until `let_go`."""
        session.lobby.add(who)

    async def let_go(self, session: LiveSession, who: str) -> None:
        """Hold the session no longer; one that is empty is given its time anew."""
        if who not in session.lobby:
            return
        session.lobby.discard(who)
        if session.empty_since_us is not None and not session.ended and not self.stopping:
            session.empty_since_us = now_us()
            since = to_datetime(session.empty_since_us)
            await rows.change(self.db, session.id, since, empty_since=since)
            self.schedule_end(session)

    def cancel_end(self, session: LiveSession) -> None:
        """Somebody is in again, or the session has ended."""
        timer = self._ends.pop(session.id, None)
        if timer is not None:
            timer.cancel()

    async def _end_if_empty(self, session: LiveSession) -> None:
        async with session.lock:
            if session.empty_since_us is not None and not session.lobby:
                await self._end(session, "empty")

    def peer_gone(self, session: LiveSession, peer: LivePeer) -> None:
        """The peer has left; the media transports of an SDK client end too."""
        if peer.by_socket:
            if peer.handle is not None:
                self.sdk_media.unwatch(peer.handle)
            self.sdk_media.forget(peer.id)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` in the background; an error is logged, never lost."""
        task = asyncio.create_task(self._told(work, "background"))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _told(self, work: Coroutine[Any, Any, None], what: str) -> None:
        try:
            await work
        except RoomtapeError as error:
            log.warning("meeting goes on after an error", during=what, error=str(error))
        except Exception:
            log.exception("meeting goes on after an unexpected error", during=what)

    def on_sfu_event(self, event: SfuEvent) -> None:
        """What the SFU reports, as it comes; called in the event loop."""
        if isinstance(event, Up | Down) and self.sdk_media.on_event(event):
            return
        if isinstance(event, Up):
            self._media_up(event.handle)
        elif isinstance(event, Down):
            self.spawn(self._media_down(event.handle, event.reason))
        elif isinstance(event, Lost):
            self.spawn(self._sfu_lost())
        elif isinstance(event, Ready):
            self.spawn(self.sfu_ready())

    def _media_up(self, handle: Handle) -> None:
        for session, peer in self._with_handle(handle):
            if not peer.up:
                peer.up = True
                for producer in [] if peer.tape else producers.of_peer(peer):
                    session.observers.producer_added(session, producer)

    async def _media_down(self, handle: Handle, reason: str) -> None:
        for session, peer in self._with_handle(handle):
            log.info("peer's media ended", peer_id=peer.id, reason=reason)
            await publishing.leave(self, session, peer, "media_lost")

    def _with_handle(self, handle: Handle) -> list[tuple[LiveSession, LivePeer]]:
        return [(s, p) for s in self.sessions.values() for p in s.peers.values() if p.handle == handle]

    async def _sfu_lost(self) -> None:
        """The SFU forgot everything: every peer's media is over; sessions and recordings wait for them to come back.

        SDK clients stay in and make new transports; who publishes by WHIP is out.
        """
        log.error("the SFU lost all its state; peers must publish again", peers=sum(len(s.peers) for s in self._all()))
        await self.sdk_media.sfu_lost()
        for session in self._all():
            for peer in [p for p in session.peers.values() if not p.by_socket]:
                await publishing.leave(self, session, peer, "sfu_lost")

    async def sfu_ready(self) -> None:
        """The SFU takes requests: remember its session and make sure that every live session has its room."""
        await rows.write_state(self.db, SFU_STATE, {"session": self.sfu.session})
        for session in self._all():
            await self.sfu.open_room(session.id, session.capture_dir)

    def _all(self) -> list[LiveSession]:
        return [s for s in self.sessions.values() if not s.ended]

    async def stop(self) -> None:
        """Leave cleanly: everybody is put out, so that their captures are whole; sessions stay live for the next start.

        Recordings are not stopped: they go on, or are finished, when the server is back.
        """
        if self.stopping:
            return
        self.stopping = True
        for timer in self._ends.values():
            timer.cancel()
        leaving = [
            publishing.leave(self, session, peer, "server_down")
            for session in self._all()
            for peer in list(session.peers.values())
        ]
        await asyncio.gather(*(self._told(work, "stop") for work in leaving))
        await self.heartbeat.stop()
        await self.sfu.stop(keep_media=False)
        for session in self._all():
            session.log.close()


def _write(writer: EventLogWriter, events: list[Event]) -> None:
    for event in events:
        writer.append(event, sync=event is events[-1])


def _row(session: LiveSession) -> Session:
    started = to_datetime(session.started_us)
    return Session(
        id=session.id,
        app_id=session.app_id,
        meeting_id=session.meeting_id,
        title=session.title,
        status=SessionStatus.LIVE,
        started_at=started,
        ended_at=None,
        empty_since=started,
        live_participants=0,
        max_concurrent_participants=0,
        created_at=started,
        updated_at=started,
    )
