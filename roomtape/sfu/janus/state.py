"""Owns the note about the Janus that runs for a data folder, by which a later server recognises that process."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from roomtape.sfu.janus.config import write_private

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Running:
    """A Janus process: `start_ticks` since the boot `boot_id` tell it from a later process with the same pid.

    (The wall-clock start time that psutil gives moves when the clock is set.) `digest` is that of its configuration.
    """

    pid: int
    start_ticks: int
    boot_id: str
    port: int
    digest: str

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"


def note(pid: int, port: int, digest: str) -> Running:
    """Describe a process that runs now. Raises ProcessLookupError when it does not."""
    ticks = _start_ticks(pid)
    if ticks is None:
        raise ProcessLookupError(pid)
    return Running(pid, ticks, _boot_id(), port, digest)


def write(file: Path, running: Running) -> None:
    """Keep the note. Raises OSError."""
    write_private(file, json.dumps(asdict(running)) + "\n")


def read(file: Path) -> Running | None:
    """Return the note in `file`, or None when there is none that can be read."""
    try:
        return Running(**json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def is_alive(running: Running, home: Path) -> bool:
    """Tell whether that very process still runs, and is a Janus started for the folder `home`."""
    return (
        running.boot_id == _boot_id()
        and running.start_ticks == _start_ticks(running.pid)
        and is_ours(running.pid, home)
    )


def is_ours(pid: int, home: Path) -> bool:
    """Tell whether a process's command line says that it is a Janus with its configuration in `home`."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"--configs-folder=" + os.fsencode(home) in arguments


def strays(home: Path) -> list[int]:
    """Return the pids of all Janus processes of the folder `home`, noted or not."""
    return [pid for pid in psutil.pids() if is_ours(pid, home) and _start_ticks(pid) is not None]


def _start_ticks(pid: int) -> int | None:
    """Field 22 of /proc/PID/stat (proc(5)), None for a process that is gone or a zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace")
    except OSError:
        return None
    # The second field is the name in parentheses, which may hold anything.
    fields = text[text.rindex(")") + 2 :].split()
    return None if fields[0] in "ZX" else int(fields[19])


def _boot_id() -> str:
    return _BOOT_ID.read_text("ascii").strip()
