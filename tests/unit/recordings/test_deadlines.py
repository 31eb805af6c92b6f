from roomtape.clock import to_us
from roomtape.domain.recording import StopCause
from roomtape.domain.recording_config import RecordingConfig
from roomtape.recordings.deadlines import of
from tests.support.recording_fakes import NOW, recording

START = to_us(NOW)


def _running(max_seconds: int = 100):  # type: ignore[no-untyped-def]
    return recording(started_at=NOW, config=RecordingConfig(max_seconds=max_seconds))


def test_a_recording_that_is_not_confirmed_has_no_end() -> None:
    assert of(recording(), START, 60) is None


def test_somebody_in_leaves_only_the_longest_time() -> None:
    due = of(_running(), None, 60)
    assert due is not None
    assert (due.at_us - START, due.cause) == (100_000_000, StopCause.API_CALL)


def test_the_earlier_of_both_ends_counts() -> None:
    due = of(_running(), START + 10_000_000, 60)
    assert due is not None
    assert (due.at_us - START, due.cause) == (70_000_000, StopCause.ALL_PEERS_LEFT)
    due = of(_running(), START + 50_000_000, 60)
    assert due is not None
    assert due.at_us - START == 100_000_000


def test_a_recording_begun_in_an_empty_meeting_waits_from_its_start() -> None:
    due = of(_running(), START - 500_000_000, 60)
    assert due is not None
    assert due.at_us - START == 60_000_000
