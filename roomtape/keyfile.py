"""Owns key files: made once, readable by their owner only, and on the disk before anything is signed by them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return what the key file `path` holds; the first call makes it (0600) of what `make` gives.

    When several make it at once, all get the same: the first one's. Raises OSError, also where there is no such folder.
    """
    if not path.exists():
        aside = path.with_name(f"{path.name}.part-{secrets.token_hex(4)}")
        try:
            _write(aside, make())
            _name(aside, path)
        finally:
            aside.unlink(missing_ok=True)
    return path.read_bytes()


def _write(aside: Path, key: bytes) -> None:
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(handle)


def _name(aside: Path, path: Path) -> None:
    """Give `aside` its name unless somebody else was first; a power cut must not take the name away again."""
    try:
        path.hardlink_to(aside)
    except FileExistsError:
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
