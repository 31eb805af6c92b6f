"""The live side of recordings put together over fakes, as the wiring puts it together over the real things."""

from __future__ import annotations

import asyncio
from pathlib import Path

from roomtape.db import recordings as rows
from roomtape.db.database import Database
from roomtape.domain.meeting import Meeting
from roomtape.domain.recording import Kind, Recording, StartCause, Status
from roomtape.domain.recording_config import RecordingConfig
from roomtape.recordings.captures import Captures
from roomtape.recordings.confirmation import Confirmation
from roomtape.recordings.service import Recordings
from roomtape.recordings.sessionlogs import SessionLogs
from roomtape.recordings.supervisor import Supervisor
from roomtape.settings import Settings
from tests.support.recording_fakes import APP, FakeFinalizer, FakeRooms, FakeRunner, make_database, meeting


class World:
    """Everything of one server's run; `again` is the same data folder after a crash."""

    def __init__(self, folder: Path, db: Database, settings: Settings) -> None:
        self.folder = folder
        self.db = db
        self.settings = settings
        self.rooms = FakeRooms(folder, db)
        self.captures = Captures(self.rooms)
        self.logs = SessionLogs(folder, self.rooms)
        self.finalizer = FakeFinalizer()
        self.runner = FakeRunner({})
        self.recordings = Recordings(
            db, self.rooms, self.captures, self.logs, Confirmation(db, self.captures, self.logs), self.finalizer
        )
        self.supervisor = Supervisor(
            settings, db, self.rooms, self.captures, self.recordings, self.runner, lambda *_: RecordingConfig()
        )

    @staticmethod
    async def make(folder: Path, *meetings: Meeting, **settings: object) -> World:
        db = await make_database(folder, *(meetings or (meeting(),)))
        return World(folder, db, Settings(data_dir=folder, **settings))  # type: ignore[arg-type]

    def again(self) -> World:
        return World(self.folder, self.db, self.settings)

    async def start(
        self,
        kind: Kind = Kind.COMPOSITE,
        *,
        config: RecordingConfig | None = None,
        allow_multiple: bool = False,
        of: Meeting | None = None,
    ) -> Recording:
        return await self.recordings.start(
            APP,
            of or meeting(),
            config or RecordingConfig(),
            kind,
            allow_multiple=allow_multiple,
            cause=StartCause.API_CALL,
            caller=None,
        )

    async def until(self, recording_id: str, *statuses: Status, within_s: float = 20.0) -> Recording:
        async with asyncio.timeout(within_s):
            while True:
                found = await rows.get(self.db, recording_id)
                assert found is not None
                if found.status in statuses:
                    return found
                await asyncio.sleep(0.005)

    async def running(self, kind: Kind = Kind.COMPOSITE, *, config: RecordingConfig | None = None) -> Recording:
        return await self.until((await self.start(kind, config=config)).id, Status.RECORDING)

    async def close(self) -> None:
        await self.supervisor.stop()
        await self.recordings.close()
        await self.db.close()
