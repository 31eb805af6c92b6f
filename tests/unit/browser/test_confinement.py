"""The browser's user, home and launcher; what an earlier one left running is found and ended, and nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from roomtape.browser.confinement import base, confine, named, sweep
from roomtape.browser.failure import PageFailed


def _program(folder: Path, text: str) -> str:
    program = folder / "browser"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    return str(program)


def test_the_launcher_makes_the_profile_ours_and_gives_up_rights() -> None:
    within = base()
    work = within / f"work-{os.getpid()}"
    work.mkdir(mode=0o755)
    try:
        program = _program(work, 'id -u; pwd; echo "$@"; cat /proc/self/oom_score_adj; ulimit -d; cat /proc/$$/status')
        held = confine(work, within, "launched", program, 300)
        said = subprocess.run(
            [held.launcher, "--a", "--user-data-dir=/theirs", "about:blank"],
            env=held.environment, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        user, folder, words, oom, data_kb, *status = said.splitlines()
        assert words == f"--user-data-dir={held.folder}/profile --a about:blank"
        assert folder == str(held.folder)
        assert user == str(os.geteuid() if held.uid is None else held.uid)
        assert user != "0"
        assert int(oom) > 0
        assert 300 * 1024 < int(data_kb) < 2000 * 1024, "no process of it can fill the machine"
        assert "NoNewPrivs:\t1" in status
        assert held.folder.stat().st_mode & 0o077 == 0
        assert held.launcher.stat().st_mode & 0o077 == 0
        assert confine(work, within, "launched", program, 300).uid == held.uid
        assert confine(work, within, "another", program, 300).uid != held.uid or held.uid is None
    finally:
        for name in ("launched", "another"):
            sweep(within, name)
        subprocess.run(["rm", "-r", work], check=True)
    assert not list(within.glob(f"{named('launched')}*"))


def test_the_browser_learns_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOMTAPE_API_TOKEN", "secret")
    held = confine(tmp_path, tmp_path, "rec", _program(tmp_path, ""), 300)
    assert set(held.environment) <= {"PATH", "LANG", "HOME", "TMPDIR", "TZ"}


def test_without_chromium_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PageFailed, match="installs Chromium"):
        confine(tmp_path, tmp_path, "rec", "no-such-browser", 300)


def test_what_was_left_is_swept(tmp_path: Path) -> None:
    home = tmp_path / f"{named('rec')}abc"
    home.mkdir()
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    by_home = subprocess.Popen(sleep, env={"HOME": str(home)})
    by_words = subprocess.Popen([*sleep, f"--user-data-dir={home}/profile"])
    other = subprocess.Popen([*sleep, f"--user-data-dir={tmp_path}/{named('rec2')}abc"])
    try:
        for process in (by_home, by_words, other):
            psutil.Process(process.pid)
        while b"sleep" not in Path(f"/proc/{other.pid}/cmdline").read_bytes():
            pass
        assert set(sweep(tmp_path, "rec")) == {by_home.pid, by_words.pid}
        assert by_home.wait(5) == by_words.wait(5) == -9
        assert other.poll() is None
        assert not home.exists()
    finally:
        for process in (by_home, by_words, other):
            process.kill()
            process.wait()
