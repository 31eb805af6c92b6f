"""Owns a database with one app, one meeting and participants, and rooms over a fake SFU, for unit tests."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from roomtape.capture.eventlog import EventLogReader
from roomtape.capture.events import Event
from roomtape.capture.paths import EVENTS, capture_dir
from roomtape.db.database import Database
from roomtape.db.models import AppRow, MeetingRow
from roomtape.domain.meeting import Meeting, MeetingStatus, Participant, Preset
from roomtape.rooms.admission import Admission
from roomtape.rooms.live import LivePeer, LiveSession
from roomtape.rooms.realtimekit.chatlog import ChatLogs
from roomtape.rooms.realtimekit.memory import RoomFiles
from roomtape.rooms.service import Rooms
from roomtape.settings import Settings
from roomtape.storage.port import Bucket
from tests.support.database import empty_database
from tests.support.fakebucket import FakeBucket
from tests.support.sfu import FakeSfu

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Listener:
    """Remembers what it was told, and who came; `wants` decides on captures."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.came: list[str] = []
        self.wants = False

    async def session_started(self, session: LiveSession) -> None:
        self.told.append("session_started")

    def wants_capture(self, session: LiveSession, peer: LivePeer) -> bool:
        return self.wants

    def joined(self, session: LiveSession, peer: LivePeer) -> None:
        self.came.append(peer.name)

    def broadcasted(self, session: LiveSession, peer_id: str, name: str, payload: bytes, at_us: int) -> None:
        self.told.append(f"broadcasted {name} by {peer_id}: {payload.decode()}")

    async def emptied(self, session: LiveSession) -> None:
        self.told.append("emptied")

    async def filled(self, session: LiveSession) -> None:
        self.told.append("filled")

    async def session_ending(self, session: LiveSession) -> None:
        self.told.append("session_ending")

    async def session_ended(self, session: LiveSession) -> None:
        self.told.append("session_ended")

    async def capture_failed(self, session: LiveSession, peer: LivePeer, message: str) -> None:
        self.told.append(f"capture_failed: {message}")


class House:
    """One server's live side; `again()` is the same after a restart of the process."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.settings = Settings(data_dir=folder, **settings)
        self.db = Database(f"sqlite+aiosqlite:///{folder}/test.sqlite")
        self.sfu = FakeSfu()
        self.listener = Listener()
        self.rooms = Rooms(self.settings, self.db, self.sfu)
        self.rooms.listener = self.listener
        self.bucket = FakeBucket()
        self.chat_logs = ChatLogs(self.db, RoomFiles(folder / "rooms"), cast("Bucket", self.bucket), 7)
        self.meeting = Meeting("m1", "app1", "Weekly", MeetingStatus.ACTIVE, False, None, None, NOW, NOW)

    async def create(self) -> None:
        await empty_database(self.settings.data_dir / "test.sqlite")
        async with self.db.transaction() as tx:
            tx.add(AppRow(id="app1", account_id="acc1", name="App", created_at=NOW))
            await tx.flush()
            tx.add(
                MeetingRow(
                    id="m1",
                    app_id="app1",
                    title="Weekly",
                    status="ACTIVE",
                    record_on_start=False,
                    keep_alive_s=None,
                    recording_config=None,
                    options={},
                    created_at=NOW,
                    updated_at=NOW,
                )
            )

    def again(self) -> House:
        """The same house after a restart: new rooms over the old folder, database and SFU."""
        other = House.__new__(House)
        other.__dict__.update(self.__dict__)
        other.listener = Listener()
        other.rooms = Rooms(self.settings, self.db, self.sfu)
        other.rooms.listener = other.listener
        return other

    def admission(self, name: str, **permissions: Any) -> Admission:
        participant = Participant(f"part-{name}", "m1", f"custom-{name}", name, None, "guest", NOW, NOW)
        preset = Preset("pre", "app1", "guest", {"permissions": permissions}, NOW, NOW)
        return Admission(self.meeting, participant, preset)

    def events(self, session_id: str) -> list[Event]:
        return EventLogReader(capture_dir(self.settings.data_dir, session_id) / EVENTS).poll()

    def names(self, session_id: str) -> list[str]:
        return [e.NAME for e in self.events(session_id)]
