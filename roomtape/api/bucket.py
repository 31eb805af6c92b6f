"""Owns the door to the own bucket: files behind signed links, with ranges, so that a browser plays them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import FileResponse, RedirectResponse, Response

from roomtape.api.deps import FromDeps
from roomtape.api.ranges import StreamedFile
from roomtape.storage.bucket import content_type, disposition
from roomtape.storage.port import StoredFile

router = APIRouter(tags=["Bucket"])

_PLAYLIST = ".m3u8"
Signature = Annotated[str, Query(max_length=256)]
_ELSEWHERE: dict[int | str, dict[str, str]] = {307: {"description": "It lies in a store: a link that opens it there."}}


@router.get("/bucket/{path:path}", summary="Get a recorded file", response_class=FileResponse, responses=_ELSEWHERE)
@router.head("/bucket/{path:path}", include_in_schema=False)
async def get(
    request: Request,
    deps: FromDeps,
    path: str,
    expires: Annotated[str, Query(max_length=32, description="Unix seconds.")] = "",
    signature: Signature = "",
    download: Annotated[
        str | None, Query(description="`1` makes a browser save the file instead of playing it.")
    ] = None,
) -> Response:
    """Get a file by the link that a recording names. Ranges are served (RFC 9110, section 14)."""
    found = await deps.bucket.open_link(path, expires, signature)
    return await _answer(request, found, download == "1")


@router.get(
    "/bucket-folder/{expires}/{signature}/{path:path}",
    summary="Get a file of a recorded package",
    response_class=FileResponse,
    responses=_ELSEWHERE,
)
@router.head("/bucket-folder/{expires}/{signature}/{path:path}", include_in_schema=False)
async def get_below(request: Request, deps: FromDeps, expires: str, signature: str, path: str) -> Response:
    """Get a file whose name was added to the link of its folder, as a playlist does with its segments."""
    found = await deps.bucket.open_folder_link(path, expires, signature)
    return await _answer(request, found, attached=False)


async def _answer(request: Request, found: Path | StoredFile, attached: bool) -> Response:
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=300"}
    if isinstance(found, Path):
        return FileResponse(
            found,
            media_type=content_type(found.name),
            filename=found.name,
            content_disposition_type="attachment" if attached else "inline",
            headers=headers,
        )
    return await _led(request, found, attached, headers)


async def _led(request: Request, found: StoredFile, attached: bool, headers: dict[str, str]) -> Response:
    """Lead to the store where it has links, else read for the client."""
    # Players look for a playlist's segments beside the address that it came from: it has to be ours.
    playlist = found.name.endswith(_PLAYLIST)
    url = None if playlist else await found.link("HEAD" if request.method == "HEAD" else "GET", attached)
    if url is not None:
        # Not to be kept: the link in it ends long before this one.
        return RedirectResponse(url, 307, {"Cache-Control": "no-store"})
    headers |= {"Content-Disposition": disposition(found.name, attached)}
    return await StreamedFile.of(found, request.headers, headers)
