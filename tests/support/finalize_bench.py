"""A finalizer over fakes: its bucket is a folder, its storages are a dict, and its runner renders nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from roomtape.clock import now_us, to_datetime
from roomtape.db import recordings as rows
from roomtape.db.database import Database
from roomtape.domain.recording import Recording, Status
from roomtape.recordings.delivery import Delivery
from roomtape.recordings.finalize import Finalizer
from roomtape.recordings.retention import Retention
from roomtape.recordings.sessionlogs import SessionLogs
from roomtape.settings import Settings
from roomtape.storage.bucket import FolderBucket
from tests.support.fakestorage import FakeStorages
from tests.support.recording_fakes import FakeRunner, recording


@dataclass
class Bench:
    """`folder` is the data folder; `finalizer` makes one more, as after a restart."""

    folder: Path
    db: Database
    logs: SessionLogs
    bucket: FolderBucket
    runner: FakeRunner
    storages: FakeStorages = field(default_factory=FakeStorages)
    patience_s: float = 3600
    forgotten: list[str] = field(default_factory=list)
    delivery: Delivery = field(init=False)

    def finalizer(self) -> Finalizer:
        async def forget(session_id: str) -> None:
            self.forgotten.append(session_id)

        settings = Settings(data_dir=self.folder)
        self.delivery = Delivery(self.db, self.storages, self.patience_s)
        made = Finalizer(settings, self.db, self.runner, self.bucket, self.logs, self.delivery, forget)
        made.expire = Retention(settings, self.db, self.bucket).expire
        return made

    async def stopped(self, **values: Any) -> Recording:
        now = to_datetime(now_us())
        made = recording(status=Status.UPLOADING, started_at=now, stopped_at=now, **values)
        await rows.insert(self.db, made)
        return made

    async def until(self, *statuses: Status) -> Recording:
        async with asyncio.timeout(30):
            while True:
                found = await rows.get(self.db, "rec-1")
                assert found is not None
                if found.status in statuses:
                    return found
                await asyncio.sleep(0.005)

    def bucket_files(self) -> list[str]:
        root = self.folder / "bucket"
        return sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())
