"""A browser that does not start is a sentence; one that runs is noticed when it dies, weighed, and ended."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from roomtape.browser.chromium import FLAGS, Chromium
from roomtape.browser.confinement import Confinement
from roomtape.browser.failure import PageFailed


class _Browser:
    """Browser and driver in one."""

    closes = True

    def on(self, _event: str, _handler: Any) -> None:
        return

    async def close(self) -> None:
        if not self.closes:
            await asyncio.Event().wait()

    async def stop(self) -> None:
        await self.close()


def test_sound_is_on_and_permissions_are_asked_for() -> None:
    assert not any("fake" in flag or "mute" in flag for flag in FLAGS)


async def test_one_that_does_not_start_says_what_it_said(tmp_path: Path) -> None:
    launcher = tmp_path / "launcher"
    launcher.write_text("#!/bin/sh\necho no display here >&2\nexit 1\n")
    launcher.chmod(0o755)
    with pytest.raises(PageFailed, match=r"(?s)does not start.*no display here"):
        await Chromium.start(Confinement(tmp_path, launcher, None, False), 9)


async def test_its_death_is_noticed_and_what_is_left_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    import roomtape.browser.chromium as module

    monkeypatch.setattr(module, "CLOSED_WITHIN_S", 0.05)
    monkeypatch.setattr(_Browser, "closes", False)
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    first, second = subprocess.Popen(sleep), subprocess.Popen(sleep)
    try:
        parts: Any = _Browser()
        chromium = Chromium(parts, parts, "title")
        await asyncio.sleep(0)
        assert not chromium.gone.is_set()
        both = (psutil.Process(p.pid).memory_full_info().pss for p in (first, second))
        assert chromium.memory_mb() >= sum(both) / (1 << 20) / 2
        first.kill()
        await asyncio.wait_for(chromium.gone.wait(), 20)
        await chromium.stop()
        assert not psutil.pid_exists(second.pid)
    finally:
        for process in (first, second):
            process.kill()
            process.wait()


def test_orphans_become_ours() -> None:
    """In a process of its own: the tests' own shall not adopt anybody."""
    child = """
import subprocess
print(subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).pid)
"""
    done = subprocess.run(
        [sys.executable, "-c", f"""
import subprocess, sys, psutil
from roomtape.browser.chromium import adopt_orphans
adopt_orphans()
orphan = int(subprocess.run([sys.executable, "-c", {child!r}], capture_output=True, check=True).stdout)
assert [p.pid for p in psutil.Process().children()] == [orphan]
psutil.Process(orphan).kill()
"""],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
