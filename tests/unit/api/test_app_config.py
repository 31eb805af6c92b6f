from __future__ import annotations

import asyncio

import pytest

from tests.support.api import House

AWS = {"type": "aws", "bucket": "films", "region": "eu-1", "access_key": "key-canary", "secret": "secret-canary"}


async def test_what_was_put_is_shown_without_secrets_and_may_be_sent_back(api: House) -> None:
    url = f"{api.kit}/recording-config"
    assert (await api.client.get(url)).json() == {"success": True, "data": {}}
    given = {
        "max_seconds": 90,
        "retention_days": 30,
        "storage_config": AWS,
        "live_streaming_config": {"rtmp_url": "rtmp://live.example/app/stream-canary"},
    }
    answer = await api.client.put(url, json=given)
    assert answer.status_code == 200, answer.text
    seen = answer.json()["data"]
    assert "canary" not in answer.text
    assert seen["storage_config"] == {"type": "aws", "bucket": "films", "region": "eu-1"}
    assert (await api.client.get(url)).json()["data"] == seen
    assert (await api.client.put(url, json=seen | {"max_seconds": 120})).status_code == 200

    await api.client.post(f"{api.kit}/recordings", json={"meeting_id": await api.meeting()})
    config = api.recordings.started[0]["config"]
    assert (config.max_seconds, config.retention_days) == (120, 30)
    assert config.storage.secret == "secret-canary"
    assert config.rtmp_url.endswith("stream-canary")


async def test_a_patch_changes_fields_and_null_takes_them_back(api: House) -> None:
    url = f"{api.kit}/recording-config"
    await api.client.put(url, json={"max_seconds": 90, "video_config": {"width": 320, "height": 240}})
    answer = await api.client.patch(url, json={"max_seconds": None, "video_config": {"layout": "grid"}})
    assert answer.json()["data"] == {"video_config": {"width": 320, "height": 240, "layout": "grid"}}
    assert (await api.client.put(url, json={})).json()["data"] == {}


async def test_null_takes_back_a_field_of_the_storage_too(api: House) -> None:
    url = f"{api.kit}/recording-config"
    await api.client.put(url, json={"storage_config": AWS | {"path": "in"}})
    answer = await api.client.patch(url, json={"storage_config": {"type": "aws", "path": None}})
    assert answer.json()["data"]["storage_config"] == {"type": "aws", "bucket": "films", "region": "eu-1"}
    await api.client.post(f"{api.kit}/recordings", json={"meeting_id": await api.meeting()})
    assert api.recordings.started[0]["config"].storage.secret == "secret-canary"


async def test_changes_at_the_same_time_are_all_made(api: House) -> None:
    url = f"{api.kit}/recording-config"
    parts = [{"max_seconds": 90}, {"file_name_prefix": "p"}, {"retention_days": 3}, {"video_config": {"width": 320}}]
    await asyncio.gather(*(api.client.patch(url, json=part) for part in parts))
    assert (await api.client.get(url)).json()["data"] == parts[0] | parts[1] | parts[2] | parts[3]


async def test_request_meeting_and_app_are_merged_and_the_recording_shows_it(api: House) -> None:
    app = {"file_name_prefix": "app", "max_seconds": 90, "video_config": {"layout": "grid", "width": 320}}
    await api.client.put(f"{api.kit}/recording-config", json=app)
    meeting = await api.meeting(recording_config={"max_seconds": 120, "video_config": {"height": 240}})
    answer = await api.client.post(
        f"{api.kit}/recordings", json={"meeting_id": meeting, "video_config": {"width": 640, "codec": "VP8"}}
    )
    shown = answer.json()["data"]["config"]
    assert shown["video_config"] == {
        "codec": "VP8",
        "width": 640,
        "height": 240,
        "fps": 30,
        "export_file": True,
        "layout": "grid",
        "watermark": None,
    }
    assert shown["audio_config"] == {"codec": None, "channel": "stereo", "export_file": False}
    assert (shown["file_name_prefix"], shown["max_seconds"]) == ("app", 120)
    assert shown["realtimekit_bucket_config"] == {"enabled": True}


@pytest.mark.parametrize("sound", [None, {"codec": None}, {"channel": "mono"}])
async def test_a_default_of_sound_is_in_nobodys_way_who_asks_for_vp8(api: House, sound: dict[str, str] | None) -> None:
    await api.client.put(f"{api.kit}/recording-config", json={"audio_config": {"codec": "MP3"}})
    said = {"video_config": {"codec": "VP8"}} | ({} if sound is None else {"audio_config": sound})
    meeting = await api.meeting(recording_config={"video_config": {"codec": "VP9"}})
    answer = await api.client.post(f"{api.kit}/recordings", json={"meeting_id": meeting} | said)
    assert answer.status_code == 201, answer.text
    assert answer.json()["data"]["config"]["video_config"]["codec"] == "VP8"


async def test_a_start_takes_a_codec_back_with_null(api: House) -> None:
    await api.client.put(f"{api.kit}/recording-config", json={"video_config": {"codec": "VP8"}})
    said = {"video_config": {"codec": None}, "audio_config": {"codec": "MP3"}}
    answer = await api.client.post(f"{api.kit}/recordings", json={"meeting_id": await api.meeting()} | said)
    assert answer.status_code == 201, answer.text
    config = answer.json()["data"]["config"]
    assert (config["video_config"]["codec"], config["audio_config"]["codec"]) == ("H264", "MP3")


async def test_a_participant_who_may_not_record_sees_no_configuration(api: House) -> None:
    meeting = await api.meeting()
    await api.client.post(f"{api.kit}/recordings", json={"meeting_id": meeting, "storage_config": AWS})
    _, token = await api.participant(meeting, "group_call_participant")
    url = f"{api.kit}/recordings/active-recording/{meeting}"
    assert (await api.client.get(url)).json()["data"]["storage_config"]["bucket"] == "films"
    answer = await api.client.get(url, headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["data"]["config"] is None
    assert "films" not in answer.text


async def test_defaults_that_do_not_go_together_are_refused_and_nothing_is_changed(api: House) -> None:
    url = f"{api.kit}/recording-config"
    await api.client.put(url, json={"max_seconds": 90})
    for wrong, field in (
        ({"max_seconds": 5}, "max_seconds"),
        ({"retention_days": 0}, "retention_days"),
        ({"retention_days": 1e9}, "retention_days"),
        ({"realtimekit_bucket_config": {"enabled": False}}, "realtimekit_bucket_config.enabled"),
        ({"storage_config": {"type": "aws", "bucket": "b"}}, "storage_config.access_key"),
        ({"live_streaming_config": {"rtmp_url": "rtmp://127.0.0.1/a/b"}}, "live_streaming_config.rtmp_url"),
        ({"max_secondz": 90}, "max_secondz"),
    ):
        for method in ("PUT", "PATCH"):
            answer = await api.client.request(method, url, json=wrong)
            assert answer.status_code == 422, f"{wrong} {answer.text}"
            assert answer.json()["errors"][0]["message"].startswith(f"{field}:"), answer.text
    assert (await api.client.get(url)).json()["data"] == {"max_seconds": 90}
