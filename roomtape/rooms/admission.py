"""Owns who may come in: a participant's token becomes the meeting, the participant and the role it was made for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from roomtape.db import meetings, participants, presets
from roomtape.db.database import Database
from roomtape.domain.meeting import Meeting, MeetingStatus, Participant, Preset
from roomtape.errors import Forbidden, Unauthorized
from roomtape.rooms.tokens import TokenIssuer

if TYPE_CHECKING:  # the rooms know whom they admitted
    from roomtape.rooms.service import Rooms
    from roomtape.settings import Settings

AUTHENTICATED = "roomtape.authenticated"
"""Set in the scope of a request once its token was found to be good: what counts requests then counts by token."""
_GONE = "this token's participant is not (or no longer) in the meeting; ask for a new token"


@dataclass(frozen=True)
class Identity:
    """Whom a participant's token was made for, as they are now."""

    meeting: Meeting
    participant: Participant
    preset: Preset


class Admission(Identity):
    """A participant who may come in."""


class DoorDeps(Protocol):
    """What an endpoint needs that lets participants in; the API's dependencies have all of it."""

    @property
    def settings(self) -> Settings: ...

    @property
    def db(self) -> Database: ...

    @property
    def rooms(self) -> Rooms: ...

    @property
    def issuer(self) -> TokenIssuer: ...


async def identify(db: Database, issuer: TokenIssuer, token: str) -> Identity:
    """Return whom `token` was made for.

    Raises Unauthorized for a token that is forged, expired, or of a participant who was removed, and Forbidden when
    the participant's preset is gone.
    """
    claims = issuer.verify(token)
    participant = await participants.get(db, claims.participant_id)
    meeting = await meetings.get(db, claims.meeting_id)
    if (
        participant is None
        or meeting is None
        or participant.meeting_id != meeting.id
        or meeting.app_id != claims.app_id
    ):
        raise Unauthorized(_GONE)
    preset = await presets.by_name(db, meeting.app_id, participant.preset_name)
    if preset is None:
        raise Forbidden(f"the preset {participant.preset_name!r} of this participant was deleted; give it another one")
    return Identity(meeting, participant, preset)


async def admit(db: Database, issuer: TokenIssuer, token: str) -> Admission:
    """Return whom `token` admits. Raises as `identify` does, and Forbidden for a meeting that is INACTIVE."""
    found = await identify(db, issuer, token)
    if found.meeting.status is not MeetingStatus.ACTIVE:
        raise Forbidden("this meeting is INACTIVE; set its status to ACTIVE to let people in")
    return Admission(found.meeting, found.participant, found.preset)
