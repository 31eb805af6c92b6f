"""An API on a real database, with live meetings and recordings made up: what the API's unit tests run against."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import cloudflare
import httpx
from fastapi import APIRouter, FastAPI

from roomtape.api.app import create_app
from roomtape.api.deps import Deps
from roomtape.capture.eventlog import EventLogWriter
from roomtape.capture.events import MessageSent
from roomtape.db import recordings as recording_rows
from roomtape.db import sessions
from roomtape.db.database import Database
from roomtape.domain.ids import new_id
from roomtape.domain.meeting import App, Meeting, Peer, Session, SessionStatus
from roomtape.domain.recording import Caller, Kind, Recording, StartCause, Status, Step, StopCause
from roomtape.domain.recording_config import RecordingConfig
from roomtape.errors import Conflict
from roomtape.outbound.guard import Guard
from roomtape.recordings.delivery import Delivery
from roomtape.recordings.page_url import Addresses, Places, pair
from roomtape.recordings.rtmp import RtmpStreams
from roomtape.rooms.live import LivePeer, LiveSession
from roomtape.rooms.service import Rooms
from roomtape.rooms.tokens import TokenIssuer
from roomtape.settings import Settings
from roomtape.storage.bucket import FolderBucket
from roomtape.storage.chatfiles import ChatFiles
from roomtape.storage.destinations import Destinations
from roomtape.storage.signedlinks import SignedLinks
from roomtape.webhooks import signature
from roomtape.webhooks.dispatch import Dispatcher
from roomtape.webhooks.signature import Signer
from tests.support.database import seeded_database
from tests.support.recording_fakes import FakeRunner

KEY = bytes(range(32))
BASE = "http://roomtape.test"
NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)


class FakeRooms:
    """Live sessions that a test puts in itself."""

    def __init__(self, folder: Path) -> None:
        self.sessions: dict[str, LiveSession] = {}
        self.kicked: list[str] = []
        self._folder = folder

    def of_meeting(self, meeting_id: str) -> LiveSession | None:
        return next((s for s in self.sessions.values() if s.meeting_id == meeting_id), None)

    async def kick(self, session: LiveSession, peer_ids: list[str]) -> None:
        self.kicked += peer_ids
        for peer_id in peer_ids:
            del session.peers[peer_id]

    async def kick_all(self, session: LiveSession) -> None:
        await self.kick(session, list(session.peers))
        del self.sessions[session.id]

    def live(self, session: Session, *peers: Peer) -> LiveSession:
        """Make a session live with these peers."""
        made = LiveSession(
            id=session.id,
            app_id=session.app_id,
            meeting_id=session.meeting_id,
            title=session.title,
            keep_alive_s=60,
            started_us=0,
            capture_dir=self._folder,
            log=EventLogWriter(self._folder / f"{session.id}.jsonl"),
        )
        for p in peers:
            made.peers[p.id] = LivePeer(
                p.id, p.participant_id, p.custom_participant_id, p.name, None, p.preset_name, p.hidden, 1_000_000
            )
        self.sessions[made.id] = made
        return made


@dataclass
class FakeRecordings:
    """Recordings that are rows and nothing else; `started` holds the arguments of every start."""

    db: Database
    started: list[dict[str, Any]] = field(default_factory=list)

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
    ) -> Recording:
        session = await sessions.live_of(self.db, meeting.id)
        if session is None and kind is Kind.TRACK:
            raise Conflict("this meeting has no live session")
        running = [r for r in await recording_rows.active_of(self.db, meeting.id) if r.kind is kind]
        if running and not allow_multiple:
            raise Conflict("this meeting is being recorded already")
        if session is None:
            session = a_session(app.id, meeting.id)
            await sessions.insert(self.db, session)
        self.started.append({"config": config, "kind": kind, "allow_multiple": allow_multiple, "caller": caller})
        recording = a_recording(app.id, meeting.id, session.id, config=config, kind=kind, start_caller=caller)
        await recording_rows.insert(self.db, recording)
        return recording

    async def pause(self, recording_id: str) -> Recording:
        return await recording_rows.step(self.db, recording_id, Step.PAUSE)

    async def resume(self, recording_id: str) -> Recording:
        return await recording_rows.step(self.db, recording_id, Step.RESUME)

    async def stop(self, recording_id: str, *, cause: StopCause, caller: Caller | None) -> Recording:
        changes = {"stopped_at": NOW, "stop_cause": cause, "stop_caller": caller}
        return await recording_rows.step(self.db, recording_id, Step.STOP, **changes)


class FakeMessages:
    """Remembers what was sent; only a recording that is interactive takes anything."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    async def send(self, recording: Recording, form: Any, data: str) -> MessageSent:
        if not recording.config.interactive:
            raise Conflict("this recording takes no metadata")
        self.sent.append((form, data))
        return MessageSent(1_700_000_000_000_000, "ID3Data", data, form, None, recording.id, "api")


