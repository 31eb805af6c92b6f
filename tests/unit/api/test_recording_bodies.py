from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from roomtape.api.recording_bodies import MeetingRecordingConfig, StartRecording, StartTracks
from roomtape.domain.recording_config import Layer
from roomtape.errors import InvalidRequest


def storage(**values: Any) -> StartRecording:
    return StartRecording.model_validate({"meeting_id": "m", "storage_config": values})


def test_only_what_was_given_is_merged() -> None:
    body = StartRecording.model_validate(
        {"meeting_id": "m", "max_seconds": 60, "audio_config": {}, "video_config": {"width": None, "height": 360}}
    )
    assert body.values() == {"max_seconds": 60, "audio_config": {}, "video_config": {"height": 360}}
    assert MeetingRecordingConfig.model_validate({}).values() == {}


@pytest.mark.parametrize(
    "values",
    [
        {"type": "aws", "bucket": "b", "access_key": "k", "secret": "s", "region": "r", "path": "p"},
        {"type": "cloudflare", "bucket": "b", "access_key": "k", "secret": "s", "account_id": "a"},
        {"type": "azure", "bucket": "b", "access_key": "connection", "secret": "", "region": ""},
        {"type": "gcs", "bucket": "b", "secret": "{}"},
        {"type": "sftp", "host": "h", "port": 22.0, "username": "u", "auth_method": "PASSWORD", "password": "p"},
        {"type": "sftp", "host": "h", "username": "u", "auth_method": "KEY", "private_key": "k", "password": "p"},
    ],
)
def test_storages_that_are_whole(values: dict[str, Any]) -> None:
    storage(**values)


def test_a_storage_says_its_type() -> None:
    with pytest.raises(ValidationError, match="type"):
        storage(bucket="b")


def test_layers_take_their_name_as_prefix() -> None:
    given = {"a": {}, "b-2": {"media_kind": "video"}, "c": {"file_name_prefix": "x", "media_kind": "audio"}}
    body = StartTracks.model_validate({"meeting_id": "m", "layers": given})
    assert body.to_layers() == (Layer("a", "a"), Layer("b-2", "b_2", "video"), Layer("c", "x"))
    assert StartTracks.model_validate({"meeting_id": "m", "layers": {}}).to_layers() == (Layer(),)


def test_layers_whose_files_would_overwrite_one_another() -> None:
    same = {"a-b": {}, "a_b": {}}
    with pytest.raises(InvalidRequest, match=r"layers\.a_b"):
        StartTracks.model_validate({"meeting_id": "m", "layers": same}).to_layers()
    kinds = {"a-b": {}, "a_b": {"media_kind": "video"}}
    assert len(StartTracks.model_validate({"meeting_id": "m", "layers": kinds}).to_layers()) == 2


@pytest.mark.parametrize(
    "url", ["http://a/b.PNG", "https://a/b.jpeg?x=.gif", "https://a/logo.php", "https://a/mp4", "https://a"]
)
def test_what_may_be_a_picture(url: str) -> None:
    given = {"meeting_id": "m", "video_config": {"watermark": {"url": url}}}
    assert StartRecording.model_validate(given).values()["video_config"] == given["video_config"]
