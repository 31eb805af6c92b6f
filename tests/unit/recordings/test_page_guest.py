"""Tests of the participant that a recorded page is given."""

from __future__ import annotations

from roomtape.db import participants, presets
from roomtape.domain.recording_config import RecordingConfig
from roomtape.recordings.page_guest import PRESET, Guests
from roomtape.rooms.tokens import TokenIssuer
from tests.support.recording_fakes import peer, recording
from tests.support.recording_world import World

ISSUER = TokenIssuer(bytes(32), 60)
RECORDING = recording(config=RecordingConfig(page_url="https://a.example", max_seconds=7200))


async def test_a_page_has_one_participant_whose_token_lasts_as_long_as_it(world: World) -> None:
    guests = Guests(world.db, world.rooms, ISSUER)
    first = ISSUER.verify(await guests.invite(RECORDING))
    second = ISSUER.verify(await guests.invite(RECORDING))
    assert first.participant_id == second.participant_id, "a recorder that is started again comes as the same"
    assert first.expires_at - first.issued_at > 7200
    assert (first.meeting_id, first.preset_name) == (RECORDING.meeting_id, PRESET)
    preset = await presets.by_name(world.db, RECORDING.app_id, PRESET)
    assert preset is not None, "an app without it gets it"
    assert (preset.hidden, preset.recorder, preset.can_record, preset.may_produce("video")) == (
        True, True, False, False,
    )  # fmt: skip


async def test_it_is_put_out_and_forgotten_with_the_tape(world: World) -> None:
    guests = Guests(world.db, world.rooms, ISSUER)
    claims = ISSUER.verify(await guests.invite(RECORDING))
    session = await world.rooms.make(RECORDING.session_id)
    ann, guest, tape = peer("ann"), peer("guest", hidden=True), peer("tape", hidden=True)
    guest.participant_id, tape.participant_id = claims.participant_id, RECORDING.id
    world.rooms.join(session, ann, guest, tape)
    await guests.see_off(RECORDING)
    assert list(session.peers) == [ann.id]
    assert await participants.get(world.db, claims.participant_id) is None
    await guests.see_off(RECORDING)
