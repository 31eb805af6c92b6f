"""kill -9 at every moment between the stop and UPLOADED: one recording, whole files, none twice."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

from roomtape.clock import now_us, to_datetime
from roomtape.db import recordings as rows
from roomtape.db import sessions
from roomtape.domain.recording import Recording, Status
from tests.support.finalize_child import FILES
from tests.support.recording_fakes import APP, make_database, meeting, recording, session_row

ROOT = Path(__file__).parents[2]
POINTS = [
    "render:before",
    "render:middle",
    "render:after",
    "deliver:before",
    "publish:middle",
    "deliver:after",
    "tidy:before",
]


def _server(folder: Path, point: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.support.finalize_child", str(folder), point]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=40, check=False)


async def _stopped(folder: Path) -> None:
    db = await make_database(folder, meeting())
    await sessions.insert(db, session_row("sess-1"))
    now = to_datetime(now_us())
    await rows.insert(db, recording(status=Status.UPLOADING, started_at=now, stopped_at=now))
    await db.close()


async def _result(folder: Path) -> tuple[Recording, dict[str, bytes]]:
    db = await make_database(folder)
    found = await rows.get(db, "rec-1")
    await db.close()
    assert found is not None
    root = folder / "bucket"
    return found, {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


async def test_killed_at_all_points_one_after_the_other(tmp_path: Path) -> None:
    await _stopped(tmp_path)
    for point in POINTS:
        killed = await asyncio.to_thread(_server, tmp_path, point)
        assert killed.returncode == -signal.SIGKILL, (point, killed.stderr)
    last = await asyncio.to_thread(_server, tmp_path)
    assert last.returncode == 0, last.stderr
    found, files = await _result(tmp_path)
    assert found.status is Status.UPLOADED
    assert files == {f"{APP.id}/rec-1/{name}": data for name, data in FILES.items()}
    assert found.file_size == sum(len(data) for data in FILES.values())
