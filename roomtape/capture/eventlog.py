"""Owns the event log of a session: `events.jsonl`, one JSON object a line, only ever appended to."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from roomtape.capture.events import Event, dump, parse
from roomtape.errors import StorageError

_CHUNK = 1 << 20


class EventLogWriter:
    """Appends events, each with one write, so that a reader and a crash see whole lines or the start of one.

    The file and its folder are made with the first event: a disk that refuses them may take them later.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = -1
        self._torn = False

    def _open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._fd = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        size = os.fstat(self._fd).st_size
        self._torn = size > 0 and os.pread(self._fd, 1, size - 1) != b"\n"

    def append(self, event: Event, sync: bool = True) -> None:
        """Add one event; with `sync` it is on the disk at the return.

        Raises StorageError, naming the folder, when the disk is full, read-only or broken.
        """
        line = dump(event)
        try:
            if self._fd < 0:
                self._open()
            if self._torn:  # a crash or a full disk left half a line: ours must not become a part of it
                line = b"\n" + line
            written = os.write(self._fd, line)
            self._torn = written != len(line)
            if self._torn:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if sync:
                os.fsync(self._fd)
        except OSError as error:
            raise _cannot_write(self.path, error) from error

    def sync(self) -> None:
        """Bring everything appended so far to the disk. Raises StorageError."""
        try:
            if self._fd >= 0:
                os.fsync(self._fd)
        except OSError as error:
            raise _cannot_write(self.path, error) from error

    def close(self) -> None:
        """Close the file; the next event would open it again."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class EventLogReader:
    """Reads what is new in an event log; the file may not exist yet. `damaged` counts lines that make no event."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged = 0
        self._at = 0

    def poll(self) -> list[Event]:
        """Return the events of the lines that have become whole since the last call, in the order of the file.

        Events of unknown kinds, and damaged lines, are counted and left out.
        """
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return []
        try:
            pieces = []
            at = self._at
            while piece := os.pread(fd, _CHUNK, at):
                pieces.append(piece)
                at += len(piece)
        finally:
            os.close(fd)
        data = b"".join(pieces)
        whole = data.rfind(b"\n") + 1
        self._at += whole
        events = []
        for line in data[:whole].split(b"\n"):
            if not line:
                continue
            event = parse(line)
            if event is None or not isinstance(event.t, int):
                self.damaged += 1
            else:
                events.append(event)
        return events


def _cannot_write(path: Path, error: OSError) -> StorageError:
    reasons = {
        errno.ENOSPC: "the disk is full: make room on it",
        errno.EDQUOT: "the quota is used up: make room or raise it",
        errno.EROFS: "the disk is read-only: mount it for writing",
        errno.EACCES: "permission is denied: let Roomtape's user write there",
    }
    why = reasons.get(error.errno or 0, f"{error.strerror}: check the disk")
    return StorageError(f"the capture folder {path.parent} cannot be written, {why}")
