from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import RecordingConfig
from roomtape.errors import RenderError, StorageError
from roomtape.render import runner as module
from roomtape.render.job import PROGRESS, RenderJob, RenderResult
from roomtape.render.runner import MAX_CRASHES, RenderRunner
from tests.support.captures import Capture

FAKE = """
import json, pathlib, sys, time
work = pathlib.Path(sys.argv[1])
runs = work / "runs"
count = len(runs.read_text()) + 1 if runs.exists() else 1
runs.write_text("x" * count)
plan = json.loads((work / "plan.json").read_text())
step = plan[min(count, len(plan)) - 1]
if "ms" in step:
    (work / "progress.json").write_text(json.dumps({"rendered_ms": step["ms"]}))
if "error" in step:
    (work / "error.json").write_text(json.dumps({"message": step["error"]}))
(work / "jobs").write_text(sys.argv[sys.argv.index("--jobs") + 1])
(work / "running").write_text("")
while "until" in step and not (work / step["until"]).exists():
    time.sleep(0.01)
if step["code"] == 0:
    (work / "result.json").write_text(json.dumps({"files": [], "duration_ms": count, "warnings": []}))
sys.exit(step["code"])
"""

Made = Callable[..., RenderRunner]


@pytest.fixture
async def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Made]:
    script = tmp_path / "fake.py"
    script.write_text(FAKE)
    monkeypatch.setattr(module, "_BACKOFF_S", 0.01)
    monkeypatch.setattr(module, "_BUSY_WAIT_S", 0.01)
    made: list[RenderRunner] = []

    def make(slots: int = 2) -> RenderRunner:
        made.append(RenderRunner(slots, (sys.executable, str(script))))
        return made[-1]

    yield make
    for runner in made:
        await runner.stop_all()


def folder(tmp_path: Path, name: str, *plan: dict[str, object], kind: Kind = Kind.COMPOSITE) -> Path:
    work = tmp_path / name
    RenderJob("nowhere", kind, RecordingConfig(), "r1").write(work)
    (work / "plan.json").write_text(json.dumps(plan))
    return work


def runs(work: Path) -> int:
    return len((work / "runs").read_text()) if (work / "runs").exists() else 0


async def until(true: Callable[[], bool], within_s: float = 10) -> None:
    async with asyncio.timeout(within_s):
        while not true():
            await asyncio.sleep(0.01)


async def within(awaitable: Awaitable[RenderResult]) -> RenderResult:
    return await asyncio.wait_for(awaitable, 15)


async def test_result_is_returned_and_not_made_twice(make: Made, tmp_path: Path) -> None:
    work = folder(tmp_path, "a", {"code": 0})
    runner = make()
    assert (await within(runner.run(work))).duration_ms == 1
    assert (await within(runner.run(work))).duration_ms == 1
    assert runs(work) == 1


async def test_run_joins_the_follower(make: Made, tmp_path: Path) -> None:
    work = folder(tmp_path, "a", {"code": 0, "until": "stop"})
    runner = make()
    runner.start_following(work)
    runner.start_following(work)
    await until((work / "running").exists)
    both = asyncio.gather(runner.run(work), runner.run(work))
    (work / "stop").touch()
    assert [r.duration_ms for r in await asyncio.wait_for(both, 15)] == [1, 1]
    assert runs(work) == 1


async def test_a_render_that_is_only_to_be_finished_gets_the_slots_that_are_free(make: Made, tmp_path: Path) -> None:
    names = {"alone": Kind.COMPOSITE, "second": Kind.COMPOSITE, "tracks": Kind.TRACK, "live": Kind.COMPOSITE}
    works = {name: folder(tmp_path, name, {"code": 0, "until": "stop"}, kind=kind) for name, kind in names.items()}
    runner = make(3)
    runner.start_following(works["live"])
    waiting = []
    for name in ("alone", "second", "tracks"):
        waiting.append(asyncio.create_task(runner.run(works[name])))
        await until((works[name] / "running").exists)
    await until((works["live"] / "running").exists)
    for work in works.values():
        (work / "stop").touch()
    for task in waiting:
        await within(task)  # type: ignore[arg-type]
    found = {name: (work / "jobs").read_text() for name, work in works.items()}
    assert found == {"alone": "3", "second": "2", "tracks": "1", "live": "1"}


async def test_fault_and_full_disk_are_told_in_the_words_of_the_process(make: Made, tmp_path: Path) -> None:
    runner = make()
    with pytest.raises(RenderError, match="the capture is broken"):
        await within(runner.run(folder(tmp_path, "a", {"code": 2, "error": "the capture is broken"})))
    with pytest.raises(StorageError, match="make room"):
        await within(runner.run(folder(tmp_path, "b", {"code": 3, "error": "make room"})))
    with pytest.raises(RenderError, match="without saying why"):
        await within(runner.run(folder(tmp_path, "c", {"code": 2})))


async def test_a_follower_that_failed_is_tried_again_at_the_end(make: Made, tmp_path: Path) -> None:
    work = folder(tmp_path, "a", {"code": 2, "error": "too early"}, {"code": 0})
    runner = make()
    runner.start_following(work)
    await until(lambda: runs(work) == 1 and not runner._renders)
    assert (await within(runner.run(work))).duration_ms == 2


async def test_a_crash_is_run_again(make: Made, tmp_path: Path) -> None:
    work = folder(tmp_path, "a", {"code": 1}, {"code": 139}, {"code": 0})
    assert (await within(make().run(work))).duration_ms == 3


