"""Owns what the official SDK asks first: who the token's participant is and may do, and which ICE servers there are."""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter

from roomtape.api.auth import documented
from roomtape.api.paging import success
from roomtape.api.v2.access import AsAdmitted, AsParticipant, identity_of
from roomtape.api.v2.preset import for_sdk
from roomtape.rooms.ice import ice_servers

router = APIRouter(tags=["Participants' API"], dependencies=[documented])


@router.get("/v2/internals/participant-details", summary="Get the token's own participant")
async def details(access: AsAdmitted) -> dict[str, Any]:
    """Get participant, preset and meeting. 401 and 403 are what the SDK reports as its error ERR0004.

    `socket` is left out: the SDK then builds the socket's address from its own `baseURI`, which is right behind any
    proxy.
    """
    identity = identity_of(access)
    who = identity.participant
    return success(
        {
            "participant": {
                "id": who.id,
                "name": who.name or "",
                "picture": who.picture or "",
                "custom_participant_id": who.custom_participant_id,
                "organization_id": access.app.id,
            },
            "preset": for_sdk(identity.preset),
            "meeting": {"id": identity.meeting.id, "title": identity.meeting.title or ""},
        }
    )


@router.get("/iceservers", summary="Get STUN and TURN servers")
@router.get("/v2/iceservers", include_in_schema=False)
async def ice(access: AsParticipant) -> dict[str, Any]:
    """Get the ICE servers, with TURN credentials of one's own; not wrapped in `data`, because the SDK wants it so."""
    servers = ice_servers(access.deps.settings, identity_of(access).participant.id, int(time.time()))
    return {"success": True, "iceServers": servers}
