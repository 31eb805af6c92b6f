"""Owns keeping captures safe on their disk: what was written is synced, and a disk that takes no more is noticed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from roomtape.errors import StorageError

LOWEST_FREE = 64 << 20
"""Bytes that must be free on the captures' disk; below them is a warning while there is still time to act."""

_PROBE = ".probe"
_BLOCK = bytes(4096)


def sync_takes(folder: Path, bases: Iterable[str]) -> None:
    """Bring what the SFU has written of these takes to the disk; a file that is gone is no error.

    fsync of any descriptor writes the whole file's dirty pages, whoever wrote them. Raises StorageError.
    """
    for base in bases:
        for file in folder.glob(f"{base}-*.mjr"):
            try:
                fd = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            try:
                os.fsync(fd)
            except OSError as error:
                raise _unwritable(folder, error) from error
            finally:
                os.close(fd)


def probe(folder: Path) -> None:
    """Write and delete one block in `folder`, which is made if need be. Raises StorageError when that is not possible.

    The SFU only logs a failing write, so a full disk has to be found out in another way.
    """
    file = folder / _PROBE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.write(fd, _BLOCK)
            os.fsync(fd)
        finally:
            os.close(fd)
            file.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error


def shortage(folder: Path) -> str | None:
    """Return a sentence when less than LOWEST_FREE bytes are free on the folder's disk, else None."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return None
    if free >= LOWEST_FREE:
        return None
    return f"less than {LOWEST_FREE >> 20} MiB are free on the disk of the captures ({folder.parent}): make room"


def _unwritable(folder: Path, error: OSError) -> StorageError:
    return StorageError(f"the capture folder cannot be written: {error.strerror}; make room or correct {folder}")
