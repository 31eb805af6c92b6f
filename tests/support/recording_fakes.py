"""Fakes of what recordings stand on: rooms, runner and a database with one app and one meeting in it."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime
from pathlib import Path

from roomtape.capture.eventlog import EventLogReader, EventLogWriter
from roomtape.capture.events import Event, TakeStarted, TakeStopped
from roomtape.capture.paths import EVENTS, capture_dir
from roomtape.clock import now_us, to_datetime
from roomtape.db import sessions
from roomtape.db.database import Database
from roomtape.db.models import AppRow, MeetingRow
from roomtape.domain.ids import new_id
from roomtape.domain.meeting import App, Meeting, MeetingStatus, Session, SessionStatus
from roomtape.domain.recording import Kind, Recording, StartCause, Status
from roomtape.domain.recording_config import RecordingConfig
from roomtape.errors import RoomtapeError
from roomtape.render.job import OUT, RenderedFile, RenderJob, RenderResult
from roomtape.rooms.live import LivePeer, LiveSession
from roomtape.sfu.port import Handle
from tests.support.database import empty_database

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
APP = App("app-1", "acc-1", "Test", NOW)


def meeting(meeting_id: str = "meet-1", *, record_on_start: bool = False) -> Meeting:
    return Meeting(
        id=meeting_id,
        app_id=APP.id,
        title=f"Weekly {meeting_id}",
        status=MeetingStatus.ACTIVE,
        record_on_start=record_on_start,
        keep_alive_s=None,
        recording_config=None,
        created_at=NOW,
        updated_at=NOW,
    )


async def make_database(folder: Path, *meetings: Meeting) -> Database:
    db = Database(await empty_database(folder / "test.sqlite"))
    async with db.transaction() as tx:
        await tx.merge(AppRow(id=APP.id, account_id=APP.account_id, name=APP.name, created_at=NOW))
    async with db.transaction() as tx:
        for m in meetings:
            await tx.merge(MeetingRow(**{name: getattr(m, name) for name in Meeting.__dataclass_fields__}))
    return db


def session_row(session_id: str, meeting_id: str = "meet-1") -> Session:
    return Session(session_id, APP.id, meeting_id, "t", SessionStatus.LIVE, NOW, None, None, 0, 0, NOW, NOW)


def recording(recording_id: str = "rec-1", **values: object) -> Recording:
    fields: dict[str, object] = {
        "id": recording_id,
        "app_id": APP.id,
        "meeting_id": "meet-1",
        "session_id": "sess-1",
        "kind": Kind.COMPOSITE,
        "status": Status.INVOKED,
        "config": RecordingConfig(),
        "allow_multiple": False,
        "output_file_name": "weekly_1.mp4",
        "invoked_at": NOW,
        "start_cause": StartCause.API_CALL,
        "expired": False,
        "warnings": (),
    }
    empty = dict.fromkeys(Recording.__dataclass_fields__)
    return Recording(**(empty | fields | values))  # type: ignore[arg-type]


def peer(name: str, *, hidden: bool = False) -> LivePeer:
    return LivePeer(
        id=f"peer-{name}",
        participant_id=f"part-{name}",
        custom_participant_id=f"user-{name}",
        name=name,
        picture=None,
        preset_name="group_call_host",
        hidden=hidden,
        joined_us=now_us(),
        handle=Handle(1, abs(hash(name))),
    )


class FakeRooms:
    """Rooms without an SFU: captures are a flag. `fails` holds the error of a peer's capture, `delay_s` its length."""

    def __init__(self, data_dir: Path, db: Database) -> None:
        self.data_dir = data_dir
        self.db = db
        self.sessions: dict[str, LiveSession] = {}
        self.fails: dict[str, RoomtapeError] = {}
        self.log_fails: RoomtapeError | None = None
        self.delay_s = 0.0
        self.opened = asyncio.Event()
        self.keyframes: list[tuple[Handle, str]] = []
        self.keyframe_fails: RoomtapeError | None = None

    def of_meeting(self, meeting_id: str) -> LiveSession | None:
        return next((s for s in self.sessions.values() if s.meeting_id == meeting_id and not s.ended), None)

    async def open(self, meeting: Meeting) -> LiveSession:
        return self.of_meeting(meeting.id) or await self.make(new_id(), meeting.id)

    async def make(self, session_id: str, meeting_id: str = "meet-1", *, insert: bool = True) -> LiveSession:
        folder = capture_dir(self.data_dir, session_id)
        started = now_us()
        session = LiveSession(
            id=session_id,
            app_id=APP.id,
            meeting_id=meeting_id,
            title="t",
            keep_alive_s=60,
            started_us=started,
            capture_dir=folder,
            log=EventLogWriter(folder / EVENTS),
            empty_since_us=started,
        )
        if insert:
            await sessions.insert(self.db, session_row(session_id, meeting_id))
        self.sessions[session_id] = session
        return session

    def join(self, session: LiveSession, *peers: LivePeer) -> None:
        for one in peers:
            session.peers[one.id] = one
        session.empty_since_us = None

    async def capture(self, session: LiveSession, peer_id: str, on: bool) -> None:
        one = session.peers[peer_id]
        async with one.lock:
            if on == (one.base is not None):
                return
            await asyncio.sleep(self.delay_s)
            if on and peer_id in self.fails:
                raise self.fails[peer_id]
            if on:
                one.take += 1
                one.base = f"{peer_id}-{one.take}"
                await self.log(session, TakeStarted(now_us(), peer_id, one.base))
            else:
                base, one.base = one.base or "", None
                await self.log(session, TakeStopped(now_us(), peer_id, base))

    async def request_keyframe(self, handle: Handle, mid: str) -> None:
        self.keyframes.append((handle, mid))
        if self.keyframe_fails is not None:
            raise self.keyframe_fails

    def hold(self, session: LiveSession, who: str) -> None:
        session.lobby.add(who)

    async def let_go(self, session: LiveSession, who: str) -> None:
        session.lobby.discard(who)

    async def kick(self, session: LiveSession, peer_ids: list[str]) -> None:
        for peer_id in peer_ids:
            session.peers.pop(peer_id, None)

    async def note(self, session: LiveSession, *events: Event) -> None:
        await self.log(session, *events)

    async def log(self, session: LiveSession, *events: Event) -> None:
        if self.log_fails is not None:
            raise self.log_fails
        for event in events:
            session.log.append(event)

    def jot(self, session: LiveSession, *events: Event) -> None:
        for event in events:
            session.log.append(event)

    async def end(self, session: LiveSession) -> None:
        session.ended = True
        self.sessions.pop(session.id, None)
        session.log.close()
        at = to_datetime(now_us())
        await sessions.change(self.db, session.id, at, status=SessionStatus.ENDED, ended_at=at)

    def events(self, session: LiveSession) -> list[Event]:
        return EventLogReader(session.capture_dir / EVENTS).poll()


