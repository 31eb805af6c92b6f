"""Owns the pictures that lie in a capture: each is fetched, looked at, and kept under the hash of its content."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from roomtape.capture.paths import ASSETS, capture_dir
from roomtape.domain.ids import new_id
from roomtape.errors import StorageError
from roomtape.render.job import sync_folder

Fetch = Callable[[str, int, float, Sequence[str]], Awaitable[bytes]]
"""`outbound.fetch.fetch` with the server's guard: (url, limit in bytes, within seconds, content types) → content."""


CONTENT_TYPES = ("image/png", "image/jpeg", "image/webp")
"""What `media.picturefile` opens."""


class Assets:
    """Fetches pictures into the captures under `data_dir`."""

    def __init__(self, data_dir: Path, fetch: Fetch) -> None:
        self._data_dir = data_dir
        self._fetch = fetch

    async def add(self, session_id: str, url: str, limit_bytes: int, within_s: float) -> str:
        """Fetch the picture at `url` into the session's capture and return the name of its file; it is on the disk.

        Raises InvalidRequest and DestinationError as the fetch does, RenderError when it is no picture that can be
        decoded, and StorageError when the capture is gone or takes nothing.
        """
        content = await self._fetch(url, limit_bytes, within_s, CONTENT_TYPES)
        capture = capture_dir(self._data_dir, session_id)
        try:
            return await asyncio.to_thread(_keep, capture, content)
        except OSError as error:
            raise StorageError(f"the capture folder {capture} cannot be written: {error.strerror}") from error


def _keep(capture: Path, content: bytes) -> str:
    from roomtape.media import picturefile  # here: few servers ever see a picture, and Pillow takes its time to load

    folder = capture / ASSETS
    folder.mkdir(exist_ok=True)  # not the capture's own folder: one that was deleted stays so
    name = hashlib.sha256(content).hexdigest()
    aside = folder / f"{new_id()}.part"
    try:
        with aside.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        picturefile.check(aside)
        aside.replace(folder / name)
    finally:
        aside.unlink(missing_ok=True)
    sync_folder(folder)
    return name
