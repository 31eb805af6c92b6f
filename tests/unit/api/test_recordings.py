from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import cloudflare
import pytest

from roomtape.db import recordings as rows
from roomtape.domain.recording import Caller, CallerType, Kind, Recording, Status, Step, StopCause
from roomtape.domain.recording_config import AudioConfig, RecordingConfig, VideoConfig, Watermark
from tests.support.api import NOW, House, a_recording


def ids(api: House) -> dict[str, str]:
    return {"account_id": api.account_id, "app_id": api.app_id}


async def remembered(api: House, meeting: str, **values: Any) -> Recording:
    session = await api.session(meeting)
    recording = a_recording(api.app_id, meeting, session.id, **values)
    await rows.insert(api.db, recording)
    return recording


async def test_the_sdk_takes_a_composite_through_its_life(api: House) -> None:
    meeting = await api.meeting()
    sdk = api.sdk().realtime_kit.recordings
    made = await sdk.start_recordings(
        api.app_id,
        account_id=api.account_id,
        meeting_id=meeting,
        file_name_prefix="board_1",
        max_seconds=600,
        video_config={"codec": "H264", "width": 640, "height": 360, "export_file": True},
        audio_config={"codec": "AAC", "channel": "mono", "export_file": False},
        realtimekit_bucket_config={"enabled": True},
    )
    assert made.data is not None
    assert made.data.status == "INVOKED"
    assert isinstance(made.data.invoked_time, datetime)
    assert made.data.started_time is None
    assert made.data.download_url is None
    assert made.data.start_reason is not None
    assert made.data.start_reason.reason == "API_CALL"
    assert made.data.start_reason.caller is not None
    assert made.data.start_reason.caller.type == "ORGANIZATION"
    assert made.data.start_reason.caller.user_id == api.account_id
    assert made.data.start_reason.caller.name == "Roomtape"
    assert made.data.stop_reason is None
    (started,) = api.recordings.started
    assert started["config"] == RecordingConfig(
        VideoConfig(width=640, height=360),
        AudioConfig(channel="mono"),
        file_name_prefix="board_1",
        max_seconds=600,
    )

    active = await sdk.get_active_recordings(meeting, **ids(api))
    assert active.data.id == made.data.id
    await rows.step(api.db, made.data.id, Step.CONFIRM, started_at=NOW)
    paused = await sdk.pause_resume_stop_recording(made.data.id, **ids(api), action="pause")
    resumed = await sdk.pause_resume_stop_recording(made.data.id, **ids(api), action="resume")
    stopped = await sdk.pause_resume_stop_recording(made.data.id, **ids(api), action="stop")
    assert paused.data is not None
    assert resumed.data is not None
    assert stopped.data is not None
    assert [paused.data.status, resumed.data.status, stopped.data.status] == ["PAUSED", "RECORDING", "UPLOADING"]
    assert stopped.data.stop_reason is not None
    assert stopped.data.stop_reason.reason == "API_CALL"
    with pytest.raises(cloudflare.NotFoundError):
        await sdk.get_active_recordings(meeting, **ids(api))
    with pytest.raises(cloudflare.ConflictError):
        await sdk.pause_resume_stop_recording(made.data.id, **ids(api), action="resume")

    done = {"duration_ms": 61_700, "file_size": 5_000_000_000, "download": "a/b/y.mp4", "expires_at": NOW}
    await rows.step(api.db, made.data.id, Step.DELIVER, **done)
    got = await sdk.get_one_recording(made.data.id, **ids(api))
    assert got.data is not None
    assert got.data.status == "UPLOADED"
    assert got.data.recording_duration == 62
    assert got.data.file_size == 5_000_000_000
    assert got.data.download_url == api.bucket.link("a/b/y.mp4", NOW)
    assert isinstance(got.data.download_url_expiry, datetime)
    assert isinstance(got.data.stopped_time, datetime)


async def test_a_second_recording_needs_to_be_allowed(api: House) -> None:
    meeting = await api.meeting()
    sdk = api.sdk().realtime_kit.recordings
    await sdk.start_recordings(api.app_id, account_id=api.account_id, meeting_id=meeting)
    with pytest.raises(cloudflare.ConflictError):
        await sdk.start_recordings(api.app_id, account_id=api.account_id, meeting_id=meeting)
    await sdk.start_recordings(
        api.app_id, account_id=api.account_id, meeting_id=meeting, allow_multiple_recordings=True
    )
    assert [s["allow_multiple"] for s in api.recordings.started] == [False, True]


