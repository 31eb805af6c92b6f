"""Owns a small disk of its own for a folder: a tmpfs that can be filled up, emptied and made read-only. Needs root."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class SmallDisk:
    """A mounted tmpfs of `size` MiB."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"
        self._covered = 0

    @property
    def free(self) -> int:
        """Bytes that are free."""
        space = os.statvfs(self.folder)
        return space.f_bavail * space.f_frsize

    def fill(self, leave: int = 0) -> None:
        """Take all space but `leave` bytes."""
        with self._ballast.open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, max(self.free - leave, 4096))

    def make_room(self) -> None:
        """Give back what `fill` took."""
        self._ballast.unlink()

    def read_only(self) -> None:
        """Let nobody open a file for writing any more; a file that is open for it already stays so.

        A read-only mount of the same folder on top does it: remounting is refused while a file is open for writing.
        """
        _run("mount", "--bind", str(self.folder), str(self.folder))
        self._covered += 1
        _run("mount", "-o", "remount,ro,bind", str(self.folder))

    def writable(self) -> None:
        """Take back what `read_only` did."""
        _run("umount", str(self.folder))
        self._covered -= 1

    def close(self) -> None:
        """Unmount all."""
        for _ in range(self._covered + 1):
            _run("umount", "--lazy", str(self.folder))


@contextmanager
def small_disk(folder: Path, size: int = 80) -> Iterator[SmallDisk]:
    """Mount a tmpfs of `size` MiB at `folder`, which is made."""
    folder.mkdir(parents=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={size}m", "tmpfs", str(folder))
    disk = SmallDisk(folder)
    try:
        yield disk
    finally:
        disk.close()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
