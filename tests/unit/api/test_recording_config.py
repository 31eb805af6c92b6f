from __future__ import annotations

from typing import Any

import pytest

from roomtape.api.recording_config import for_meeting, for_tracks, patched, resolve, shown, with_kept_secrets
from roomtape.clock import to_datetime
from roomtape.domain.meeting import App, Meeting, MeetingStatus
from roomtape.domain.recording_config import AudioConfig, Layer, RecordingConfig, VideoConfig
from roomtape.errors import InvalidRequest


def test_defaults_when_nobody_says_anything() -> None:
    assert resolve(None, {}) == RecordingConfig()


def test_the_more_specific_wins_field_by_field() -> None:
    meeting: dict[str, Any] = {"max_seconds": 60, "video_config": {"width": 320, "height": 240}}
    request = {"video_config": {"width": 640}, "audio_config": {"export_file": False, "channel": "mono"}}
    assert resolve(meeting, request) == RecordingConfig(
        VideoConfig(width=640, height=240), AudioConfig(channel="mono"), max_seconds=60
    )


NOW = to_datetime(0)


def a_meeting(config: dict[str, Any] | None) -> Meeting:
    return Meeting("m", "a", None, MeetingStatus.ACTIVE, True, None, config, NOW, NOW)


def an_app(config: dict[str, Any] | None = None) -> App:
    return App("a", "account", "App", NOW, config)


def test_a_meeting_that_records_on_start_uses_its_own_and_the_apps() -> None:
    config = for_meeting(an_app({"max_seconds": 99, "file_name_prefix": "ours"}), a_meeting({"max_seconds": 77}))
    assert (config.max_seconds, config.file_name_prefix) == (77, "ours")


def test_a_meeting_is_recorded_on_start_also_when_the_apps_defaults_do_not_go_with_its_own() -> None:
    app = an_app({"video_config": {"codec": "VP8"}, "max_seconds": 99})
    assert for_meeting(app, a_meeting({"audio_config": {"codec": "MP3"}})) == RecordingConfig(
        audio=AudioConfig(codec="MP3", export_file=True), max_seconds=99
    )
    assert for_meeting(app, a_meeting(None)).max_seconds == 99


def test_its_files_go_where_they_were_meant_to_whatever_becomes_of_picture_and_sound() -> None:
    where = {"storage_config": AWS, "realtimekit_bucket_config": {"enabled": False}, "retention_days": 1}
    for apps, mine in (
        ({"audio_config": {"codec": "MP3"}}, {"video_config": {"codec": "VP8"}}),
        ({"video_config": {"codec": "VP8"}}, {"audio_config": {"codec": "MP3"}}),
        ({"video_config": {"width": 3840}}, {"video_config": {"height": 3840}}),
        ({}, {"video_config": {"watermark": {"position": "left top"}}}),
    ):
        config = for_meeting(an_app(where | apps), a_meeting(mine))
        assert config.storage is not None
        assert (config.storage.bucket, config.own_bucket, config.retention_days) == ("b", False, 1)


def test_a_storage_whose_credentials_went_with_the_apps_is_waited_for() -> None:
    mine = {"storage_config": {"type": "aws", "path": "m"}, "realtimekit_bucket_config": {"enabled": False}}
    config = for_meeting(an_app(), a_meeting(mine | {"video_config": {"codec": "VP9"}}))
    assert config.storage is not None
    assert (config.storage.path, config.own_bucket, config.video.codec) == ("m", False, "VP9")


def test_three_levels_are_merged_field_by_field() -> None:
    config = resolve(
        {"video_config": {"width": 320, "height": 180, "layout": "grid"}, "max_seconds": 100, "retention_days": 2.5},
        {"video_config": {"height": 240}, "max_seconds": 200},
        {"video_config": {"width": 400}},
    )
    assert config.video == VideoConfig(width=400, height=240, layout="grid")
    assert (config.max_seconds, config.retention_days) == (200, 2.5)


def test_tracks_go_where_meeting_and_app_say_and_stay_as_long() -> None:
    app = an_app({"storage_config": AWS, "retention_days": 3, "max_seconds": 60})
    config = for_tracks(app, a_meeting({"storage_config": {"type": "aws", "path": "tracks"}}), (Layer(),), ("u",))
    assert config.storage is not None
    assert (config.storage.bucket, config.storage.path, config.retention_days) == ("b", "tracks", 3)
    assert (config.layers, config.user_ids, config.max_seconds) == ((Layer(),), ("u",), RecordingConfig().max_seconds)


def test_tracks_do_not_depend_on_a_picture_that_they_do_not_have() -> None:
    app = an_app({"video_config": {"codec": "VP8"}, "storage_config": AWS})
    config = for_tracks(app, a_meeting({"audio_config": {"codec": "MP3"}}), (Layer(),), None)
    assert config.storage is not None
    with pytest.raises(InvalidRequest, match=r"storage_config\.bucket"):
        for_tracks(an_app(), a_meeting({"storage_config": {"type": "aws"}}), (Layer(),), None)


def test_a_change_is_made_field_by_field_and_null_takes_away() -> None:
    before = {"max_seconds": 60, "video_config": {"width": 320, "height": 180}, "storage_config": AWS}
    given = {"max_seconds": None, "video_config": {"width": None, "layout": "grid"}, "audio_config": {"codec": None}}
    assert patched(before, given) == {
        "video_config": {"height": 180, "layout": "grid"},
        "storage_config": AWS,
        "audio_config": {},
    }
    assert patched(before, {"storage_config": None}).keys() == {"max_seconds", "video_config"}
    emptied = patched(before, {"storage_config": {"type": "aws", "path": None}})["storage_config"]
    assert emptied == {name: value for name, value in AWS.items() if name != "path"}
    moved = patched(before, {"storage_config": {"type": "gcs", "bucket": "b"}})["storage_config"]
    assert moved == {"type": "gcs", "bucket": "b"}


def test_what_goes_wrong_only_together() -> None:
    with pytest.raises(InvalidRequest, match=r"audio_config\.codec"):
        resolve({"video_config": {"codec": "VP8"}}, {"audio_config": {"codec": "AAC"}})
    with pytest.raises(InvalidRequest, match=r"video_config\.width"):
        resolve({"video_config": {"width": 3840}}, {"video_config": {"height": 3840}})
    with pytest.raises(InvalidRequest, match="realtimekit_bucket_config"):
        resolve({"realtimekit_bucket_config": {"enabled": False}}, {})
    assert resolve(
        {"realtimekit_bucket_config": {"enabled": False}}, {"realtimekit_bucket_config": {"enabled": True}}
    ) == (RecordingConfig())


def test_a_page_and_an_interactive_recording_are_asked_for_in_the_request() -> None:
    config = resolve({}, None, {"url": "https://a.example/?k=1", "interactive_config": {"type": "ID3"}})
    assert (config.page_url, config.interactive) == ("https://a.example/?k=1", True)


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