async def test_the_request_wins_over_the_meeting(api: House) -> None:
    config = {
        "max_seconds": 120,
        "file_name_prefix": "meeting",
        "video_config": {"width": 320, "height": 180},
        "audio_config": {"export_file": False},
    }
    meeting = await api.meeting(recording_config=config)
    body = {"meeting_id": meeting, "video_config": {"width": 640}, "audio_config": {"channel": "mono"}}
    answer = await api.client.post(f"{api.kit}/recordings", json=body)
    assert answer.status_code == 201, answer.text
    (started,) = api.recordings.started
    assert started["config"] == RecordingConfig(
        VideoConfig(width=640, height=180), AudioConfig(channel="mono"), file_name_prefix="meeting", max_seconds=120
    )


@pytest.mark.parametrize("video", ["app/rec/a.mp4", None])
async def test_the_audio_file_has_a_link_of_its_own(api: House, video: str | None) -> None:
    recording = await remembered(
        api, await api.meeting(), status=Status.UPLOADED, download=video, audio_download="app/rec/a.m4a", expires_at=NOW
    )
    got = await api.sdk().realtime_kit.recordings.get_one_recording(recording.id, **ids(api))
    assert got.data is not None
    assert got.data.audio_download_url == api.bucket.link("app/rec/a.m4a", NOW)
    assert got.data.download_url == (None if video is None else api.bucket.link(video, NOW))


