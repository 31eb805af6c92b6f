from __future__ import annotations

from typing import Any

import pytest

from roomtape.api.recording_config import for_meeting, resolve, shown, with_kept_secrets
from roomtape.clock import to_datetime
from roomtape.domain.meeting import Meeting, MeetingStatus
from roomtape.domain.recording_config import AudioConfig, RecordingConfig, VideoConfig
from roomtape.errors import InvalidRequest, NotOffered


def test_defaults_when_nobody_says_anything() -> None:
    assert resolve(None, {}) == RecordingConfig()


def test_the_more_specific_wins_field_by_field() -> None:
    meeting: dict[str, Any] = {"max_seconds": 60, "video_config": {"width": 320, "height": 240}}
    request = {"video_config": {"width": 640}, "audio_config": {"export_file": False, "channel": "mono"}}
    assert resolve(meeting, request) == RecordingConfig(
        VideoConfig(width=640, height=240), AudioConfig(channel="mono"), max_seconds=60
    )


def test_a_meeting_that_records_on_start_uses_its_own() -> None:
    now = to_datetime(0)
    meeting = Meeting("m", "a", None, MeetingStatus.ACTIVE, True, None, {"max_seconds": 77}, now, now)
    assert for_meeting(meeting).max_seconds == 77


def test_what_goes_wrong_only_together() -> None:
    with pytest.raises(InvalidRequest, match=r"audio_config\.codec"):
        resolve({"audio_config": {"codec": "AAC"}}, {"video_config": {"codec": "VP8"}})
    with pytest.raises(InvalidRequest, match=r"video_config\.width"):
        resolve({"video_config": {"width": 3840}}, {"video_config": {"height": 3840}})
    with pytest.raises(InvalidRequest, match="realtimekit_bucket_config"):
        resolve({"realtimekit_bucket_config": {"enabled": False}}, {})
    assert resolve(
        {"realtimekit_bucket_config": {"enabled": False}}, {"realtimekit_bucket_config": {"enabled": True}}
    ) == (RecordingConfig())


def test_what_is_not_offered_is_found_at_either_level() -> None:
    with pytest.raises(NotOffered, match="url"):
        resolve(None, {"url": "https://a.example"})
    with pytest.raises(NotOffered, match="interactive_config"):
        resolve({}, {"interactive_config": {"type": "ID3"}})


def test_a_meetings_stream_goes_where_the_request_says() -> None:
    meeting = {"live_streaming_config": {"rtmp_url": "rtmp://a/b"}}
    assert resolve(meeting, {}).rtmp_url == "rtmp://a/b"
    assert resolve(meeting, {"rtmp_out_config": {"rtmp_url": "rtmps://c/d"}}).rtmp_url == "rtmps://c/d"


AWS = {"type": "aws", "bucket": "b", "access_key": "the key", "secret": "the secret", "path": "in"}


def test_a_storage_is_taken_from_both_levels() -> None:
    config = resolve({"storage_config": AWS}, {"storage_config": {"type": "aws", "path": "out"}})
    assert config.storage is not None
    assert (config.storage.bucket, config.storage.secret, config.storage.path) == ("b", "the secret", "out")
    assert config.own_bucket


def test_the_own_bucket_can_be_left_out_where_there_is_a_storage() -> None:
    assert not resolve({"storage_config": AWS}, {"realtimekit_bucket_config": {"enabled": False}}).own_bucket


def test_answers_show_nothing_that_opens_anything_and_may_be_sent_back() -> None:
    config = {"storage_config": AWS, "live_streaming_config": {"rtmp_url": "rtmp://a/b/key"}, "max_seconds": 60}
    seen = shown(config)
    assert seen == {
        "storage_config": {"type": "aws", "bucket": "b", "path": "in"},
        "live_streaming_config": {"rtmp_url": "rtmp://a/***"},
        "max_seconds": 60,
    }
    assert with_kept_secrets(seen, config) == config
    elsewhere = seen | {"storage_config": {"type": "aws", "bucket": "c"}}
    assert (with_kept_secrets(elsewhere, config) or {})["storage_config"] == {"type": "aws", "bucket": "c"}
