"""Owns links that need no token: to a file, or to everything in a folder; signed, and good until a moment."""

from __future__ import annotations

import hashlib
import hmac
import posixpath
import time
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

from roomtape.errors import Forbidden

FILES, FOLDERS = "/bucket/", "/bucket-folder/"


class SignedLinks:
    """Makes and checks links; which bucket is behind them does not matter, so they outlive a move to another one.

    A file's is `{base_url}/bucket/{path}?expires=UNIX&signature=HEX`. A folder's is a prefix, because what is in it
    names its neighbours relatively: `{base_url}/bucket-folder/{expires}/{signature}/{path}/`. The signature is
    HMAC-SHA256 (RFC 2104) over the path, a newline and the expiry in Unix seconds; a folder's path has a `/` at its
    end, which no file's has. `base_url` is called at each link: the port may be known only once the server listens.
    """

    def __init__(self, base_url: Callable[[], str], key: bytes) -> None:
        self._base_url = base_url
        self._key = key

    def link(self, path: str, expires_at: datetime) -> str:
        """Return a signed URL for `path`."""
        expires = str(int(expires_at.timestamp()))
        signature = self.sign(path, expires)
        return f"{self._base_url().rstrip('/')}{FILES}{quote(path)}?expires={expires}&signature={signature}"

    def link_folder(self, path: str, expires_at: datetime) -> str:
        """Return a signed URL ending in `/`; the name of each file that lies right in the folder may be added to it."""
        expires = str(int(expires_at.timestamp()))
        signature = self.sign(f"{path}/", expires)
        return f"{self._base_url().rstrip('/')}{FOLDERS}{expires}/{signature}/{quote(path)}/"

    def check(self, path: str, expires: str, signature: str) -> int:
        """Return until when a file's link is good, in Unix seconds; `path` is unquoted.

        Raises Forbidden for a wrong or expired signature.
        """
        return self._check(path, expires, signature)

    def check_folder(self, path: str, expires: str, signature: str) -> int:
        """As `check`, for the file `path` below a folder's prefix."""
        return self._check(f"{posixpath.dirname(path)}/", expires, signature)

    def _check(self, signed: str, expires: str, signature: str) -> int:
        if not hmac.compare_digest(self.sign(signed, expires).encode(), signature.encode("utf-8", "replace")):
            raise Forbidden("this link's signature is wrong; use the link as it was given, to its last character")
        if not expires.isascii() or not expires.isdigit() or int(expires) < time.time():
            raise Forbidden("this link has expired")
        return int(expires)

    def sign(self, path: str, expires: str) -> str:
        """Return the signature, in hexadecimal digits."""
        return hmac.new(self._key, f"{path}\n{expires}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()
