from dataclasses import replace
from datetime import UTC, datetime

import pytest

from roomtape.domain.recording import ACTIVE, LIFECYCLE, Status, Step, advance
from roomtape.errors import Conflict
from tests.support.recording_fakes import recording


def test_the_life_of_a_recording() -> None:
    status = Status.INVOKED
    for step in (Step.CONFIRM, Step.PAUSE, Step.RESUME, Step.STOP, Step.DELIVER):
        status = advance(status, step)
    assert status is Status.UPLOADED


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("step", list(Step))
def test_every_step_that_is_not_in_the_table_is_refused(status: Status, step: Step) -> None:
    if (status, step) in LIFECYCLE:
        assert advance(status, step) is LIFECYCLE[status, step]
    else:
        with pytest.raises(Conflict, match=status.value):
            advance(status, step)


def test_only_a_storage_that_took_nothing_leads_out_of_the_end_and_every_live_state_can_be_stopped() -> None:
    assert [s for s in LIFECYCLE if s[0] in (Status.UPLOADED, Status.ERRORED)] == [(Status.UPLOADED, Step.REDELIVER)]
    assert advance(Status.UPLOADED, Step.REDELIVER) is Status.UPLOADING
    for status in ACTIVE:
        assert advance(status, Step.STOP) is Status.UPLOADING


def test_links_end_where_there_are_some() -> None:
    until = datetime(2026, 3, 8, tzinfo=UTC)
    made = recording(expires_at=until)
    assert made.links_until is None, "what is to leave the bucket has no links"
    assert replace(made, download="a/b.mp4").links_until == until
    assert replace(made, audio_download="a/b.m4a").links_until == until
    assert replace(made, expired=True).links_until == until


def test_the_refusal_says_what_callers_can_do() -> None:
    with pytest.raises(Conflict, match=r"possible now: resume, stop$"):
        advance(Status.PAUSED, Step.PAUSE)
    with pytest.raises(Conflict, match=r"UPLOADING cannot stop; it has been stopped$"):
        advance(Status.UPLOADING, Step.STOP)
    with pytest.raises(Conflict, match=r"it is finished$"):
        advance(Status.UPLOADED, Step.STOP)
    with pytest.raises(Conflict, match=r"it has failed$"):
        advance(Status.ERRORED, Step.STOP)
