"""Owns answering with a file that is read from elsewhere piece by piece: whole, or the one range that is asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.responses import Response, StreamingResponse

from roomtape.storage.bucket import content_type
from roomtape.storage.port import StoredFile

_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


class StreamedFile:
    """Answers as RFC 9110, section 14 says; several ranges in one request are answered with the whole file."""

    @staticmethod
    async def of(file: StoredFile, asked: Mapping[str, str], headers: Mapping[str, str]) -> Response:
        """Return the answer to a request with the headers `asked`. Raises StorageError, NotFound.

        HEAD gets the same: the server leaves the body out.
        """
        size = await file.size()
        found = ranged(asked.get("range"), size) if asked.get("if-range") is None else (0, size)
        more = {**headers, "Accept-Ranges": "bytes"}
        if found is None:
            return Response(status_code=416, headers={**more, "Content-Range": f"bytes */{size}"})
        start, end = found
        status = 200 if (start, end) == (0, size) else 206
        if status == 206:
            more["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        more["Content-Length"] = str(end - start)
        return StreamingResponse(file.pieces(start, end), status, more, content_type(file.name))


def ranged(asked: str | None, size: int) -> tuple[int, int] | None:
    """Return first byte and end of what a Range header asks of a file of `size` bytes; None for what is not there."""
    form = _RANGE.fullmatch((asked or "").replace(" ", ""))
    if form is None or form[1] == form[2] == "":
        return 0, size
    if not form[1]:
        length = min(int(form[2]), size)
        return (size - length, size) if length else None
    start, end = int(form[1]), min(int(form[2]) + 1, size) if form[2] else size
    if start >= size:
        return None
    return (start, end) if start < end else (0, size)
