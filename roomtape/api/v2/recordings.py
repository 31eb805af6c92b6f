"""Owns the recording endpoints of participants: those of the public API, for the meeting of the token."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from roomtape.api import recordings
from roomtape.api.auth import documented
from roomtape.api.recording_bodies import RecordingAction, StartRecording
from roomtape.api.v2.access import AsParticipant

router = APIRouter(prefix="/v2/recordings", tags=["Participants' API"], dependencies=[documented])


@router.post("", status_code=201, summary="Start recording the own meeting")
async def start(access: AsParticipant, body: StartRecording) -> dict[str, Any]:
    """Record the meeting as one composed video; needs `can_record`."""
    return await recordings.start(access, body)


@router.put("/{recording_id}", summary="Stop, pause or resume a recording of the own meeting")
async def act(access: AsParticipant, recording_id: str, body: RecordingAction) -> dict[str, Any]:
    """Change a running recording; needs `can_record`."""
    return await recordings.act(access, recording_id, body)


@router.get("/active-recording/{meeting_id}", summary="Get the running recording of the own meeting")
async def active(access: AsParticipant, meeting_id: str) -> dict[str, Any]:
    """Get the newest running recording; needs `can_record`."""
    await access.meeting(meeting_id)
    access.require_record()
    return await recordings.active(access, meeting_id)
