"""A server of nothing but the finalizer: `python -m tests.support.finalize_child DATA_DIR POINT` kills itself at POINT.

Points are `<step>:before`, `<step>:after`, `render:middle` and `publish:middle`. Without a point it goes on until the
recording is UPLOADED and its work folder gone, and prints how long that took, in ms.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from roomtape.db import recordings as rows
from roomtape.db.database import Database
from roomtape.domain.recording import Status
from roomtape.recordings import work
from roomtape.recordings.delivery import Delivery
from roomtape.recordings.finalize import Finalizer
from roomtape.recordings.sessionlogs import SessionLogs
from roomtape.render.job import RenderResult
from roomtape.settings import Settings
from roomtape.storage.bucket import FolderBucket
from roomtape.storage.signedlinks import SignedLinks
from tests.support.fakestorage import FakeStorages
from tests.support.recording_fakes import FakeRooms, FakeRunner

FILES = {"one.mp4": b"1" * 100_000, "two.mp4": b"2" * 200_000}


class _Killer:
    def __init__(self, point: str) -> None:
        self.point = point

    def at(self, point: str) -> None:
        if point == self.point:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, name: str, step: Callable[..., Awaitable[str]]) -> Callable[..., Awaitable[str]]:
        async def guarded(*arguments: str) -> str:
            self.at(f"{name}:before")
            result = await step(*arguments)
            self.at(f"{name}:after")
            return result

        return guarded


class _Runner(FakeRunner):
    def __init__(self, killer: _Killer) -> None:
        super().__init__(FILES, delay_s=0.05)
        self.killer = killer

    async def run(self, work: Path) -> RenderResult:
        if self.killer.point == "render:middle":
            asyncio.get_running_loop().call_later(0.07, self.killer.at, "render:middle")
        return await super().run(work)


class _Bucket(FolderBucket):
    killer = _Killer("")

    async def put(self, path: str, file: Path) -> None:
        await super().put(path, file)
        self.killer.at("publish:middle")


async def _main(folder: Path, point: str) -> None:
    killer = _Killer(point)
    db = Database(f"sqlite+aiosqlite:///{folder / 'test.sqlite'}")
    bucket = _Bucket(folder / "bucket", SignedLinks(lambda: "http://here", b"k" * 32))
    bucket.killer = killer
    logs = SessionLogs(folder, FakeRooms(folder, db))

    async def forget(_session_id: str) -> None:
        return

    delivery = Delivery(db, FakeStorages(), 3600)
    finalizer = Finalizer(Settings(data_dir=folder), db, _Runner(killer), bucket, logs, delivery, forget)
    for name in ("render", "deliver", "tidy"):
        setattr(finalizer, name, killer.around(name, getattr(finalizer, name)))
    began = time.monotonic()
    await finalizer.start()
    await finalizer.begin_all()
    async with asyncio.timeout(20):
        while True:
            found = await rows.get(db, "rec-1")
            if found and found.status is Status.UPLOADED and not work.folder(folder, "rec-1").exists():
                break
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)  # a kill at the very end needs the end to come
    print(round((time.monotonic() - began - 0.2) * 1000))
    await finalizer.close()
    await db.close()


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""))
