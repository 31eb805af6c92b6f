"""Owns the bucket that is a folder: files are stored whole or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import mimetypes
import os
import secrets
import shutil
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from roomtape import keyfile
from roomtape.errors import NotFound, StorageError
from roomtape.storage.signedlinks import SignedLinks

_TYPES = {".mp4": "video/mp4", ".webm": "video/webm", ".json": "application/json", ".m4a": "audio/mp4"}
_TYPES |= {".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".tar": "application/x-tar"}
_TYPES |= {".m3u8": "application/vnd.apple.mpegurl", ".ts": "video/mp2t"}
_KEY_BYTES = 32
_ASIDE = ".part-"


def content_type(name: str) -> str:
    """Return the media type that a browser needs for a file of this name."""
    return _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def disposition(name: str, attached: bool) -> str:
    """Return a Content-Disposition (RFC 6266): shown in the browser, or saved, under this name in any script."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    more = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f'{"attachment" if attached else "inline"}; filename="{plain}"{more}'


def signing_key(file: Path) -> bytes:
    """Return the key in `file` (32 bytes); make it at the first call, readable by its owner only.

    Raises StorageError when the file cannot be read or made.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        key = keyfile.kept(file, lambda: secrets.token_bytes(_KEY_BYTES))
    except OSError as error:
        raise StorageError(f"the key for signed links, {file}, cannot be used: {error.strerror}") from error
    if len(key) != _KEY_BYTES:
        raise StorageError(f"{file} is no key of {_KEY_BYTES} bytes; delete it to have a new one made")
    return key


class FolderBucket:
    """Files under `root`; `links` signs the links to them."""

    def __init__(self, root: Path, links: SignedLinks) -> None:
        self.root = root.resolve()
        self._links = links

    async def put(self, path: str, file: Path) -> None:
        """Store `file` under `path`; on the same file system it is linked, not copied. Raises StorageError."""
        await asyncio.to_thread(self._put, self._inside(path), file)

    def _put(self, target: Path, file: Path) -> None:
        aside = target.with_name(f"{_ASIDE}{secrets.token_hex(8)}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            # The file is ours and finished: nobody writes to it any more, so a second name is as good as a copy.
            try:
                aside.hardlink_to(file)
            except (OSError, NotImplementedError):
                shutil.copyfile(file, aside)
            _sync(aside)
            aside.replace(target)
            _sync_folder(target.parent)
        except OSError as error:
            raise StorageError(
                f"{target} cannot be written: {error.strerror}; make room or correct its rights"
            ) from error
        finally:
            # rename(2) does nothing, and leaves both names, when they are links to one file: put a second time.
            with contextlib.suppress(OSError):
                aside.unlink()

    async def read(self, path: str) -> bytes:
        """Return what a file holds. Raises NotFound when it is not there, StorageError when it cannot be read."""
        file = self._inside(path)
        try:
            return await asyncio.to_thread(file.read_bytes)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise NotFound("there is no such file in the bucket; it may have expired") from error
        except OSError as error:
            raise StorageError(f"{file} cannot be read: {error.strerror}; correct its rights") from error

    async def names(self, prefix: str) -> list[str]:
        """Return the paths of all files under `prefix`, also those that a crash left half written."""
        return await asyncio.to_thread(self._names, self._inside(prefix))

    def _names(self, folder: Path) -> list[str]:
        return sorted(p.relative_to(self.root).as_posix() for p in folder.rglob("*") if p.is_file())

    async def delete(self, path: str) -> None:
        """Delete a file or folder. Raises StorageError when something of it stays."""
        await asyncio.to_thread(self._delete, self._inside(path))

    def _delete(self, target: Path) -> None:
        try:
            if target.is_dir():
                shutil.rmtree(target)
            else:
                target.unlink(missing_ok=True)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StorageError(f"{target} cannot be deleted: {error.strerror}; correct its rights") from error

    def link(self, path: str, expires_at: datetime) -> str:
        """Return a signed URL for `path`."""
        return self._links.link(path, expires_at)

    def link_folder(self, path: str, expires_at: datetime) -> str:
        """Return a signed URL ending in `/`, to which the name of each file in the folder `path` may be added."""
        return self._links.link_folder(path, expires_at)

    async def open_link(self, path: str, expires: str, signature: str) -> Path:
        """Return the file that a link names; `path` is unquoted.

        Raises Forbidden for a wrong or expired signature, NotFound when the file is not (or no longer) there.
        """
        self._links.check(path, expires, signature)
        return await asyncio.to_thread(self._file, path)

    async def open_folder_link(self, path: str, expires: str, signature: str) -> Path:
        """As `open_link`, for a file below a folder's link."""
        self._links.check_folder(path, expires, signature)
        return await asyncio.to_thread(self._file, path)

    def _file(self, path: str) -> Path:
        file = self._inside(path)
        if not file.is_file():
            raise NotFound("there is no such file in the bucket; it may have expired")
        return file

    def _inside(self, path: str) -> Path:
        """Return the place of `path` under the root, symbolic links followed; NotFound for one that is outside."""
        parts = path.split("/")
        if "\0" in path or any(part in ("", ".", "..") for part in parts):
            raise NotFound("there is no such file in the bucket")
        target = self.root.joinpath(*parts).resolve()
        if not target.is_relative_to(self.root):
            raise NotFound("there is no such file in the bucket")
        return target


def _sync(file: Path) -> None:
    fd = os.open(file, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _sync_folder(folder: Path) -> None:
    """A rename lasts through a power cut only when its folder is written too."""
    _sync(folder)
