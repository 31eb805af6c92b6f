import pytest

from roomtape.domain.recording import Status
from roomtape.domain.recording_config import RecordingConfig
from roomtape.recordings.selection import includes, wanted
from tests.support.recording_fakes import peer, recording


@pytest.mark.parametrize(
    ("status", "answer"),
    [(Status.INVOKED, True), (Status.RECORDING, True), (Status.PAUSED, False), (Status.UPLOADING, False)],
)
def test_only_a_recording_that_starts_or_runs_wants_packets(status: Status, answer: bool) -> None:
    assert wanted([recording(status=status)], peer("a")) is answer


def test_the_union_of_all_recordings_is_wanted() -> None:
    of_a = recording(status=Status.RECORDING, config=RecordingConfig(user_ids=("user-a",)))
    of_b = recording(status=Status.RECORDING, config=RecordingConfig(user_ids=("part-b",)))
    assert [wanted([of_a, of_b], peer(name)) for name in "abc"] == [True, True, False]


def test_nobody_hidden_is_included_even_when_listed() -> None:
    listed = recording(config=RecordingConfig(user_ids=("user-a",)))
    assert includes(listed, peer("a"))
    assert not includes(listed, peer("a", hidden=True))
    assert not includes(recording(), peer("a", hidden=True))


def test_an_empty_allowlist_includes_nobody() -> None:
    assert not includes(recording(config=RecordingConfig(user_ids=())), peer("a"))
