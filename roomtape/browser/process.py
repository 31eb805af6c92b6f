"""Owns the process that records one page: `python -m roomtape.browser.process WORK`, from its lock to its last sweep.

Its exit status is 0 when it was told to end or has said `failed`, 1 for a job that cannot be read, 2 when another one
works in the same folder. The lock's file holds its process id.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import structlog

from roomtape import logs
from roomtape.browser.chromium import adopt_orphans
from roomtape.browser.confinement import base, confine, open_to_all, sweep
from roomtape.browser.failure import PageFailed
from roomtape.browser.job import ALIVE, JOURNAL, LOCK, PageJob
from roomtape.browser.journal import JournalWriter
from roomtape.browser.recorder import Recorder
from roomtape.browser.telling import Telling

log = structlog.get_logger()

ORPHAN_LOOK_S = 2.0
ENDED_WITHIN_S = 4.0
TEMPORARY = "driver"


def main(work: Path) -> int:
    """Record the page of the job in `work` until SIGTERM; return the exit status."""
    try:
        job = PageJob.read(work)
        lock = _locked(work)
    except BlockingIOError:
        print(f"another recorder works in {work}", file=sys.stderr)
        return 2
    except (OSError, ValueError, TypeError, KeyError) as error:
        print(f"the job in {work} cannot be read: {error}", file=sys.stderr)
        return 1
    within = base()
    driver = work / TEMPORARY
    shutil.rmtree(driver, ignore_errors=True)
    driver.mkdir(mode=0o700)
    killed = sweep(within, job.recording_id)
    if killed:
        log.warning("an earlier browser was still there", killed=len(killed))
    os.environ["TMPDIR"] = str(driver)  # for what Playwright's driver keeps
    journal = JournalWriter(work / JOURNAL)
    try:
        asyncio.run(_recorded(work, within, job, Telling(journal)))
    finally:
        sweep(within, job.recording_id)
        shutil.rmtree(driver, ignore_errors=True)
        journal.close()
        os.close(lock)
    return 0


def _locked(work: Path) -> int:
    """Take the lock and return its file. Raises BlockingIOError when it is taken, OSError."""
    lock = os.open(work / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


async def _recorded(work: Path, within: Path, job: PageJob, telling: Telling) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    tasks = {
        asyncio.create_task(_record(work, within, job, telling)),
        asyncio.create_task(ended.wait()),
        asyncio.create_task(_orphaned(work, job.orphan_after_s)),
    }
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    _, late = await asyncio.wait(tasks, timeout=ENDED_WITHIN_S)
    if late:
        log.warning("the browser does not end, so it is killed")
    for task in tasks - late:
        if not task.cancelled() and task.exception() is not None:
            log.error("the recorder broke", exc_info=task.exception())
            telling.tell("failed", "the recorder of the page broke; the server's log says how")


async def _record(work: Path, within: Path, job: PageJob, telling: Telling) -> None:
    try:
        confinement = await asyncio.to_thread(confine, work, within, job.recording_id, job.chromium, job.most_memory_mb)
        if not confinement.sandboxed:
            log.warning("this machine allows no user namespaces, so Chromium runs without its own sandbox")
        if confinement.uid is not None and open_to_all(work.parent):
            log.warning("the data folder is open to all users, so to the browser's: chmod 700 it", folder=str(work))
        await Recorder(job, confinement, telling).run()
    except PageFailed as error:
        telling.tell("failed", str(error))
    except OSError as error:
        telling.tell("failed", f"the recorder of the page cannot work: {error}")


async def _orphaned(work: Path, after_s: float) -> None:
    """Return when nobody has touched `alive` for so long."""
    began = time.time()
    while True:
        touched = began
        with contextlib.suppress(OSError):
            touched = max(began, (work / ALIVE).stat().st_mtime)
        if time.time() - touched > after_s:
            log.warning("no server has asked for this recording any more", after_s=after_s)
            return
        await asyncio.sleep(ORPHAN_LOOK_S)


if __name__ == "__main__":
    logs.configure("info")
    adopt_orphans()
    sys.exit(main(Path(sys.argv[1]).resolve()))
