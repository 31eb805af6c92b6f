"""Owns what Janus does not say about its `.mjr` files: whether the disk takes them, and whether they are there.

Janus (1.1.2, janus_videoroom_recorder_create) only logs it when it cannot open a file, and confirms all the same.
"""

from __future__ import annotations

import asyncio
import errno
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from roomtape.errors import StorageError
from roomtape.sfu.port import PublishedTrack

LEAST_FREE = 16 * 2**20
"""With less room than this (bytes) a capture is refused: an empty file can still be made on a disk that is full."""
APPEAR_WITHIN_S = 2.0
_POLL_S = 0.01


async def check_writable(folder: Path) -> None:
    """Raise StorageError, saying why, unless a file can be written into `folder` and there is some space.

    The folder is made if need be: the disk may have refused it when the meeting began.
    """
    await asyncio.to_thread(_check_writable, folder)


def _check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder, buffering=0) as probe:
            probe.write(bytes(4096))
        space = os.statvfs(folder)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        advice = "free some space" if full else "check the disk and its permissions"
        raise StorageError(f"captures cannot be written to {folder}: {error.strerror}; {advice}") from error
    free = space.f_bavail * space.f_frsize
    if free < LEAST_FREE:
        raise StorageError(f"captures cannot be written to {folder}: only {free >> 20} MiB are left; free some space")


def expected(base: str, tracks: Sequence[PublishedTrack]) -> list[str]:
    """Return the names of the files that Janus makes for a take, one a track."""
    return [f"{base}-{track.kind}-{track.mindex}.mjr" for track in tracks]


async def wait_for_files(folder: Path, base: str, tracks: Sequence[PublishedTrack] | None) -> None:
    """Return once the files of a take lie in `folder`; any one when the tracks are not known.

    Janus opens them before it confirms, so that there is a wait only where the folder is shared over a network.
    Raises StorageError after 2 s.
    """
    deadline = time.monotonic() + APPEAR_WITHIN_S
    while not _there(folder, base, tracks):
        if time.monotonic() > deadline:
            raise StorageError(
                f"Janus made no capture files {base}-*.mjr in {folder}: it may not write there (see its log), or it "
                "runs elsewhere and does not share this folder under the same path"
            )
        await asyncio.sleep(_POLL_S)


def _there(folder: Path, base: str, tracks: Sequence[PublishedTrack] | None) -> bool:
    if tracks is None:
        return any(folder.glob(f"{base}-*.mjr"))
    return all((folder / name).is_file() for name in expected(base, tracks))
