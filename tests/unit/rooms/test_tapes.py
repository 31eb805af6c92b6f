"""Tests of who may bring the page of a recording."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from roomtape.db import participants, presets
from roomtape.db import recordings as rows
from roomtape.domain.meeting import Participant, Preset
from roomtape.domain.recording import Status, Step
from roomtape.domain.recording_config import RecordingConfig
from roomtape.errors import Unauthorized
from roomtape.rooms import publishing, tapes
from roomtape.rooms.tokens import TokenIssuer
from tests.support.house import NOW, House
from tests.support.recording_fakes import recording

ISSUER = TokenIssuer(bytes(32), 600)
PAGE = RecordingConfig(page_url="https://a.example")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path)
    await made.create()
    await made.rooms.start()
    session = await made.rooms.open(made.meeting)
    of = {"app_id": "app1", "meeting_id": "m1", "session_id": session.id}
    await rows.insert(made.db, recording("page", config=PAGE, **of))
    await rows.insert(made.db, recording("plain", **of))
    yield made
    await made.rooms.stop()
    await made.db.close()


async def test_a_tape_is_a_hidden_recorder_with_the_recordings_id(house: House) -> None:
    found = await tapes.admit_publisher(house.db, ISSUER, ISSUER.issue_tape("app1", "m1", "page", 60))
    assert found.participant.id == "page"
    assert (found.preset.hidden, found.preset.recorder) == (True, True)
    assert [found.preset.may_produce(kind) for kind in ("audio", "video", "screenshare")] == [True, True, False]
    assert found.meeting == house.meeting


async def test_a_participants_token_admits_its_participant(house: House) -> None:
    await presets.save(house.db, Preset("guest", "app1", "guest", {}, NOW, NOW))
    ann = Participant("part-ann", "m1", "ann", "Ann", None, "guest", NOW, NOW)
    await participants.save(house.db, ann)
    found = await tapes.admit_publisher(house.db, ISSUER, ISSUER.issue("app1", "m1", "part-ann", "guest"))
    assert found.participant == ann
    assert not found.preset.recorder


@pytest.mark.parametrize(
    "claims",
    [("app1", "m1", "plain"), ("app1", "m1", "none"), ("app2", "m1", "page"), ("app1", "m2", "page")],
)
async def test_a_tape_of_something_else_is_refused(house: House, claims: tuple[str, str, str]) -> None:
    with pytest.raises(Unauthorized, match="over"):
        await tapes.admit_publisher(house.db, ISSUER, ISSUER.issue_tape(*claims, 60))


async def test_a_tape_is_good_as_long_as_its_recording_is_live(house: House) -> None:
    token = ISSUER.issue_tape("app1", "m1", "page", 60)
    await rows.step(house.db, "page", Step.CONFIRM, started_at=NOW)
    await rows.step(house.db, "page", Step.PAUSE)
    assert (await tapes.admit_publisher(house.db, ISSUER, token)).participant.id == "page"
    after = await rows.step(house.db, "page", Step.STOP, stopped_at=NOW)
    assert after.status is Status.UPLOADING
    with pytest.raises(Unauthorized, match="over"):
        await tapes.admit_publisher(house.db, ISSUER, token)


async def test_the_newest_tape_of_a_recording_puts_the_others_out(house: House) -> None:
    session = house.rooms.of_meeting("m1")
    assert session is not None
    admission = await tapes.admit_publisher(house.db, ISSUER, ISSUER.issue_tape("app1", "m1", "page", 60))
    other = replace(admission, participant=replace(admission.participant, id="another"))
    first, _ = await publishing.join(house.rooms, admission, "offer", None)
    beside, _ = await publishing.join(house.rooms, other, "offer", None)
    second, _ = await publishing.join(house.rooms, admission, "offer", None)
    await tapes.replace(house.rooms, session, second)
    assert set(session.peers) == {beside.id, second.id}
    assert first.left
