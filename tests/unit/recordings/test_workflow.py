import asyncio
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from roomtape.recordings import workflow
from roomtape.recordings.workflow import Step, Workflows, system_database


class Steps:
    """Three steps; the second waits for `gate`."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.gate = asyncio.Event()
        self.reached = asyncio.Event()
        self.finished = asyncio.Event()

    def sequence(self, step: Step, name: str) -> None:
        step("one", self.one, name)
        told = step("two", self.two, name)
        step("three", self.three, name, told)

    async def one(self, name: str) -> str:
        self.done.append(f"one {name}")
        return ""

    async def two(self, name: str) -> str:
        self.reached.set()
        await self.gate.wait()
        self.done.append(f"two {name}")
        return "told"

    async def three(self, name: str, told: str) -> str:
        self.done.append(f"three {name} {told}")
        self.finished.set()
        return ""


def test_dbos_uses_our_postgresql_or_a_file_of_its_own() -> None:
    assert system_database(Path("/d"), None) == "sqlite:////d/dbos.sqlite"
    assert system_database(Path("/d"), "sqlite+aiosqlite:////d/x") == "sqlite:////d/dbos.sqlite"
    assert system_database(Path("/d"), "postgresql+asyncpg://u:p@h/x") == "postgresql://u:p@h/x"


async def test_steps_run_in_order_once_and_again_only_when_asked_after_the_end(tmp_path: Path) -> None:
    steps = Steps()
    steps.gate.set()
    flows = Workflows(system_database(tmp_path, None), steps.sequence)
    await flows.start()
    try:
        began = time.monotonic()
        await flows.begin("a")
        await flows.begin("a")
        async with asyncio.timeout(20):
            await steps.finished.wait()
        assert time.monotonic() - began < 5
        assert steps.done == ["one a", "two a", "three a told"]
        await asyncio.sleep(0.2)
        steps.finished.clear()
        await flows.begin("a")
        async with asyncio.timeout(20):
            await steps.finished.wait()
        assert len(steps.done) == 6
    finally:
        await flows.close()


async def test_a_stop_leaves_a_waiting_workflow_to_the_next_start(tmp_path: Path) -> None:
    before = Steps()
    flows = Workflows(system_database(tmp_path, None), before.sequence)
    await flows.start()
    await flows.begin("a")
    async with asyncio.timeout(20):
        await before.reached.wait()
    began = time.monotonic()
    await flows.close()
    assert time.monotonic() - began < 5
    assert await asyncio.to_thread(lambda: "the loop's own threads still work")

    after = Steps()
    after.gate.set()
    flows = Workflows(system_database(tmp_path, None), after.sequence)
    await flows.start()
    try:
        async with asyncio.timeout(10):
            await after.finished.wait()
        assert after.done == ["two a", "three a told"]
    finally:
        await flows.close()


async def test_a_workflow_that_broke_is_done_anew_when_begun_again(tmp_path: Path) -> None:
    steps = Steps()
    steps.gate.set()
    broken = [True]

    def sequence(step: Step, name: str) -> None:
        if broken:
            broken.clear()
            raise RuntimeError("a fault of ours")
        steps.sequence(step, name)

    flows = workflow.Workflows(system_database(tmp_path, None), sequence)
    await flows.start()
    try:
        await flows.begin("a")
        await asyncio.sleep(0.3)
        assert steps.done == []
        await flows.begin("a")
        async with asyncio.timeout(20):
            await steps.finished.wait()
    finally:
        await flows.close()


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL", logger="dbos")


def kept(folder: Path) -> dict[str, int]:
    """How many rows DBOS's tables have, those that have any and that workflows fill."""
    with closing(sqlite3.connect(folder / "dbos.sqlite")) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        counts = {name: db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}
    return {name: count for name, count in counts.items() if count}


async def forgotten(flows: Workflows, count: int) -> None:
    """Forget so many workflows, as soon as DBOS has written down that they are over; and no more."""
    gone = 0
    async with asyncio.timeout(20):
        while gone < count:
            gone += await flows.forget(datetime.now(UTC) + timedelta(seconds=1))
            await asyncio.sleep(0.02)
    assert gone == count


async def test_what_is_over_for_long_is_forgotten_and_what_runs_is_not(tmp_path: Path) -> None:
    steps = Steps()
    steps.gate.set()
    flows = Workflows(system_database(tmp_path, None), steps.sequence)
    now = datetime.now(UTC)
    assert await flows.forget(now) == 0, "not started"
    await flows.start()
    try:
        empty = kept(tmp_path)
        for name in ("a", "b"):
            await flows.begin(name)
        async with asyncio.timeout(20):
            while len(steps.done) < 6:
                await asyncio.sleep(0.01)
        steps.gate.clear()
        steps.reached.clear()
        await flows.begin("c")
        async with asyncio.timeout(20):
            await steps.reached.wait()
        assert await flows.forget(now - timedelta(minutes=1)) == 0
        await forgotten(flows, 2)
        left = kept(tmp_path)
        assert left["workflow_status"] == 1
        steps.gate.set()
        async with asyncio.timeout(20):
            while "three c told" not in steps.done:
                await asyncio.sleep(0.01)
        await forgotten(flows, 1)
        assert kept(tmp_path) == empty
    finally:
        await flows.close()
