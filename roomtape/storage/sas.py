"""Owns links to blobs of Azure: a service SAS for one blob, which obstore signs wrongly for names that need escapes.

Source: learn.microsoft.com/rest/api/storageservices/create-service-sas, version 2020-12-06 and later.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

_VERSION = "2021-12-02"
_BLOB, _READ = "b", "r"


def link(address: str, account: str, key: str, container: str, path: str, seconds: int, disposition: str | None) -> str:
    """Return a URL that reads a blob for `seconds`, by GET and HEAD; `address` is the account's, `key` its Base64 key.

    Raises ValueError for a key that is no Base64.
    """
    until = (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    resource = f"/blob/{account}/{container}/{path}"
    # permissions, start, expiry, resource, identifier, IP, protocol, version, type, snapshot, encryption scope, and
    # what the headers of the answer shall be: Cache-Control, -Disposition, -Encoding, -Language, -Type
    said = (_READ, "", until, resource, "", "", "", _VERSION, _BLOB, "", "", "", disposition or "", "", "", "")
    signature = hmac.new(base64.b64decode(key), "\n".join(said).encode(), hashlib.sha256).digest()
    query = {"sv": _VERSION, "sr": _BLOB, "sp": _READ, "se": until, "sig": base64.b64encode(signature).decode()}
    if disposition is not None:
        query["rscd"] = disposition
    return f"{address.rstrip('/')}/{container}/{quote(path)}?{urlencode(query)}"
