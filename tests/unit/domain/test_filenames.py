import pytest

from roomtape.domain import filenames
from roomtape.errors import InvalidRequest


def test_prefixes() -> None:
    assert filenames.check_prefix("Speaker_1") == "Speaker_1"
    for bad in ("", "a-b", "a b", "../x", "ä", "x" * 65, "a\n"):
        with pytest.raises(InvalidRequest, match=r"layers\.a\.file_name_prefix"):
            filenames.check_prefix(bad, "layers.a.file_name_prefix")


def test_composite_names() -> None:
    assert filenames.composite("pre", "Team / Weekly", 17, "mp4") == "pre_Team-Weekly_17.mp4"
    assert filenames.composite(None, "../../etc/passwd", 17, "mp4") == "etc-passwd_17.mp4"


def test_track_names_follow_the_pattern_and_never_leave_the_folder() -> None:
    name = filenames.track("speaker", "user-123", "peer-456", "peer", "audio", 1760000000000)
    assert name == "speaker_user-123_peer-456_peer_audio_1760000000000.webm"
    assert "/" not in filenames.track("s", "../a/b", "p", "peer", "audio", 1)
    assert filenames.track("s", "日本", "p", "peer", "audio", 1) == "s_x_p_peer_audio_1.webm"
    assert "{user_id}" in filenames.track_pattern("default", "audio")


def test_a_manifest_is_named_after_the_composed_file_or_the_recording() -> None:
    assert filenames.manifest("p_room_1.5_12.mp4", "r") == "p_room_1.5_12.json"
    assert filenames.manifest("", "r") == "r.json"
    assert filenames.manifest("", None) == "manifest.json"
    assert filenames.manifest("out", None) == "out.json"
