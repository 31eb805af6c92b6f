"""Owns the files that people send in chat: a folder a meeting, links that are signed, each file gone after its day.

A file lies at `ROOT/{meeting_id}/{expires}-{id}/{name}`; `expires` is in s since the Unix epoch, so that the folder
alone says when it goes.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import os
import re
import secrets
import shutil
import time
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO, Literal
from urllib.parse import quote

from roomtape.domain.ids import is_id, new_id
from roomtape.errors import Conflict, Forbidden, InvalidRequest, NotFound, StorageError, TooMany
from roomtape.storage.bucket import content_type

DOOR = "/chat-files/"
MOST_BYTES_PER_MEETING = 1 << 30
LEAST_BYTES = 8192
"""What a file counts at least: its block and its folder's, which an empty one takes as well."""
UPLOADS_AT_ONCE = 8
"""To one meeting: what is on its way is not counted yet."""
LONGEST_NAME = 120
"""Bytes of UTF-8."""
SHOWN_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""What browsers may show as what it is; everything else is bytes to save."""

Method = Literal["GET", "PUT"]
_FOLDER = re.compile(r"(\d{1,12})-[0-9a-f-]{36}")
_NOT_IN_NAMES = re.compile(r"[^\w. ()\[\]+,=-]+")


class ChatFiles:
    """Files under `root`. A link's signature is HMAC-SHA256 (RFC 2104) over method, path and expiry, in lines."""

    def __init__(self, root: Path, key: bytes, most_bytes: int) -> None:
        self.root = root
        self.most_bytes = most_bytes
        self._key = key
        self._naming = asyncio.Lock()
        self._uploads: Counter[str] = Counter()

    def new_path(self, meeting_id: str, filename: str, expires_s: int) -> str:
        """Return where a new file may be put. Raises InvalidRequest when nothing is left of its name."""
        return f"{meeting_id}/{expires_s}-{new_id()}/{safe_name(filename)}"

    def link(self, method: Method, path: str, expires_s: int) -> str:
        """Return the path and query of a URL that allows `method` on `path` until `expires_s`."""
        return f"{DOOR}{quote(path)}?expires={expires_s}&signature={self._sign(method, path, str(expires_s))}"

    def check(self, method: Method, path: str, expires: str, signature: str) -> Path:
        """Return the place that a link names. Raises Forbidden for a wrong or expired signature, NotFound."""
        if not hmac.compare_digest(self._sign(method, path, expires).encode(), signature.encode("utf-8", "replace")):
            raise Forbidden("this link's signature is wrong; use the link as it was given, to its last character")
        if not expires.isascii() or not expires.isdigit() or int(expires) < time.time():
            raise Forbidden("this link has expired; ask for a new one")
        meeting_id, _, rest = path.partition("/")
        folder, _, name = rest.partition("/")
        if not is_id(meeting_id) or _FOLDER.fullmatch(folder) is None or name != safe_name(name):
            raise NotFound("there is no such file")
        return self.root / meeting_id / folder / name

    async def put(self, file: Path, chunks: AsyncIterator[bytes]) -> int:
        """Store what `chunks` bring as `file`, whole or not at all; return its bytes.

        Raises InvalidRequest (413) when it is too long, Conflict when the meeting has too many, TooMany, StorageError.
        """
        meeting = file.parent.parent
        if self._uploads[meeting.name] >= UPLOADS_AT_ONCE:
            raise TooMany(f"{UPLOADS_AT_ONCE} files are on their way to this meeting; send this one after them", 5)
        aside = file.parent.with_name(f".part-{secrets.token_hex(8)}")
        self._uploads[meeting.name] += 1
        try:
            await asyncio.to_thread(_check_room, meeting, 0)
            return await self._put(file, aside, chunks)
        except OSError as error:
            raise StorageError(
                f"{file} cannot be written: {error.strerror}; make room or correct its rights"
            ) from error
        finally:
            self._uploads[meeting.name] -= 1
            self._uploads += Counter()  # without those at 0
            await asyncio.to_thread(aside.unlink, missing_ok=True)

    async def _put(self, file: Path, aside: Path, chunks: AsyncIterator[bytes]) -> int:
        size = 0
        await asyncio.to_thread(aside.parent.mkdir, 0o700, True, True)
        with await asyncio.to_thread(aside.open, "xb") as out:
            async for chunk in chunks:
                size += len(chunk)
                if size > self.most_bytes:
                    raise InvalidRequest(f"a file may have {self.most_bytes >> 20} MiB at most", "file", 413)
                await asyncio.to_thread(out.write, chunk)
            await asyncio.to_thread(_finish, out)
        async with self._naming:  # one at a time, so that each counts those before it
            await asyncio.to_thread(_check_room, file.parent.parent, size)
            await asyncio.to_thread(_name, aside, file)
        return size

    async def sweep(self, now_s: float) -> int:
        """Delete what has expired, and what a broken upload left a day ago; return how many folders went."""
        return await asyncio.to_thread(self._sweep, now_s)

    def _sweep(self, now_s: float) -> int:
        gone = 0
        for meeting in list(self.root.iterdir()) if self.root.is_dir() else []:
            for folder in list(meeting.iterdir()):
                found = _FOLDER.fullmatch(folder.name)
                if found is not None and int(found[1]) < now_s:
                    shutil.rmtree(folder, ignore_errors=True)
                    gone += 1
                elif folder.name.startswith(".part-") and folder.stat().st_mtime < now_s - 86_400:
                    folder.unlink()
            with contextlib.suppress(OSError):
                meeting.rmdir()  # refuses when something is in it
        return gone

    def _sign(self, method: Method, path: str, expires: str) -> str:
        text = f"chat\n{method}\n{path}\n{expires}"
        return hmac.new(self._key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def safe_name(filename: str) -> str:
    """Return a name that is safe on every disk and in every header, close to the given one. Raises InvalidRequest."""
    name = unicodedata.normalize("NFC", filename).replace("\\", "/").rpartition("/")[2]
    name = _NOT_IN_NAMES.sub("_", name).strip(" .")
    stem, dot, suffix = name.rpartition(".")
    if len(name.encode()) > LONGEST_NAME:
        suffix = (dot + suffix)[:12] if dot else ""
        name = (stem or name).encode()[: LONGEST_NAME - len(suffix.encode())].decode("utf-8", "ignore") + suffix
    name = name.strip(" .")
    if not name:
        raise InvalidRequest("give the file a name", "filename")
    return name


def shown_type(name: str) -> str:
    """Return the media type that a chat file is served with."""
    found = content_type(name.lower())
    return found if found in SHOWN_TYPES else "application/octet-stream"


def _check_room(meeting: Path, more: int) -> None:
    """Raise Conflict when a file of so many bytes is too much for a meeting."""
    there = sum(max(p.stat().st_size, LEAST_BYTES) for p in meeting.glob("[!.]*/*"))
    if there + max(more, LEAST_BYTES) > MOST_BYTES_PER_MEETING:
        raise Conflict("the files of this meeting's chat have 1 GiB already; no more are taken")


def _finish(out: BinaryIO) -> None:
    out.flush()
    os.fsync(out.fileno())


def _name(aside: Path, file: Path) -> None:
    file.parent.mkdir(mode=0o700, exist_ok=True)
    aside.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
