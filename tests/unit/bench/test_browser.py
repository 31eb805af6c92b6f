from __future__ import annotations

import sys
import threading
from pathlib import Path

import httpx
import psutil
import pytest

from roomtape.bench import browser
from roomtape.domain.layout import grid
from roomtape.errors import DestinationError


def test_the_page_and_its_media_are_served(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("audio", "video")]
    for path in paths:
        path.write_bytes(path.name.encode())
    playing = threading.Event()
    with browser._served(paths, grid(1, 640, 360), playing) as address:
        page = httpx.get(address).text
        assert "const tiles = [[0, 0, 640, 360]];" in page
        assert [httpx.get(f"{address}{n}").content for n in (0, 1)] == [b"audio", b"video"]
        for missing in ("2", "-1", "etc/passwd", "favicon.ico"):
            assert httpx.get(f"{address}{missing}").status_code == 404
        assert not playing.is_set()
        assert httpx.post(f"{address}playing").status_code == 204
        assert playing.is_set()


def test_what_was_started_ends_with_all_it_has_started() -> None:
    code = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    with browser._running([sys.executable, "-c", f"{code}; time.sleep(60)"]) as pid:
        while not psutil.Process(pid).children():
            pass
        (child,) = psutil.Process(pid).children()
        with browser._memory([pid]) as samples:
            assert samples[0] > 1 << 20
    assert not psutil.pid_exists(pid)
    _, alive = psutil.wait_procs([child], timeout=5)
    assert not alive


def test_a_tool_that_is_missing_is_named() -> None:
    with pytest.raises(DestinationError, match="scripts/setup bench"), browser._running(["no-such-tool"]):
        pass