async def test_crashes_at_the_same_place_end_it_and_progress_forgives(make: Made, tmp_path: Path) -> None:
    stuck = folder(tmp_path, "a", {"code": 1, "ms": 4000})
    with pytest.raises(RenderError, match=rf"crashed {MAX_CRASHES} times at 4000 ms, last with exit code 1"):
        await within(make().run(stuck))
    assert runs(stuck) == MAX_CRASHES
    onwards = folder(tmp_path, "b", *({"code": 1, "ms": i} for i in range(2 * MAX_CRASHES)), {"code": 0})
    assert (await within(make().run(onwards))).duration_ms == 2 * MAX_CRASHES + 1


async def test_a_busy_folder_is_waited_for(make: Made, tmp_path: Path) -> None:
    work = folder(tmp_path, "a", *[{"code": 4}] * (MAX_CRASHES + 2), {"code": 0})
    assert (await within(make().run(work))).duration_ms == MAX_CRASHES + 3


async def test_followers_wait_for_a_slot_and_never_hold_up_a_finisher(make: Made, tmp_path: Path) -> None:
    first, second = (folder(tmp_path, name, {"code": 0, "until": "stop"}) for name in ("first", "second"))
    over = folder(tmp_path, "over", {"code": 0})
    runner = make(slots=1)
    runner.start_following(first)
    await until((first / "running").exists)
    runner.start_following(second)
    await within(runner.run(over))
    await asyncio.sleep(0.2)
    assert runs(second) == 0
    (second / "stop").touch()
    await within(runner.run(second))  # its recording is over: it no longer waits behind the follower
    assert runs(first) == 1


async def test_the_load_is_what_runs_and_what_waits(make: Made, tmp_path: Path) -> None:
    runner = make(1)
    works = [folder(tmp_path, name, {"code": 0, "until": "go"}) for name in ("a", "b", "c")]
    assert runner.load() == (0, 0)
    tasks = [asyncio.create_task(runner.run(work)) for work in works]
    await until(lambda: runner.load() == (1, 2))
    for work in works:
        (work / "go").touch()
    await asyncio.gather(*tasks)
    await until(lambda: runner.load() == (0, 0))


async def test_finishers_have_their_own_bound(make: Made, tmp_path: Path) -> None:
    works = [folder(tmp_path, str(i), {"code": 0, "until": "stop"}) for i in range(3)]
    runner = make(slots=1)
    tasks = [asyncio.create_task(runner.run(work)) for work in works]
    for done in range(3):
        await until(lambda done=done: sum(runs(w) for w in works) == done + 1)  # type: ignore[misc]
        await asyncio.sleep(0.1)
        assert sum(runs(w) for w in works) == done + 1
        next(w for w in works if runs(w) and not (w / "stop").exists()).joinpath("stop").touch()
    await asyncio.wait_for(asyncio.gather(*tasks), 10)


async def test_track_renders_do_not_wait_for_composites(make: Made, tmp_path: Path) -> None:
    composite = folder(tmp_path, "a", {"code": 0, "until": "stop"})
    runner = make(slots=1)
    waiting = asyncio.create_task(runner.run(composite))
    await until((composite / "running").exists)
    await within(runner.run(folder(tmp_path, "b", {"code": 0}, kind=Kind.TRACK)))
    assert not waiting.done()


async def test_a_render_that_nobody_wants_any_more_is_ended(make: Made, tmp_path: Path) -> None:
    work, other = (folder(tmp_path, name, {"code": 0, "until": "stop"}) for name in "ab")
    runner = make()
    for one in (work, other):
        runner.start_following(one)
        await until((one / "running").exists)
    await asyncio.wait_for(runner.drop(work), 20)
    await runner.drop(tmp_path / "nobody")
    assert runner.load() == (1, 0)
    assert RenderResult.read(work) is None


async def test_stopping_ends_the_processes_and_whoever_waits(make: Made, tmp_path: Path) -> None:
    work = folder(tmp_path, "a", {"code": 0, "until": "never"})
    runner = make()
    waiting = asyncio.create_task(runner.run(work))
    await until((work / "running").exists)
    (child,) = psutil.Process().children()
    await asyncio.wait_for(runner.stop_all(), 20)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    with pytest.raises(asyncio.CancelledError):
        await waiting
    with pytest.raises(asyncio.CancelledError):
        await runner.run(work)
    runner.start_following(work)
    assert not runner._renders
    assert RenderResult.read(work) is None


async def test_run_may_be_awaited_in_another_loop(make: Made, tmp_path: Path) -> None:
    runner = make()
    runner.start_following(folder(tmp_path, "first", {"code": 0}))
    found: list[RenderResult] = []
    work = folder(tmp_path, "a", {"code": 0})
    other = threading.Thread(target=lambda: found.append(asyncio.run(runner.run(work))))
    other.start()
    await until(lambda: not other.is_alive())
    assert found[0].duration_ms == 1


async def test_a_missing_job_file_is_told(make: Made, tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="job file of none"):
        await make().run(tmp_path / "none")
    make().start_following(tmp_path / "none")


async def test_real_process_killed_in_the_middle_of_following(tmp_path: Path) -> None:
    capture = Capture(tmp_path / "capture")
    capture.peer("ann", 0, 3)
    capture.tone("ann", 440, 0, 3)
    capture.recording("r1", 0, None)
    work = tmp_path / "work"
    RenderJob(str(capture.write()), Kind.TRACK, RecordingConfig(), "r1", follow=True).write(work)
    runner = RenderRunner()
    try:
        runner.start_following(work)
        await until((work / PROGRESS).exists)
        (child,) = psutil.Process().children()
        os.kill(child.pid, signal.SIGKILL)
        await until(lambda: any(c.pid != child.pid for c in psutil.Process().children()))
        capture.recording("r1", 0, 3)
        capture.append(capture.events[-1])
        result = await within(runner.run(work))
        assert [f.duration_ms for f in result.media] == [3000]
    finally:
        await runner.stop_all()
