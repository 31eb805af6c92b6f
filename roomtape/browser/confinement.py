"""Owns what holds the browser in: an account without rights, a folder of its own, its launcher, and sweeping it away.

As root, Chromium runs as a user that nobody is (of the range that systemd gives away for a time, so no package has it),
cannot gain rights, and is the first to go when memory is short. Otherwise it runs as we do. None of its processes can
fill the machine's memory in the second before somebody looks.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil

from roomtape.browser.failure import PageFailed

LAUNCHER, PREFIX = "chromium.sh", "roomtape-page-"
_FIRST_UID, _UIDS = 61184, 4336  # systemd.exec(5), DynamicUser=
_OOM_SCORE = 600
_RESERVED_MB = 1024
"""Chromium's pages reserve 0.5 GiB of writable memory that they never touch, and stacks for their threads."""
PROBED_WITHIN_S = 10.0


@dataclass(frozen=True)
class Confinement:
    """How the browser of one recording runs: by `launcher`, at home in `folder`, as `uid` (None: as we do).

    `sandboxed`: this machine lets Chromium hold its pages in user namespaces.
    """

    folder: Path
    launcher: Path
    uid: int | None
    sandboxed: bool

    @property
    def environment(self) -> dict[str, str]:
        """What the browser knows of our environment: nothing that is a secret."""
        zone = {"TZ": os.environ["TZ"]} if "TZ" in os.environ else {}
        home = str(self.folder)
        return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": home, "TMPDIR": home} | zone


def base() -> Path:
    """Return the folder for temporary things that a user without rights can get into."""
    for folder in (Path(tempfile.gettempdir()), Path("/var/tmp")):
        if os.geteuid() != 0 or open_to_all(folder):
            return folder
    return Path("/tmp")


def open_to_all(folder: Path) -> bool:
    """Tell whether every user gets into a folder."""
    return all(p.stat().st_mode & 0o001 for p in (folder, *folder.parents))


def confine(work: Path, within: Path, recording_id: str, chromium: str, most_memory_mb: int) -> Confinement:
    """Make the folder, in that of `base`, and the launcher of a recording's browser.

    What each of its processes can have for itself is bounded a little above `most_memory_mb` (MiB), which all of them
    together may take: that is for whoever weighs them.

    Raises PageFailed without Chromium, and OSError.
    """
    program = shutil.which(chromium)
    if program is None:
        raise PageFailed(f"there is no {chromium} on this machine; run `make setup`, which installs Chromium")
    uid = _uid(recording_id) if os.geteuid() == 0 and shutil.which("setpriv") else None
    folder = Path(tempfile.mkdtemp(prefix=named(recording_id), dir=within))
    if uid is not None:
        os.chown(folder, uid, uid)
    launcher = work / LAUNCHER
    launcher.write_text(_script(program, folder, uid, most_memory_mb), encoding="utf-8")
    launcher.chmod(0o700)
    return Confinement(folder, launcher, uid, _sandbox_works(uid))


def named(recording_id: str) -> str:
    """Return how the names of a recording's folders begin: shortly, for Chromium puts sockets below them, whose paths
    have room for 107 characters (unix(7))."""
    return f"{PREFIX}{hashlib.sha256(recording_id.encode()).hexdigest()[:12]}-"


def sweep(within: Path, recording_id: str) -> list[int]:
    """Kill whatever an earlier browser of this recording left running and remove its folders; return who was killed.

    A process is known by its home, which all that a browser starts have in their environment, or by its command line.
    """
    mark = f"{within}/{named(recording_id)}"
    killed = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if _bears(process, mark):
                process.kill()
                killed.append(process.pid)
    for folder in within.glob(f"{named(recording_id)}*"):
        shutil.rmtree(folder, ignore_errors=True)
    return killed


def _bears(process: psutil.Process, mark: str) -> bool:
    if any(mark in word for word in process.cmdline()):
        return process.pid != os.getpid()
    with contextlib.suppress(psutil.AccessDenied):
        return process.environ().get("HOME", "").startswith(mark)
    return False


def _uid(recording_id: str) -> int:
    """Return a user for a recording, the same each time: recorders cannot touch one another."""
    return _FIRST_UID + int.from_bytes(hashlib.sha256(recording_id.encode()).digest()[:4], "big") % _UIDS


def _as_user(uid: int) -> list[str]:
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--no-new-privs"]


def _script(program: str, folder: Path, uid: int | None, most_memory_mb: int) -> str:
    """Return the launcher: Playwright's profile folder would be its own user's, so it is replaced by ours.

    The limit is of private writable memory (RLIMIT_DATA, in KiB), for address space V8 reserves by the terabyte.
    """
    rights = [*_as_user(uid), "--pdeathsig", "KILL"] if uid is not None else []
    if uid is None and shutil.which("setpriv"):
        rights = ["setpriv", "--no-new-privs", "--pdeathsig", "KILL"]
    words = " ".join(shlex.quote(word) for word in [*rights, program, f"--user-data-dir={folder}/profile"])
    return f"""#!/bin/sh
for word; do
  shift
  case "$word" in --user-data-dir=*) ;; *) set -- "$@" "$word" ;; esac
done
echo {_OOM_SCORE} 2>/dev/null >/proc/self/oom_score_adj
ulimit -d {(most_memory_mb + _RESERVED_MB) * 1024} 2>/dev/null
cd {shlex.quote(str(folder))} && exec {words} "$@"
"""


def _sandbox_works(uid: int | None) -> bool:
    """Tell whether that user may make the namespaces that Chromium's sandbox is made of: containers often forbid it."""
    command = [*(_as_user(uid) if uid is not None else []), "unshare", "--user", "--map-root-user", "--net", "--pid"]
    if os.geteuid() == 0 and uid is None:
        return False  # Chromium refuses to hold in what root runs
    try:
        done = subprocess.run([*command, "--fork", "true"], capture_output=True, timeout=PROBED_WITHIN_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
