"""Owns files in chat: a participant asks for links, puts the file, and whoever has the other link gets it."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import FileResponse

from roomtape.api.auth import Access, documented
from roomtape.api.bodies import LONGEST_TEXT, Body, Whole
from roomtape.api.deps import FromDeps
from roomtape.api.paging import success
from roomtape.api.v2.access import AsAdmitted, identity_of
from roomtape.domain.meeting import Preset
from roomtape.errors import Forbidden, NotFound
from roomtape.rooms.realtimekit import permissions
from roomtape.storage.chatfiles import DOOR, shown_type

router = APIRouter(tags=["Participants' API"])

UPLOAD_WITHIN_S = 600
SHORTEST_LIFE_S = 60
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, max-age=300",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    # Pages of applications lie on other origins than we do and show images of chat.
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_Expires = Annotated[str, Query(max_length=32, description="Unix seconds.")]
_Signature = Annotated[str, Query(max_length=256)]


class Upload(Body):
    """Body of POST /v2/meetings/chat-upload. `expiry` is in s and can only shorten the life of the file."""

    roomUUID: str  # noqa: N815 - the SDK's name
    filename: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
    expiry: Annotated[Whole, Field(ge=1)] | None = None


@router.post("/v2/meetings/chat-upload", summary="Get links for a file in chat", dependencies=[documented])
async def links(access: AsAdmitted, request: Request, body: Upload) -> dict[str, Any]:
    """Get a link to put the file at within 10 minutes, and one to send to others."""
    meeting = await access.meeting(body.roomUUID)
    _check_may_send(identity_of(access).preset)
    _check_is_in(access, meeting.id)
    files, now = access.deps.chat_files, int(time.time())
    await files.sweep(now)
    longest = int(access.deps.settings.retention_days * 86_400)
    expires = now + max(SHORTEST_LIFE_S, min(body.expiry or longest, longest))
    path = files.new_path(meeting.id, body.filename, expires)
    base = access.deps.settings.public_url or f"{request.url.scheme}://{request.url.netloc}"
    return success(
        {
            "get_location": base.rstrip("/") + files.link("GET", path, expires),
            "put_location": base.rstrip("/") + files.link("PUT", path, now + UPLOAD_WITHIN_S),
        }
    )


@router.put(DOOR + "{path:path}", summary="Put a file of chat", status_code=200)
async def put(
    deps: FromDeps, request: Request, path: str, expires: _Expires = "", signature: _Signature = ""
) -> dict[str, Any]:
    """Store the body as the file that the link names."""
    file = deps.chat_files.check("PUT", path, expires, signature)
    return success({"size": await deps.chat_files.put(file, request.stream())})


@router.get(DOOR + "{path:path}", summary="Get a file of chat", response_class=FileResponse)
@router.head(DOOR + "{path:path}", include_in_schema=False)
async def get(deps: FromDeps, path: str, expires: _Expires = "", signature: _Signature = "") -> FileResponse:
    """Get a file by its link. It is always a download: only images have their own type, for `<img>`."""
    file = deps.chat_files.check("GET", path, expires, signature)
    if not await asyncio.to_thread(file.is_file):
        raise NotFound("there is no such file; it was never put there, or it has expired")
    return FileResponse(file, media_type=shown_type(file.name), filename=file.name, headers=_HEADERS)


def _check_is_in(access: Access, meeting_id: str) -> None:
    """Who waits to be let in sends nothing yet."""
    who = identity_of(access)
    if permissions.read(who.preset.permissions).waiting_room is permissions.WaitingRoomType.SKIP:
        return
    session = access.deps.rooms.of_meeting(meeting_id)
    if session is None or all(peer.participant_id != who.participant.id for peer in session.peers.values()):
        raise Forbidden("you were not let into the meeting (yet)")


def _check_may_send(preset: Preset) -> None:
    chat = preset.permissions.get("chat", {})
    if not any(chat.get(way, {}).get("can_send") and chat.get(way, {}).get("files") for way in ("public", "private")):
        raise Forbidden(f"the preset {preset.name!r} may not send files; ask for one with permissions.chat files")
