"""A recorder of pages without a browser: it says what a script has it say, and dies when it is told to.

Run as `python -m tests.support.scriptedrecorder [WHAT[:DETAIL] …] WORK`: `die` ends it at once, `wait:S` waits,
`deaf` makes it hear no SIGTERM, which else ends it, and `first:WHAT` is for the first process of a folder only.
"""

from __future__ import annotations

import fcntl
import signal
import sys
import time
from pathlib import Path
from typing import Any

from roomtape.browser.job import JOURNAL, LOCK, PageJob
from roomtape.browser.journal import Entry, JournalWriter


def main() -> None:
    *says, folder = sys.argv[1:]
    work = Path(folder)
    PageJob.read(work)
    lock = (work / LOCK).open("a")
    fcntl.flock(lock, fcntl.LOCK_EX)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    first = not (work / JOURNAL).exists()
    journal = JournalWriter(work / JOURNAL)
    for said in says:
        what, _, detail = said.partition(":")
        if what == "first":
            if not first:
                continue
            what, _, detail = detail.partition(":")
        if what == "die":
            sys.exit(3)
        if what == "wait":
            time.sleep(float(detail))
            continue
        if what == "deaf":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        word: Any = what
        journal.write(Entry(time.time_ns() // 1000, word, detail))
    while True:
        time.sleep(1)


if __name__ == "__main__":
    main()
