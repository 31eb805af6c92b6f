from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from roomtape.db import meetings, participants, presets
from roomtape.db.database import Database
from roomtape.domain.meeting import Meeting, MeetingStatus, Participant
from roomtape.errors import Forbidden, Unauthorized
from roomtape.rooms.admission import admit, identify
from roomtape.rooms.tokens import TokenIssuer
from tests.support.database import APP, NOW, database

ISSUER = TokenIssuer(bytes(32), 600)
MEETING = Meeting("meeting-1", APP.id, None, MeetingStatus.ACTIVE, False, None, None, NOW, NOW)
ADA = Participant("p-1", MEETING.id, "user-1", "Ada", None, "group_call_host", NOW, NOW)
TOKEN = ISSUER.issue(APP.id, MEETING.id, ADA.id, ADA.preset_name)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with database(tmp_path) as made:
        await meetings.save(made, MEETING)
        await participants.save(made, ADA)
        yield made


async def test_a_token_admits_with_the_role_of_now(db: Database) -> None:
    assert (await admit(db, ISSUER, TOKEN)).preset.name == "group_call_host"
    await participants.save(db, replace(ADA, preset_name="group_call_participant"))
    admitted = await admit(db, ISSUER, TOKEN)
    assert (admitted.meeting, admitted.participant.id) == (MEETING, ADA.id)
    assert admitted.preset.can_record is False


async def test_an_inactive_meeting_admits_nobody_but_still_knows_them(db: Database) -> None:
    await meetings.save(db, replace(MEETING, status=MeetingStatus.INACTIVE))
    with pytest.raises(Forbidden, match="INACTIVE"):
        await admit(db, ISSUER, TOKEN)
    assert (await identify(db, ISSUER, TOKEN)).participant == ADA


async def test_who_is_gone_or_was_never_there_is_not_admitted(db: Database) -> None:
    await meetings.save(db, replace(MEETING, id="meeting-2"))
    for token in (
        ISSUER.issue("app-2", MEETING.id, ADA.id, "group_call_host"),
        ISSUER.issue(APP.id, "meeting-2", ADA.id, "group_call_host"),
        ISSUER.issue(APP.id, "meeting-3", ADA.id, "group_call_host"),
        ISSUER.issue(APP.id, MEETING.id, "p-2", "group_call_host"),
    ):
        with pytest.raises(Unauthorized, match="new token"):
            await identify(db, ISSUER, token)
    await participants.delete(db, ADA.id)
    with pytest.raises(Unauthorized, match="new token"):
        await identify(db, ISSUER, TOKEN)


async def test_a_role_that_was_deleted_admits_nobody(db: Database) -> None:
    host = await presets.by_name(db, APP.id, "group_call_host")
    assert host is not None
    await presets.delete(db, host.id)
    with pytest.raises(Forbidden, match="deleted"):
        await identify(db, ISSUER, TOKEN)
