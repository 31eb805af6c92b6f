"""Owns who may bring the page of a recording into its session: whoever has the tape's token, while it is recorded."""

from __future__ import annotations

from roomtape.db import meetings, recordings
from roomtape.db.database import Database
from roomtape.domain.meeting import Participant, Preset
from roomtape.domain.recording import ACTIVE
from roomtape.errors import Unauthorized
from roomtape.rooms.admission import Admission, admit
from roomtape.rooms.live import LivePeer, LiveSession
from roomtape.rooms.publishing import House, leave
from roomtape.rooms.tokens import TokenIssuer

NAME = "page"
_MAY = {"can_produce": "ALLOWED"}
_PERMISSIONS = {"hidden_participant": True, "is_recorder": True, "media": {"audio": _MAY, "video": _MAY}}


async def admit_publisher(db: Database, issuer: TokenIssuer, token: str) -> Admission:
    """Return whom `token` admits to publish by WHIP: a participant, or the tape of a page that is being recorded.

    The tape's participant has the recording's id. Raises as `admit` does, and Unauthorized for a recording that is
    over.
    """
    claims = issuer.verify_tape(token)
    if claims is None:
        return await admit(db, issuer, token)
    recording = await recordings.get(db, claims.recording_id)
    meeting = await meetings.get(db, claims.meeting_id)
    if (
        recording is None
        or meeting is None
        or not recording.of_page
        or recording.status not in ACTIVE
        or recording.meeting_id != meeting.id
        or meeting.app_id != claims.app_id
    ):
        raise Unauthorized("this token is of a recording that is over")
    at = recording.invoked_at
    participant = Participant(recording.id, meeting.id, recording.id, NAME, None, NAME, at, at, recording.id)
    return Admission(meeting, participant, Preset(NAME, meeting.app_id, NAME, {"permissions": _PERMISSIONS}, at, at))


async def replace(rooms: House, session: LiveSession, tape: LivePeer) -> None:
    """Put out earlier publishers of the same page: a browser that died still seems to be in for a while."""
    for peer in [p for p in session.peers.values() if p.tape and p.participant_id == tape.participant_id]:
        if peer is not tape:
            await leave(rooms, session, peer, "media_lost")
