"""A recorder's process: one for a folder, a sentence for a bad job, and an end of its own when nobody asks for it."""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from pathlib import Path

import pytest

from roomtape.browser import process
from roomtape.browser.job import ALIVE, JOURNAL, LOCK, PageJob
from roomtape.browser.journal import JournalReader


def _job(chromium: str = "no-such-browser") -> PageJob:
    return PageJob("rec", "http://a.example/", 320, 180, 30, "http://127.0.0.1:9/whip", "t", (), (), chromium=chromium)


@pytest.mark.parametrize("job", [None, "", "{}", '{"allowed": [], "own": [], "odd": 1}', "[]"])
def test_a_bad_job_is_a_sentence(tmp_path: Path, job: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    if job is not None:
        (tmp_path / "job.json").write_text(job)
    assert process.main(tmp_path) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_there_is_one_for_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _job().write(tmp_path)
    with (tmp_path / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert process.main(tmp_path) == 2
    assert "another recorder" in capsys.readouterr().err


def test_what_cannot_be_recorded_is_told_and_the_process_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", os.environ.get("TMPDIR", "/tmp"))
    _job().write(tmp_path)
    assert process.main(tmp_path) == 0
    (entry,) = JournalReader(tmp_path / JOURNAL).poll()
    assert entry.what == "failed"
    assert "installs Chromium" in entry.detail
    assert (tmp_path / LOCK).read_text() == f"{os.getpid()}\n"


async def test_nobody_asks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "ORPHAN_LOOK_S", 0.02)
    alive = tmp_path / ALIVE
    waiting = asyncio.create_task(process._orphaned(tmp_path, 0.3))
    for _ in range(10):
        alive.touch()
        await asyncio.sleep(0.05)
    assert not waiting.done()
    began = time.monotonic()
    await asyncio.wait_for(waiting, 20)
    assert time.monotonic() - began > 0.1