_ROLES = {".json": "manifest", ".m4a": "audio", ".mp3": "audio", ".m3u8": "package", ".ts": "package"}


class FakeRunner:
    """Writes `content` by file name into `out/`; the names' endings say what they are. `errors` are raised first."""

    def __init__(self, content: dict[str, bytes], kind: str = "composite", delay_s: float = 0.0) -> None:
        self.content = content
        self.kind = kind
        self.delay_s = delay_s
        self.errors: list[Exception] = []
        self.runs = 0
        self.following: list[Path] = []
        self.dropped: list[Path] = []
        self.warnings: tuple[str, ...] = ()

    def start_following(self, work: Path) -> None:
        RenderJob.read(work)
        self.following.append(work)

    async def drop(self, work: Path) -> None:
        self.dropped.append(work)

    async def run(self, work: Path) -> RenderResult:
        done = RenderResult.read(work)
        if done is not None:
            return done
        self.runs += 1
        RenderJob.read(work)
        if self.errors:
            raise self.errors.pop(0)
        out = work / OUT
        out.mkdir(exist_ok=True)
        files = []
        for name, data in self.content.items():
            half = len(data) // 2
            (out / name).parent.mkdir(exist_ok=True)
            (out / name).write_bytes(data[:half])
            await asyncio.sleep(self.delay_s)
            (out / name).write_bytes(data)
            digest = hashlib.sha256(data).hexdigest()
            role = _ROLES.get(Path(name).suffix, self.kind)
            files.append(RenderedFile(name, role, "video/mp4", len(data), digest, 1000, 0, layer="default"))
        result = RenderResult(tuple(files), 1000, self.warnings)
        result.write(work)
        return result


class FakeFinalizer:
    """Remembers which recordings were handed to it."""

    def __init__(self) -> None:
        self.begun: list[str] = []

    async def begin(self, recording_id: str) -> None:
        self.begun.append(recording_id)

    async def begin_all(self) -> None:
        self.begun.append("all")