@dataclass
class House:
    """A running API and what it runs on."""

    client: httpx.AsyncClient
    db: Database
    rooms: FakeRooms
    recordings: FakeRecordings
    issuer: TokenIssuer
    bucket: FolderBucket
    account_id: str
    app_id: str
    token: str
    parts: dict[str, str]
    messages: FakeMessages
    waiting: dict[str, str] = field(default_factory=dict)

    @property
    def kit(self) -> str:
        return f"/client/v4/accounts/{self.account_id}/realtime/kit/{self.app_id}"

    def sdk(self, token: str | None = None) -> cloudflare.AsyncCloudflare:
        """The official SDK, unmodified, over the same transport."""
        return cloudflare.AsyncCloudflare(
            api_token=token or self.token,
            base_url=f"{BASE}/client/v4",
            http_client=httpx.AsyncClient(transport=self.client._transport),
            max_retries=0,
        )

    async def meeting(self, **values: Any) -> str:
        """Create a meeting and return its id."""
        answer = await self.client.post(f"{self.kit}/meetings", json=values)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["data"]["id"])

    async def participant(
        self, meeting_id: str, preset: str = "group_call_host", custom: str = "user-1"
    ) -> tuple[str, str]:
        """Add a participant named Ada; return their id and token."""
        body = {"custom_participant_id": custom, "preset_name": preset, "name": "Ada"}
        answer = await self.client.post(f"{self.kit}/meetings/{meeting_id}/participants", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["data"]["id"]), str(answer.json()["data"]["token"])

    async def session(self, meeting_id: str, **values: Any) -> Session:
        """Remember a live session of a meeting."""
        session = replace(a_session(self.app_id, meeting_id), **values)
        await sessions.insert(self.db, session)
        return session

    async def peer(self, session: Session, **values: Any) -> Peer:
        """Remember a peer of a session."""
        peer = replace(a_peer(session.id), **values)
        await sessions.add_peer(self.db, peer)
        return peer


@asynccontextmanager
async def house(folder: Path, routers: tuple[APIRouter, ...] = ()) -> AsyncIterator[House]:
    """Yield an API whose client carries the API token."""
    address, first = await seeded_database(folder / "roomtape.db")
    db = Database(address)
    settings = Settings(data_dir=folder, rate_per_s=0)
    rooms, recordings = FakeRooms(folder), FakeRecordings(db)
    issuer = TokenIssuer(KEY, 3600)
    bucket = FolderBucket(folder / "bucket", SignedLinks(lambda: BASE, KEY))
    parts, messages = {"janus": "ok"}, FakeMessages()
    deps = Deps(
        settings=settings,
        db=db,
        rooms=cast("Rooms", rooms),
        recordings=recordings,
        issuer=issuer,
        bucket=bucket,
        chat_files=ChatFiles(folder / "chat-files", KEY, settings.chat_file_max_mb << 20),
        ready=lambda: parts,
        routers=routers,
        renders=lambda: (2, 5),
        may_wait=lambda: made.waiting,
        streams=RtmpStreams(folder, Guard(()), FakeRunner({})),
        deliveries=Delivery(db, Destinations(folder, Guard(()), {}), 3600),
        messages=messages,
        pages=Addresses(Guard(("10.0.0.0/8",), setting="page_allow"), Places(BASE, (pair(BASE),))),
        webhooks=Dispatcher(settings, db, Guard(()), _signer(), bucket.link),
    )
    transport = httpx.ASGITransport(_app(deps))
    headers = {"Authorization": f"Bearer {first.api_token}"}
    async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers) as client:
        made = House(
            client,
            db,
            rooms,
            recordings,
            issuer,
            bucket,
            first.account_id,
            first.app_id,
            first.api_token,
            parts,
            messages,
        )
        yield made
    await db.close()


_made: dict[str, Any] = {}
"""A key and an application: both take their time to make, and tests come one after another."""


def _signer() -> Signer:
    if "signer" not in _made:
        with tempfile.TemporaryDirectory() as folder:
            _made["signer"] = signature.load(Path(folder))
    found: Signer = _made["signer"]
    return found


def _app(deps: Deps) -> FastAPI:
    if deps.routers:
        return create_app(deps)
    if "app" not in _made:
        _made["app"] = create_app(deps)
    app: FastAPI = _made["app"]
    app.state.deps = deps
    return app


def a_session(app_id: str, meeting_id: str) -> Session:
    return Session(new_id(), app_id, meeting_id, "Standup", SessionStatus.LIVE, NOW, None, None, 1, 2, NOW, NOW)


def a_peer(session_id: str) -> Peer:
    return Peer(
        new_id(), session_id, new_id(), "user-1", "Ada", None, "group_call_host", False, NOW, None, None, 1, 2, 0, False
    )


def a_recording(app_id: str, meeting_id: str, session_id: str, **values: Any) -> Recording:
    recording = Recording(
        id=new_id(),
        app_id=app_id,
        meeting_id=meeting_id,
        session_id=session_id,
        kind=Kind.COMPOSITE,
        status=Status.INVOKED,
        config=RecordingConfig(),
        allow_multiple=False,
        output_file_name="standup_1.mp4",
        invoked_at=NOW,
        started_at=None,
        stopped_at=None,
        start_cause=StartCause.API_CALL,
        start_caller=None,
        stop_cause=None,
        stop_caller=None,
        duration_ms=None,
        file_size=None,
        download=None,
        audio_download=None,
        expires_at=None,
        expired=False,
        error=None,
        warnings=(),
    )
    return replace(recording, **values)
