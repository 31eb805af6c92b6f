"""Owns what the recorder of a page says: one JSON line for each thing that happened, durable before the next one.

A message alone is not waited for: it is in the session's log, durably, a moment later, and is blanked out here then.
"""

from __future__ import annotations

import errno
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

What = Literal[
    "published",  # picture and sound reach the SFU; `detail` is the peer's id
    "begin",  # the recording shall begin now; `detail`: `sdk` (the page said so) or `load` (it has no recording SDK)
    "message",  # the page's recording SDK forwarded a broadcast message; `detail` is its JSON text
    "left",  # the page says that its meeting is over: the recording shall end
    "failed",  # it cannot be recorded, or not any more, and will not be tried again; `detail` says why
    "crashed",  # the page's process died
    "hung",  # the page does not answer
    "blank",  # the page shows nothing at all
    "gone",  # the browser itself died
    "memory",  # it took more than its memory
    "back",  # after one of these five, the page is shown again
    "navigated",  # the page went elsewhere; `detail` is the address without query
    "refused",  # an address was not loaded; `detail` is it without query, and why
    "silent",  # picture or sound does not reach the SFU any more, and is published anew
]


@dataclass(frozen=True)
class Entry:
    """One thing that happened at `t` (µs since the Unix epoch)."""

    t: int
    what: What
    detail: str = ""


MOST_AT_ONCE = 4 << 20
"""Bytes that are read at once; a line has less than a quarter of it."""


class JournalWriter:
    """Appends to the journal in `path`; what is no message is on the disk when `write` returns. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._torn = os.fstat(self._fd).st_size > 0

    def write(self, entry: Entry) -> None:
        """Append one line; one that a full disk or the end of an earlier process cut is left behind as it is."""
        line = (b"\n" if self._torn else b"") + _line(entry)
        self._torn = True
        if os.write(self._fd, line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._torn = False
        if entry.what != "message":
            os.fsync(self._fd)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._fd)


class JournalReader:
    """Reads a journal that grows; a line that is not whole yet is left for the next time.

    `at_end` tells whether the last `poll` left nothing that was whole.
    """

    def __init__(self, path: Path) -> None:
        self.at_end = True
        self._path = path
        self._offset = 0
        self._messages: list[tuple[int, int]] = []

    def poll(self) -> list[Entry]:
        """Return what is new in the next 4 MiB; nothing while there is no journal. A damaged line is skipped."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                read = file.read(MOST_AT_ONCE)
        except FileNotFoundError:
            return []
        self.at_end = len(read) < MOST_AT_ONCE
        entries = []
        for line in read[: read.rfind(b"\n") + 1].split(b"\n")[:-1]:
            entry = _parsed(line)
            if entry is not None:
                entries.append(entry)
                if entry.what == "message":
                    self._messages.append((self._offset, len(line)))
            self._offset += len(line) + 1
        return entries

    def blank_messages(self) -> None:
        """Overwrite the messages that were polled: they are where they belong now. Raises OSError."""
        if self._messages:
            with self._path.open("r+b") as file:
                for offset, size in self._messages:
                    file.seek(offset)
                    file.write(b" " * size)
            self._messages.clear()


def _line(entry: Entry) -> bytes:
    # What a page says may hold half of a surrogate pair, which is no UTF-8.
    return json.dumps(asdict(entry), ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _parsed(line: bytes) -> Entry | None:
    try:
        body = json.loads(line)
        return Entry(int(body["t"]), body["what"], str(body["detail"]))
    except (ValueError, KeyError, TypeError):
        return None
