from __future__ import annotations

import os
import sys
import time

import psutil
import pytest

from roomtape.bench.measure import CpuMeter, Usage, alternate, run
from roomtape.errors import DestinationError

BURN = "import time\nwhile time.process_time() < 0.3: pass"


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-c", code]


def test_cpu_of_children_counts() -> None:
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-I', '-c', {BURN!r}])"
    used = run(python(code), 60)
    assert 0.3 <= used.cpu_s < 3
    assert used.wall_s >= 0.3


def test_sleeping_costs_no_cpu() -> None:
    used = run(python("import time; time.sleep(0.5)"), 60)
    assert used.wall_s >= 0.5
    assert used.cpu_s < 0.4


def test_a_failure_is_told_in_the_commands_words() -> None:
    with pytest.raises(DestinationError, match="exit code 3: no such codec"):
        run(python("import sys; sys.stderr.write('no such codec'); sys.exit(3)"), 60)
    with pytest.raises(DestinationError, match="make setup"):
        run(["no-such-tool"], 60)


def test_much_that_is_said_blocks_nobody() -> None:
    assert run(python("import sys; sys.stderr.write('x' * 300_000)"), 60).wall_s < 30


def test_what_takes_too_long_is_ended_with_its_children() -> None:
    mark = f"bench-test-{os.getpid()}"
    code = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-I', '-c', 'import time; time.sleep(60)', '{mark}'])"
    )
    with pytest.raises(DestinationError, match="longer than 1 s"):
        run(python(code), 1)
    deadline = time.monotonic() + 5
    while any(mark in (p.info["cmdline"] or []) for p in psutil.process_iter(["cmdline"])):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_both_sides_take_turns_in_being_first() -> None:
    order: list[str] = []

    def side(name: str, cpu_s: float) -> Usage:
        order.append(name)
        return Usage(1, cpu_s)

    pairs = alternate(lambda: side("ours", 2), lambda: side("other", 3), 3)
    assert order == ["ours", "other", "other", "ours", "ours", "other"]
    assert [(a.cpu_s, b.cpu_s) for a, b in pairs] == [(2, 3)] * 3


def test_a_meter_reads_running_processes() -> None:
    meter = CpuMeter(lambda: [os.getpid(), 2**22 + 1])  # the second is above the largest pid
    until = time.process_time() + 0.3
    while time.process_time() < until:
        pass
    assert meter.percent() > 5


def test_a_process_that_begins_later_counts_from_its_beginning() -> None:
    pids: list[int] = []
    meter = CpuMeter(lambda: pids)
    pids.append(os.getpid())
    assert meter.percent() > 100, "all that this process has ever used, within no time"
