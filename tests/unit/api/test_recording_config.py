from __future__ import annotations

from typing import Any

import pytest

from roomtape.api.recording_config import for_meeting, resolve
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
    with pytest.raises(NotOffered, match="storage_config"):
        resolve({"storage_config": {"type": "aws"}}, {})
    with pytest.raises(NotOffered, match="url"):
        resolve(None, {"url": "https://a.example"})
    with pytest.raises(NotOffered, match="interactive_config"):
        resolve({}, {"interactive_config": {"type": "ID3"}})


def test_a_meetings_stream_goes_where_the_request_says() -> None:
    meeting = {"live_streaming_config": {"rtmp_url": "rtmp://a/b"}}
    assert resolve(meeting, {}).rtmp_url == "rtmp://a/b"
    assert resolve(meeting, {"rtmp_out_config": {"rtmp_url": "rtmps://c/d"}}).rtmp_url == "rtmps://c/d"
