"""Owns the door to the own bucket: files behind signed links, with ranges, so that a browser plays them."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import FileResponse

from roomtape.api.deps import FromDeps
from roomtape.storage.bucket import content_type

router = APIRouter(tags=["Bucket"])


@router.get("/bucket/{path:path}", summary="Get a recorded file", response_class=FileResponse)
@router.head("/bucket/{path:path}", include_in_schema=False)
async def get(
    deps: FromDeps,
    path: str,
    expires: Annotated[str, Query(max_length=32, description="Unix seconds.")] = "",
    signature: Annotated[str, Query(max_length=256)] = "",
    download: Annotated[
        str | None, Query(description="`1` makes a browser save the file instead of playing it.")
    ] = None,
) -> FileResponse:
    """Get a file by the link that a recording names. Ranges are served (RFC 9110, section 14)."""
    file = await asyncio.to_thread(deps.bucket.open_link, path, expires, signature)
    disposition = "attachment" if download == "1" else "inline"
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=300"}
    return FileResponse(
        file,
        media_type=content_type(file.name),
        filename=file.name,
        content_disposition_type=disposition,
        headers=headers,
    )
