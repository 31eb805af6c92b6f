"""Owns what the recorder of a page says: one JSON line for each thing that happened, durable before the next one."""

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


class JournalWriter:
    """Appends to the journal in `path`; `write` returns when the entry is on the disk. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._torn = os.fstat(self._fd).st_size > 0

    def write(self, entry: Entry) -> None:
        """Append one line; one that a full disk or the end of an earlier process cut is left behind as it is."""
        line = (b"\n" if self._torn else b"") + _line(entry)
        self._torn = True
        if os.write(self._fd, line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(self._fd)
        self._torn = False

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._fd)


class JournalReader:
    """Reads a journal that grows; a line that is not whole yet is left for the next time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def poll(self) -> list[Entry]:
        """Return what is new; nothing while there is no journal. A damaged line is skipped."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                read = file.read()
        except FileNotFoundError:
            return []
        whole = read[: read.rfind(b"\n") + 1]
        self._offset += len(whole)
        return [entry for line in whole.splitlines() if (entry := _parsed(line)) is not None]


def _line(entry: Entry) -> bytes:
    # What a page says may hold half of a surrogate pair, which is no UTF-8.
    return json.dumps(asdict(entry), ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _parsed(line: bytes) -> Entry | None:
    try:
        body = json.loads(line)
        return Entry(int(body["t"]), body["what"], str(body["detail"]))
    except (ValueError, KeyError, TypeError):
        return None
