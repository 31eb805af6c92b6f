"""Owns measuring processes: wall time and CPU time of a command and all it starts, and of processes that run on."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from roomtape.errors import DestinationError

_POLL_S = 0.005
_SAMPLE_S = 2.0
_TOLD = 400  # characters of what a command said last


@dataclass(frozen=True)
class Usage:
    """What a command took: `wall_s` from start to end, `cpu_s` user and system time of its whole process tree.

    `peak_bytes` is the most memory that one of its processes had resident.
    """

    wall_s: float
    cpu_s: float
    peak_bytes: int = 0


def run(command: Sequence[str], timeout_s: float, cwd: Path | None = None) -> Usage:
    """Run `command` to its end and return what it took, what its children took included (getrusage(2)).

    Raises DestinationError when it cannot be started, fails, or takes longer than `timeout_s`; then it is ended
    together with its children.
    """
    begin = time.monotonic()
    try:
        # A session of its own: everything the command starts can be ended with it, and nothing else.
        child = subprocess.Popen(
            command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise DestinationError(f"{command[0]} cannot be started: {error.strerror}; `make setup` installs it") from error
    assert child.stderr is not None
    try:
        os.set_blocking(child.stderr.fileno(), False)
        said = b""
        while True:
            said = (said + (child.stderr.read() or b""))[-_TOLD:]
            # wait4 and not Popen.wait: only it tells what the process and its children used.
            pid, status, used = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() - begin > timeout_s:
                raise DestinationError(f"{command[0]} took longer than {timeout_s:.0f} s; is the machine busy?")
            time.sleep(_POLL_S)
        wall_s = time.monotonic() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        said = (said + (child.stderr.read() or b""))[-_TOLD:]
    finally:
        child.stderr.close()
        if child.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    if child.returncode:
        raise DestinationError(
            f"{command[0]} failed with exit code {child.returncode}: {said.decode(errors='replace')}"
        )
    return Usage(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def alternate(ours: Callable[[], Usage], other: Callable[[], Usage], pairs: int) -> list[tuple[Usage, Usage]]:
    """Run both, one directly after the other, `pairs` times; who is first changes, so that neither has the warmer side.

    Returns (ours, other) of each pair.
    """
    found = []
    for number in range(pairs):
        if number % 2:
            theirs = other()
            found.append((ours(), theirs))
        else:
            mine = ours()
            found.append((mine, other()))
    return found


class CpuMeter:
    """CPU seconds of the running processes that `pids` names, from the meter's making on.

    A process that begins meanwhile counts from its beginning; one that ends meanwhile does not count.
    """

    def __init__(self, pids: Callable[[], Iterable[int]]) -> None:
        self._pids = pids
        self._begin = _used_s(pids())
        self._since = time.monotonic()

    def seconds(self) -> float:
        """Return the CPU seconds since the making."""
        return sum(now - self._begin.get(pid, 0.0) for pid, now in _used_s(self._pids()).items())

    def percent(self) -> float:
        """Return the mean use since the making, in percent of one core."""
        return 100 * self.seconds() / (time.monotonic() - self._since)


def tree(roots: Iterable[int]) -> list[int]:
    """Return processes and all that they have started, as far as they run."""
    found = []
    for root in roots:
        with suppress(psutil.NoSuchProcess):
            found += [root, *(child.pid for child in psutil.Process(root).children(recursive=True))]
    return found


def memory_bytes(pids: Iterable[int]) -> int:
    """Return the memory of processes together; what several share counts once (PSS, see proc(5))."""
    total = 0
    for pid in pids:
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            total += psutil.Process(pid).memory_full_info().pss
    return total


@contextmanager
def memory_samples(roots: Sequence[int]) -> Iterator[list[int]]:
    """Sample what the processes below `roots` have in memory now and then; yields the samples, at least one."""
    samples = [memory_bytes(tree(roots))]
    over = threading.Event()

    def sample() -> None:
        while not over.wait(_SAMPLE_S):
            samples.append(memory_bytes(tree(roots)))

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()


def _used_s(pids: Iterable[int]) -> dict[int, float]:
    used = {}
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            times = psutil.Process(pid).cpu_times()
            used[pid] = times.user + times.system
    return used
