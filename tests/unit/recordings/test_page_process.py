"""Tests of the process that records a page: found again, ended gently, and killed where that is of no use."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import pytest

from roomtape.browser.confinement import base, named
from roomtape.browser.job import ALIVE, JOURNAL
from roomtape.recordings import page_process
from roomtape.recordings.page_process import PageProcess, running
from tests.support.wait import until

UP = "open(sys.argv[-1] + '/up', 'w'); time.sleep(60)"
STUBBORN = (
    "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True); " + UP
)


def made(work: Path, code: str = "import sys, time; " + UP) -> PageProcess:
    work.mkdir(exist_ok=True, parents=True)
    return PageProcess(work, (sys.executable, "-c", code, page_process.COMMAND[-1]))


async def up(process: PageProcess) -> None:
    await process.start()
    await until(lambda: (process.work / "up").exists())


async def test_it_lives_in_a_session_of_its_own_and_ends_when_told(tmp_path: Path) -> None:
    process = made(tmp_path / "rec")
    assert not process.alive
    await up(process)
    assert process.alive
    process.touch()
    assert (process.work / ALIVE).exists()
    await process.end()
    assert not process.alive
    await process.end()
    process.forget()
    assert not process.work.exists()


async def test_an_earlier_servers_is_found_by_its_folder(tmp_path: Path) -> None:
    process, other = made(tmp_path / "pages" / "rec"), made(tmp_path / "elsewhere" / "rec-2")
    await up(process)
    await up(other)
    found = running(tmp_path / "pages")
    assert list(found) == ["rec"]
    again = PageProcess(process.work)
    again.adopt(found["rec"])
    assert again.alive
    await again.end()
    assert not again.alive
    await until(lambda: not process.alive)
    await other.end()
    assert running(tmp_path / "pages") == {}


async def test_what_does_not_end_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    process = made(tmp_path / "rec", STUBBORN)
    await up(process)
    assert process._child is not None
    tree = page_process._tree(process._child.pid)
    assert len(tree) == 2
    began = time.monotonic()
    await process.end(0.2)
    assert time.monotonic() - began < 5
    await until(lambda: not any(p.is_running() and p.status() != "zombie" for p in tree))


async def test_a_browser_whose_recorder_is_gone_is_killed(tmp_path: Path) -> None:
    process = made(tmp_path / "rec")
    code = "import time; time.sleep(60)"
    profile = f"--user-data-dir={base()}/{named('rec')}x/profile"
    browser = await asyncio.create_subprocess_exec(sys.executable, "-c", code, profile)
    beside = await asyncio.create_subprocess_exec(sys.executable, "-c", code, f"{process.work}/journal.jsonl")
    await asyncio.sleep(0.1)
    await process.end()
    assert await asyncio.wait_for(browser.wait(), 20) == -9
    assert beside.returncode is None, "who reads its files is left alone"
    beside.kill()
    await beside.wait()


async def test_secrets_of_the_server_are_not_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOMTAPE_API_TOKEN", "canary")
    process = made(tmp_path / "rec", "import os,sys; print(sorted(os.environ), file=sys.stderr); sys.exit(4)")
    await process.start()
    await until(lambda: not process.alive)
    assert "PATH" in process.last_words()
    assert "ROOMTAPE" not in process.last_words()
    assert PageProcess(tmp_path / "none").last_words() == ""


def test_beginning_anew_forgets_what_was_said(tmp_path: Path) -> None:
    process = made(tmp_path / "rec")
    (process.work / JOURNAL).write_text("{}")
    process.begin_anew()
    process.begin_anew()
    assert not (process.work / JOURNAL).exists()
