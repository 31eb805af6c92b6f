from __future__ import annotations

import sys

import psutil
import pytest

from roomtape.bench import browser
from roomtape.bench.measure import memory_samples
from roomtape.errors import DestinationError


def test_what_was_started_ends_with_all_it_has_started() -> None:
    code = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    with browser._running([sys.executable, "-c", f"{code}; time.sleep(60)"]) as pid:
        while not psutil.Process(pid).children():
            pass
        (child,) = psutil.Process(pid).children()
        with memory_samples([pid]) as samples:
            assert samples[0] > 1 << 20
    assert not psutil.pid_exists(pid)
    _, alive = psutil.wait_procs([child], timeout=5)
    assert not alive


def test_a_tool_that_is_missing_is_named() -> None:
    with pytest.raises(DestinationError, match="scripts/setup bench"), browser._running(["no-such-tool"]):
        pass
