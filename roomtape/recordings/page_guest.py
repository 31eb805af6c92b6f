"""Owns the participant that a recorded page is given to come into its meeting: hidden, and there to record only."""

from __future__ import annotations

from roomtape.clock import now_us, to_datetime
from roomtape.db import participants, presets
from roomtape.db.database import Database
from roomtape.domain.ids import new_id
from roomtape.domain.meeting import Participant, Preset
from roomtape.domain.presets import DEFAULTS
from roomtape.domain.recording import Recording
from roomtape.recordings.port import Rooms
from roomtape.rooms.tokens import TokenIssuer

PRESET = "recorder_preset_v2"
NAME = "Recorder"
TOKEN_SLACK_S = 3600


class Guests:
    """Makes and removes such participants; each belongs to one recording, and no list of participants shows it."""

    def __init__(self, db: Database, rooms: Rooms, issuer: TokenIssuer) -> None:
        self._db = db
        self._rooms = rooms
        self._issuer = issuer

    async def invite(self, recording: Recording) -> str:
        """Return a token for the recording's participant, who is made at the first call, good as long as it may last.

        An app that has deleted the preset gets it back as it was.
        """
        now = to_datetime(now_us())
        if await presets.by_name(self._db, recording.app_id, PRESET) is None:
            await presets.save(self._db, Preset(new_id(), recording.app_id, PRESET, DEFAULTS[PRESET], now, now))
        guest = await participants.recorder_of(self._db, recording.id)
        if guest is None:
            guest = Participant(
                new_id(), recording.meeting_id, f"recorder-{recording.id}", NAME, None, PRESET, now, now, recording.id
            )
            await participants.save(self._db, guest)
        ttl_s = recording.config.max_seconds + TOKEN_SLACK_S
        return self._issuer.issue(recording.app_id, recording.meeting_id, guest.id, PRESET, ttl_s)

    async def see_off(self, recording: Recording) -> None:
        """The recording is over: the participant and the tape are put out, and the participant is forgotten."""
        guest = await participants.recorder_of(self._db, recording.id)
        session = self._rooms.sessions.get(recording.session_id)
        ours = {recording.id} if guest is None else {recording.id, guest.id}
        if session is not None:
            await self._rooms.kick(session, [p.id for p in session.peers.values() if p.participant_id in ours])
            if guest is not None:
                session.observers.participant_removed(session, guest.id)
        await participants.forget_recorders(self._db, of=recording.id)
