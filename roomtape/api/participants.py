"""Owns the participant endpoints: add, list, get, change, remove, and a fresh token."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from roomtape.api.auth import Access, WithApp
from roomtape.api.bodies import LONGEST_TEXT, Body
from roomtape.api.paging import PageQuery, iso, success
from roomtape.api.paths import APP
from roomtape.clock import now_us, to_datetime
from roomtape.db import participants as rows
from roomtape.db import presets
from roomtape.domain.ids import new_id
from roomtape.domain.meeting import Participant, Preset
from roomtape.errors import InvalidRequest

router = APIRouter(prefix=APP + "/meetings/{meeting_id}/participants", tags=["Participants"])

_Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
_PresetName = Annotated[str, Field(min_length=1, max_length=255)]


class NewParticipant(Body):
    """Body of POST …/participants."""

    custom_participant_id: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
    preset_name: _PresetName
    name: _Text | None = None
    picture: _Text | None = None


class ParticipantChange(Body):
    """Body of PATCH …/participants/{participant_id}; only what is given is changed."""

    name: _Text | None = None
    picture: _Text | None = None
    preset_name: _PresetName | None = None


@router.post("", status_code=201, summary="Add a participant")
async def add(access: WithApp, meeting_id: str, body: NewParticipant) -> dict[str, Any]:
    """Add a participant and get the token with which they join."""
    meeting = await access.meeting(meeting_id)
    await _preset(access, body.preset_name)
    now = to_datetime(now_us())
    participant = Participant(
        id=new_id(),
        meeting_id=meeting.id,
        custom_participant_id=body.custom_participant_id,
        name=body.name,
        picture=body.picture,
        preset_name=body.preset_name,
        created_at=now,
        updated_at=now,
    )
    await rows.save(access.deps.db, participant)
    return success(_body(participant) | {"token": _token(access, participant)})


@router.get("", summary="List participants")
async def find(access: WithApp, meeting_id: str, page: PageQuery) -> dict[str, Any]:
    """List a meeting's participants, the oldest first."""
    meeting = await access.meeting(meeting_id)
    found, total = await rows.find(access.deps.db, meeting.id, offset=page.offset, limit=page.size)
    return success([_body(p) for p in found], paging=page.paging(found, total))


@router.get("/{participant_id}", summary="Get a participant")
async def get(access: WithApp, meeting_id: str, participant_id: str) -> dict[str, Any]:
    """Get one participant."""
    _, participant = await access.participant_of(meeting_id, participant_id)
    return success(_body(participant))


@router.patch("/{participant_id}", summary="Change a participant")
async def change(access: WithApp, meeting_id: str, participant_id: str, body: ParticipantChange) -> dict[str, Any]:
    """Change name, picture or preset, and get a new token. Who is in already stays as they are until they rejoin."""
    _, participant = await access.participant_of(meeting_id, participant_id)
    given = body.model_dump(exclude_unset=True)
    if given.get("preset_name", "") is None:
        del given["preset_name"]
    if "preset_name" in given:
        await _preset(access, given["preset_name"])
    participant = replace(participant, **given, updated_at=to_datetime(now_us()))
    await rows.save(access.deps.db, participant)
    return success(_body(participant) | {"token": _token(access, participant)})


@router.delete("/{participant_id}", summary="Remove a participant")
async def remove(access: WithApp, meeting_id: str, participant_id: str) -> dict[str, Any]:
    """Remove a participant: their tokens are worth nothing from now on, and if they are in they are put out."""
    meeting, participant = await access.participant_of(meeting_id, participant_id)
    await rows.delete(access.deps.db, participant.id)
    session = access.deps.rooms.of_meeting(meeting.id)
    if session is not None:
        mine = [peer.id for peer in session.peers.values() if peer.participant_id == participant.id]
        await access.deps.rooms.kick(session, mine)
        session.observers.participant_removed(session, participant.id)
    preset = await presets.by_name(access.deps.db, access.app.id, participant.preset_name)
    return success(_body(participant) | {"preset_id": preset.id if preset else None})


@router.post("/{participant_id}/token", summary="Refresh a participant's token")
async def refresh(access: WithApp, meeting_id: str, participant_id: str) -> dict[str, Any]:
    """Get a new token; former ones stay valid until they expire."""
    _, participant = await access.participant_of(meeting_id, participant_id)
    return success({"token": _token(access, participant)})


async def _preset(access: Access, name: str) -> Preset:
    found = await presets.by_name(access.deps.db, access.app.id, name)
    if found is None:
        raise InvalidRequest(f"there is no preset {name!r} in this app; GET …/presets lists them", "preset_name")
    return found


def _token(access: Access, participant: Participant) -> str:
    return access.deps.issuer.issue(access.app.id, participant.meeting_id, participant.id, participant.preset_name)


def _body(participant: Participant) -> dict[str, Any]:
    return {
        "id": participant.id,
        "name": participant.name,
        "picture": participant.picture,
        "custom_participant_id": participant.custom_participant_id,
        "preset_name": participant.preset_name,
        "created_at": iso(participant.created_at),
        "updated_at": iso(participant.updated_at),
    }
