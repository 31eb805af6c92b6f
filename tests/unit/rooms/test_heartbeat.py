import asyncio
import time
from pathlib import Path

from roomtape.rooms.heartbeat import Heartbeat


async def test_the_next_run_learns_when_this_one_was_alive(tmp_path: Path) -> None:
    first = Heartbeat(tmp_path / "beat")
    assert first.last_us() is None
    first.start()
    await asyncio.sleep(0.01)
    await first.stop()
    last = Heartbeat(tmp_path / "beat").last_us()
    assert last is not None
    assert abs(last - time.time() * 1e6) < 2e6
