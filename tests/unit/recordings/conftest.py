from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from roomtape.db import sessions
from roomtape.recordings.sessionlogs import SessionLogs
from roomtape.storage.bucket import FolderBucket
from roomtape.storage.signedlinks import SignedLinks
from tests.support.finalize_bench import Bench
from tests.support.recording_fakes import FakeRooms, FakeRunner, make_database, meeting, session_row
from tests.support.recording_world import World


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = await World.make(tmp_path)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    db = await make_database(tmp_path, meeting())
    await sessions.insert(db, session_row("sess-1"))
    logs = SessionLogs(tmp_path, FakeRooms(tmp_path, db))
    bucket = FolderBucket(tmp_path / "bucket", SignedLinks(lambda: "http://here:1", b"k" * 32))
    yield Bench(tmp_path, db, logs, bucket, FakeRunner({"weekly_1.mp4": b"moving pictures"}))
    await db.close()
