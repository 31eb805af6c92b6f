"""Owns the endpoints on a meeting's live session: get it, put some or all participants out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from roomtape.api.auth import Access, WithApp
from roomtape.api.bodies import Body
from roomtape.api.paging import iso, success
from roomtape.api.paths import APP
from roomtape.api.sessions import session_body
from roomtape.clock import now_us, to_datetime
from roomtape.db import sessions as rows
from roomtape.errors import InvalidRequest, NotFound
from roomtape.rooms.live import LivePeer, LiveSession

router = APIRouter(prefix=APP + "/meetings/{meeting_id}/active-session", tags=["Active session"])

MOST_KICKED = 1000


class Kick(Body):
    """Body of POST …/kick."""

    participant_ids: Annotated[list[str], Field(max_length=MOST_KICKED)] = Field(default_factory=list)
    custom_participant_ids: Annotated[list[str], Field(max_length=MOST_KICKED)] = Field(default_factory=list)


@router.get("", summary="Get a meeting's live session")
async def get(access: WithApp, meeting_id: str) -> dict[str, Any]:
    """Get the session that is live now."""
    meeting = await access.meeting(meeting_id)
    found = await rows.live_of(access.deps.db, meeting.id)
    if found is None:
        raise _nobody_in(meeting_id)
    return success(await session_body(access, found))


@router.post("/kick", summary="Put participants out")
async def kick(access: WithApp, meeting_id: str, body: Kick) -> dict[str, Any]:
    """Put out those who are in under one of these ids. Their tokens stay valid."""
    session = await _live(access, meeting_id)
    if not body.participant_ids and not body.custom_participant_ids:
        raise InvalidRequest("name somebody here or in custom_participant_ids", "participant_ids")
    wanted, wanted_custom = set(body.participant_ids), set(body.custom_participant_ids)
    found = [
        peer
        for peer in session.peers.values()
        if not peer.tape and (peer.participant_id in wanted or peer.custom_participant_id in wanted_custom)
    ]
    if not found:
        raise NotFound("none of these participants is in the session now")
    await access.deps.rooms.kick(session, [peer.id for peer in found])
    return success({"action": "kick", "participants": [_body(peer) for peer in found]})


@router.post("/kick-all", summary="Put everybody out")
async def kick_all(access: WithApp, meeting_id: str) -> dict[str, Any]:
    """Put everybody out and end the session; recordings of it are stopped."""
    session = await _live(access, meeting_id)
    count = sum(not peer.hidden for peer in session.peers.values())
    await access.deps.rooms.kick_all(session)
    return success({"action": "kick-all", "kicked_participants_count": count})


async def _live(access: Access, meeting_id: str) -> LiveSession:
    meeting = await access.meeting(meeting_id)
    session = access.deps.rooms.of_meeting(meeting.id)
    if session is None:
        raise _nobody_in(meeting_id)
    return session


def _nobody_in(meeting_id: str) -> NotFound:
    return NotFound(f"meeting {meeting_id!r} has no live session; it begins when the first participant joins")


def _body(peer: LivePeer) -> dict[str, Any]:
    joined = iso(to_datetime(peer.joined_us))
    return {
        "id": peer.participant_id,
        "name": peer.name,
        "picture": peer.picture,
        "custom_participant_id": peer.custom_participant_id,
        "created_at": joined,
        "updated_at": iso(to_datetime(now_us())),
    }
