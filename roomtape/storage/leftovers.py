"""Owns ending multipart uploads that a killed process or a broken line left in an S3 bucket: unseen, but paid for."""

from __future__ import annotations

import html
import re

import httpx
import structlog

from roomtape.storage.sigv4 import Signer

log = structlog.get_logger()

_TIMEOUT_S = 20.0
_UPLOAD = re.compile(r"<Upload>(.*?)</Upload>", re.S)
_KEY, _ID = re.compile(r"<Key>(.*?)</Key>", re.S), re.compile(r"<UploadId>(.*?)</UploadId>", re.S)


async def abort_uploads(signer: Signer, path: str) -> int:
    """Abort every unfinished upload of the object `path`; return how many there were.

    Nobody else uploads to it: whoever sends a file again begins with this. A key that may not list uploads, or a
    service that knows none, is no reason not to send it.
    """
    ended = 0
    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False, trust_env=False) as client:
            url, headers = signer.request("GET", "", {"uploads": "", "prefix": path})
            listed = await client.get(url, headers=headers)
            for identifier in uploads(listed.text, path) if listed.status_code == 200 else ():
                url, headers = signer.request("DELETE", path, {"uploadId": identifier})
                gone = await client.delete(url, headers=headers)
                ended += gone.status_code == 204
    except httpx.HTTPError as error:
        log.info("unfinished uploads cannot be looked for", bucket=signer.bucket, error=type(error).__name__)
    if ended:
        log.info("unfinished uploads ended", bucket=signer.bucket, path=path, uploads=ended)
    return ended


def uploads(text: str, path: str) -> list[str]:
    """Return the ids of the uploads of exactly `path` in an answer to ListMultipartUploads."""
    found = []
    for upload in _UPLOAD.findall(text):
        key, identifier = _KEY.search(upload), _ID.search(upload)
        if key and identifier and html.unescape(key[1]) == path:
            found.append(html.unescape(identifier[1]))
    return found