async def test_the_sdk_lists_recordings_with_all_filters(api: House) -> None:
    first, second = await api.meeting(title="Alpha"), await api.meeting(title="Beta")
    old = await remembered(api, first, status=Status.UPLOADED, expired=True)
    new = await remembered(api, second, status=Status.ERRORED, invoked_at=NOW + timedelta(days=1), error="disk full")
    sdk = api.sdk().realtime_kit.recordings

    async def found(**filters: Any) -> list[str]:
        answer = await sdk.get_recordings(api.app_id, account_id=api.account_id, **filters)
        assert answer.paging.total_count == len(answer.data)
        return [r.id for r in answer.data]

    assert await found() == [new.id, old.id]
    assert await found(sort_by="invokedTime", sort_order="ASC") == [old.id, new.id]
    assert await found(status=["UPLOADED"]) == [old.id]
    assert await found(status=["UPLOADED", "ERRORED"]) == [new.id, old.id]
    assert await found(status=["PAUSED"]) == []
    assert await found(meeting_id=first) == [old.id]
    assert await found(search="eta") == [new.id]
    assert await found(search=first) == [old.id]
    assert await found(expired=True) == [old.id]
    assert await found(expired=False) == [new.id]
    assert await found(start_time=NOW + timedelta(hours=1)) == [new.id]
    assert await found(end_time=NOW + timedelta(hours=1)) == [old.id]

    page = await sdk.get_recordings(api.app_id, account_id=api.account_id, page_no=2, per_page=1)
    assert [r.id for r in page.data] == [old.id]
    assert (page.paging.total_count, page.paging.start_offset, page.paging.end_offset) == (2, 2, 2)
    assert page.data[0].meeting is not None
    assert (page.data[0].meeting.id, page.data[0].meeting.title) == (first, "Alpha")
    assert isinstance(page.data[0].meeting.created_at, datetime)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"meeting_id": 5}, "meeting_id"),
        ({"allow_multiple_recordings": "yes"}, "allow_multiple_recordings"),
        ({"max_seconds": 59}, "max_seconds"),
        ({"max_seconds": 86_401}, "max_seconds"),
        ({"max_seconds": "60"}, "max_seconds"),
        ({"max_seconds": 60.5}, "max_seconds"),
        ({"max_seconds": True}, "max_seconds"),
        ({"file_name_prefix": "a b"}, "file_name_prefix"),
        ({"file_name_prefix": "ä"}, "file_name_prefix"),
        ({"file_name_prefix": ""}, "file_name_prefix"),
        ({"file_name_prefix": "../x"}, "file_name_prefix"),
        ({"video_config": {"width": 641}}, "video_config.width"),
        ({"video_config": {"height": 0}}, "video_config.height"),
        ({"video_config": {"width": 100_000}}, "video_config.width"),
        ({"video_config": {"width": 3840, "height": 3840}}, "video_config.width"),
        ({"video_config": {"width": 3840, "height": 2162}}, "video_config.width"),
        ({"video_config": {"width": 3842}}, "video_config.width"),
        ({"video_config": {"height": 88}}, "video_config.height"),
        ({"video_config": {"width": 158, "height": 90}}, "video_config.width"),
        ({"video_config": {"width": -1280}}, "video_config.width"),
        ({"video_config": {"layout": "mosaic"}}, "video_config.layout"),
        ({"video_config": {"width": "640"}}, "video_config.width"),
        ({"video_config": {"codec": "AV1"}}, "video_config.codec"),
        ({"video_config": {"codec": "VP8"}, "audio_config": {"codec": "AAC"}}, "audio_config.codec"),
        ({"video_config": {"codec": "VP9"}, "audio_config": {"codec": "MP3"}}, "audio_config.codec"),
        ({"video_config": {"export_file": False}}, "video_config.export_file"),
        (
            {"video_config": {"export_file": False}, "audio_config": {"export_file": False}},
            "video_config.export_file",
        ),
        ({"video_config": {"watermark": {"url": "file:///etc/passwd"}}}, "video_config.watermark.url"),
        ({"video_config": {"watermark": {"position": "middle"}}}, "video_config.watermark.position"),
        ({"video_config": {"watermark": {"position": "left top"}}}, "video_config.watermark.url"),
        ({"video_config": {"watermark": {"url": "https://"}}}, "video_config.watermark.url"),
        ({"video_config": {"watermark": {"url": "https://a.example/b/LOGO.Svg?v=1"}}}, "video_config.watermark.url"),
        ({"video_config": {"watermark": {"url": "https://a.example/b.pdf"}}}, "video_config.watermark.url"),
        ({"video_config": {"watermark": {"url": "https://[bad/b.png"}}}, "video_config.watermark.url"),
        (
            {"video_config": {"watermark": {"url": "https://a", "size": {"width": 0}}}},
            "video_config.watermark.size.width",
        ),
        ({"audio_config": {"codec": "OPUS"}}, "audio_config.codec"),
        ({"audio_config": {"channel": "5.1"}}, "audio_config.channel"),
        ({"audio_config": []}, "audio_config"),
        ({"realtimekit_bucket_config": {}}, "realtimekit_bucket_config.enabled"),
        ({"realtimekit_bucket_config": {"enabled": False}}, "realtimekit_bucket_config.enabled"),
        ({"rtmp_out_config": {"rtmp_url": "http://x.example"}}, "rtmp_out_config.rtmp_url"),
        ({"rtmp_out_config": {}}, "rtmp_out_config.rtmp_url"),
        ({"rtmp_out_config": {"rtmp_url": "rtmp://127.0.0.1/live/k"}}, "rtmp_out_config.rtmp_url"),
        ({"rtmp_out_config": {"rtmp_url": "rtmps://[::ffff:10.0.0.1]/live/k"}}, "rtmp_out_config.rtmp_url"),
        ({"rtmp_out_config": {"rtmp_url": "rtmp://me:pass@x.example/live/k"}}, "rtmp_out_config.rtmp_url"),
        ({"rtmp_out_config": {"rtmp_url": "rtmp:///live/k"}}, "rtmp_out_config.rtmp_url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"interactive_config": {"type": "ID4"}}, "interactive_config.type"),
        ({"storage_config": {"type": "floppy"}}, "storage_config.type"),
        ({"storage_config": {"type": "aws", "bucket": "b"}}, "storage_config.access_key"),
        ({"storage_config": {"type": "gcs", "bucket": "b", "secret": "x"}}, "storage_config.secret"),
        ({"storage_config": {"type": "sftp", "host": "h", "port": 0}}, "storage_config.port"),
        ({"video_confg": {}}, "video_confg"),
    ],
)
async def test_an_invalid_start_names_its_field(api: House, body: dict[str, Any], path: str) -> None:
    answer = await api.client.post(f"{api.kit}/recordings", json={"meeting_id": await api.meeting()} | body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["message"].startswith(f"{path}: ")
    assert api.recordings.started == []


@pytest.mark.parametrize(
    ("body", "config"),
    [
        ({"video_config": {"codec": "VP8"}}, RecordingConfig(VideoConfig(codec="VP8"))),
        (
            {"video_config": {"codec": "VP9", "export_file": False}, "audio_config": {"channel": "mono"}},
            RecordingConfig(VideoConfig(codec="VP9", export_file=False), AudioConfig(channel="mono", export_file=True)),
        ),
        ({"audio_config": {"codec": "MP3"}}, RecordingConfig(audio=AudioConfig("MP3", export_file=True))),
        ({"video_config": {"width": 90, "height": 160}}, RecordingConfig(VideoConfig(width=90, height=160))),
        ({"video_config": {"width": 2160, "height": 3840}}, RecordingConfig(VideoConfig(width=2160, height=3840))),
        ({"video_config": {"layout": "speaker"}}, RecordingConfig(VideoConfig(layout="speaker"))),
        (
            {"video_config": {"watermark": {"url": "https://x.example/a.png", "size": {"height": 40}}}},
            RecordingConfig(VideoConfig(watermark=Watermark("https://x.example/a.png", height=40))),
        ),
        (
            {"rtmp_out_config": {"rtmp_url": "rtmps://x.example/live/k"}},
            RecordingConfig(rtmp_url="rtmps://x.example/live/k"),
        ),
    ],
)
async def test_everything_about_picture_and_sound_is_taken(
    api: House, body: dict[str, Any], config: RecordingConfig
) -> None:
    answer = await api.client.post(f"{api.kit}/recordings", json={"meeting_id": await api.meeting()} | body)
    assert answer.status_code == 201, answer.text
    assert "x.example/live" not in answer.text  # a stream key is nobody's business
    assert api.recordings.started[0]["config"] == config


async def test_an_answer_shows_where_files_go_and_nothing_that_opens_it(api: House) -> None:
    storage = {"type": "sftp", "host": "files.example", "username": "u", "password": "hush-hush", "path": "in"}
    body = {"storage_config": storage, "realtimekit_bucket_config": {"enabled": False}}
    answer = await api.client.post(f"{api.kit}/recordings", json={"meeting_id": await api.meeting()} | body)
    assert answer.status_code == 201, answer.text
    assert "hush-hush" not in answer.text
    shown = {"type": "sftp", "host": "files.example", "username": "u", "path": "in", "auth_method": "PASSWORD"}
    assert answer.json()["data"]["storage_config"] == shown
    config = api.recordings.started[0]["config"]
    assert (config.own_bucket, config.storage.password) == (False, "hush-hush")


async def test_how_the_live_stream_fares_is_told(api: House) -> None:
    body = {"meeting_id": await api.meeting(), "rtmp_out_config": {"rtmp_url": "rtmp://x.example/live/k"}}
    found = (await api.client.post(f"{api.kit}/recordings", json=body)).json()["data"]
    state = {"state": "connecting", "since": found["invoked_time"], "error": None, "sent_s": 0.0}
    assert found["rtmp_out"] == state
    again = await api.client.get(f"{api.kit}/recordings/{found['id']}")
    assert again.json()["data"]["rtmp_out"] == state
    body = {"meeting_id": await api.meeting()}
    assert (await api.client.post(f"{api.kit}/recordings", json=body)).json()["data"]["rtmp_out"] is None


async def test_a_page_is_taken_and_shown_without_what_opens_it(api: House) -> None:
    body = {"meeting_id": await api.meeting(), "url": "http://10.1.2.3/room?key=secret#there"}
    body["video_config"] = {"watermark": {"url": "https://x.example/a.png"}}
    answer = await api.client.post(f"{api.kit}/recordings", json=body)
    assert answer.status_code == 201, answer.text
    config = answer.json()["data"]["config"]
    assert config["url"] == "http://10.1.2.3/room"
    assert config["video_config"]["watermark"] is None
    assert api.recordings.started[0]["config"].page_url == body["url"]


@pytest.mark.parametrize(
    ("url", "status", "why"),
    [
        ("http://192.168.1.1/", 422, "not a public address"),
        ("http://169.254.169.254/latest/meta-data", 422, "page_allow"),
        ("http://localhost/", 422, "not a public address"),
        ("https://user:pw@x.example/", 422, "user name or password"),
        ("https://no-such-host.invalid/", 422, "there is no host"),
        ("file:///etc/passwd", 422, "http"),
    ],
)
async def test_a_page_that_must_not_be_opened_is_refused_by_name(api: House, url: str, status: int, why: str) -> None:
    answer = await api.client.post(f"{api.kit}/recordings", json={"meeting_id": await api.meeting(), "url": url})
    assert answer.status_code == status, answer.text
    message = answer.json()["errors"][0]["message"]
    assert "url" in message
    assert why in message
    assert api.recordings.started == []


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"user_ids": [f"u{n}" for n in range(101)]}, "user_ids"),
        ({"user_ids": []}, "user_ids"),
        ({"user_ids": [1]}, "user_ids.0"),
        ({"user_ids": "user-1"}, "user_ids"),
        ({"user_idz": ["user-1"]}, "user_idz"),
        ({"layers": []}, "layers"),
        ({"layers": {"a": {"media_kind": "smell"}}}, "layers.a.media_kind"),
        ({"layers": {"a": {"file_name_prefix": "a-b"}}}, "layers.a.file_name_prefix"),
        ({"layers": {"a b": {}}}, "layers.a b"),
        ({"layers": {"a": {"file_name_prefix": "p"}, "b": {"file_name_prefix": "p"}}}, "layers.b.file_name_prefix"),
        ({"layers": {f"l{n}": {} for n in range(11)}}, "layers"),
    ],
)
async def test_an_invalid_track_start_names_its_field(api: House, body: dict[str, Any], path: str) -> None:
    meeting = await api.meeting()
    await api.session(meeting)
    answer = await api.client.post(f"{api.kit}/recordings/track", json={"meeting_id": meeting} | body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["message"].startswith(f"{path}: ")
    assert api.recordings.started == []


async def test_a_hundred_users_are_taken(api: House) -> None:
    meeting = await api.meeting()
    await api.session(meeting)
    body = {"meeting_id": meeting, "user_ids": [f"u{n}" for n in range(100)]}
    assert (await api.client.post(f"{api.kit}/recordings/track", json=body)).status_code == 201


async def test_unknown_meetings_recordings_actions_and_filters(api: House) -> None:
    url = f"{api.kit}/recordings"
    for unknown in ("97440c6a-140b-40a9-9499-b23fd7a3868a", "no id at all", ""):
        for path in ("", "/track"):
            assert (await api.client.post(url + path, json={"meeting_id": unknown})).status_code == 404
    assert (await api.client.get(f"{url}/nothing")).status_code == 404
    assert (await api.client.put(f"{url}/nothing", json={"action": "stop"})).status_code == 404
    recording = await remembered(api, await api.meeting())
    for body in ({"action": "explode"}, {}, {"action": None}):
        answer = await api.client.put(f"{url}/{recording.id}", json=body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["message"].startswith("action: ")
    for query in ("status=LOST", "sort_by=name", "sort_order=UP", "page_no=0", "per_page=0", "start_time=noon"):
        answer = await api.client.get(f"{url}?{query}")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["message"].startswith(query.split("=")[0])


async def test_the_active_recording_is_the_composite_when_both_run(api: House) -> None:
    meeting = await api.meeting()
    session = await api.session(meeting)
    composite = a_recording(api.app_id, meeting, session.id)
    tracks = replace(a_recording(api.app_id, meeting, session.id), kind=Kind.TRACK, invoked_at=NOW + timedelta(hours=1))
    await rows.insert(api.db, composite)
    await rows.insert(api.db, tracks)
    url = f"{api.kit}/recordings/active-recording/{meeting}"
    assert (await api.client.get(url)).json()["data"]["id"] == composite.id
    await rows.step(
        api.db, composite.id, Step.STOP, stop_cause=StopCause.API_CALL, stop_caller=Caller(CallerType.USER, "a", "b")
    )
    assert (await api.client.get(url)).json()["data"]["id"] == tracks.id
