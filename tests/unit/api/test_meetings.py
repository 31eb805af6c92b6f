from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from roomtape.db import meetings
from tests.support.api import House


async def test_the_sdk_creates_gets_changes_and_replaces_a_meeting(api: House) -> None:
    meetings = api.sdk().realtime_kit.meetings
    made = await meetings.create(
        api.app_id,
        account_id=api.account_id,
        title="Réunion 会議",
        record_on_start=True,
        persist_chat=True,
        session_keep_alive_time_in_secs=90,
        ai_config={"transcription": {"language": "de", "keywords": ["Janus"]}},
        recording_config={
            "max_seconds": 60.0,
            "file_name_prefix": "team_1",
            "video_config": {"codec": "H264", "width": 640, "height": 360},
            "audio_config": {"codec": "AAC", "channel": "mono", "export_file": False},
        },
    )
    assert made.data is not None
    assert made.data.title == "Réunion 会議"
    assert made.data.status == "ACTIVE"
    assert made.data.record_on_start is True
    assert made.data.persist_chat is True
    assert made.data.session_keep_alive_time_in_secs == 90
    assert isinstance(made.data.created_at, datetime)
    assert made.data.recording_config is not None
    assert made.data.recording_config.max_seconds == 60
    assert made.data.recording_config.video_config is not None
    assert made.data.recording_config.video_config.width == 640
    assert made.data.ai_config is not None
    assert made.data.ai_config.transcription is not None
    assert made.data.ai_config.transcription.keywords == ["Janus"]

    ids = {"account_id": api.account_id, "app_id": api.app_id}
    changed = await meetings.update_meeting_by_id(made.data.id, **ids, title="New", status="INACTIVE")
    assert changed.data is not None
    assert (changed.data.title, changed.data.status) == ("New", "INACTIVE")
    assert changed.data.record_on_start is True
    assert changed.data.persist_chat is True
    assert changed.data.updated_at >= made.data.updated_at

    replaced = await meetings.replace_meeting_by_id(made.data.id, **ids, title="Bare")
    assert replaced.data is not None
    assert (replaced.data.title, replaced.data.status) == ("Bare", "INACTIVE")
    assert replaced.data.record_on_start is False
    assert replaced.data.persist_chat is False
    assert replaced.data.recording_config is None
    assert replaced.data.ai_config is None

    got = await meetings.get_meeting_by_id(made.data.id, **ids)
    assert got.data == type(got.data).construct(**replaced.data.to_dict())


async def test_meetings_are_listed_in_pages_and_found(api: House) -> None:
    ids = [await api.meeting(title=f"Standup {n}") for n in range(5)]
    meetings = api.sdk().realtime_kit.meetings
    first = await meetings.get(api.app_id, account_id=api.account_id, page_no=1, per_page=2)
    last = await meetings.get(api.app_id, account_id=api.account_id, page_no=3, per_page=2)
    beyond = await meetings.get(api.app_id, account_id=api.account_id, page_no=4, per_page=2)
    assert [m.id for m in first.data] == [ids[4], ids[3]]
    assert (first.paging.total_count, first.paging.start_offset, first.paging.end_offset) == (5, 1, 2)
    assert [m.id for m in last.data] == [ids[0]]
    assert (last.paging.start_offset, last.paging.end_offset) == (5, 5)
    assert beyond.data == []
    assert (beyond.paging.total_count, beyond.paging.start_offset, beyond.paging.end_offset) == (5, 0, 0)

    found = await meetings.get(api.app_id, account_id=api.account_id, search="UP 3")
    assert [m.id for m in found.data] == [ids[3]]
    assert (await meetings.get(api.app_id, account_id=api.account_id, search="%")).data == []
    by_id = await meetings.get(api.app_id, account_id=api.account_id, search=ids[2])
    assert [m.id for m in by_id.data] == [ids[2]]
    await meetings.update_meeting_by_id(ids[0], account_id=api.account_id, app_id=api.app_id, status="INACTIVE")
    inactive = await meetings.get(api.app_id, account_id=api.account_id, status="INACTIVE")
    assert [m.id for m in inactive.data] == [ids[0]]

    now = datetime.now(UTC)
    past = await meetings.get(api.app_id, account_id=api.account_id, end_time=now - timedelta(hours=1))
    assert past.data == []
    recent = await meetings.get(
        api.app_id, account_id=api.account_id, start_time=now - timedelta(hours=1), end_time=now + timedelta(hours=1)
    )
    assert len(recent.data) == 5


async def test_a_change_of_nothing_and_a_null(api: House) -> None:
    meeting = await api.meeting(title="Standup", record_on_start=True, session_keep_alive_time_in_secs=5)
    url = f"{api.kit}/meetings/{meeting}"
    kept = (await api.client.patch(url, json={})).json()["data"]
    assert (kept["title"], kept["record_on_start"]) == ("Standup", True)
    emptied = (await api.client.patch(url, json={"title": None, "record_on_start": None})).json()["data"]
    assert (emptied["title"], emptied["record_on_start"]) == (None, False)
    assert emptied["session_keep_alive_time_in_secs"] == 5


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"title": 5}, "title"),
        ({"title": "x" * 2049}, "title"),
        ({"record_on_start": "yes"}, "record_on_start"),
        ({"session_keep_alive_time_in_secs": -1}, "session_keep_alive_time_in_secs"),
        ({"session_keep_alive_time_in_secs": "60"}, "session_keep_alive_time_in_secs"),
        ({"ai_config": []}, "ai_config"),
        ({"recording_config": {"max_seconds": 59}}, "recording_config.max_seconds"),
        ({"recording_config": {"video_config": {"width": 641}}}, "recording_config.video_config.width"),
        ({"recording_config": {"file_name_prefix": "a-b"}}, "recording_config.file_name_prefix"),
        ({"recording_config": {"max_secs": 60}}, "recording_config.max_secs"),
        ({"recording_config": {"video_config": {"export_file": False}}}, "video_config.export_file"),
    ],
)
async def test_a_bad_value_is_refused_at_creation_and_change(api: House, body: object, path: str) -> None:
    meeting = await api.meeting()
    for answer in (
        await api.client.post(f"{api.kit}/meetings", json=body),
        await api.client.patch(f"{api.kit}/meetings/{meeting}", json=body),
        await api.client.put(f"{api.kit}/meetings/{meeting}", json=body),
    ):
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["message"].startswith(f"{path}: ")


async def test_a_meetings_storage_keeps_its_secrets_to_itself(api: House) -> None:
    config = {"storage_config": {"type": "aws", "bucket": "b", "access_key": "AKIA77", "secret": "hush-hush"}}
    made = await api.client.post(f"{api.kit}/meetings", json={"recording_config": config})
    assert made.status_code == 201, made.text
    path = f"{api.kit}/meetings/{made.json()['data']['id']}"
    for answer in (made, await api.client.get(path), await api.client.get(f"{api.kit}/meetings")):
        assert "AKIA77" not in answer.text
        assert "hush-hush" not in answer.text
    shown = made.json()["data"]["recording_config"]
    assert shown["storage_config"] == {"type": "aws", "bucket": "b"}
    again = await api.client.patch(path, json={"recording_config": shown | {"max_seconds": 60}})
    assert again.status_code == 200, again.text
    other = await api.client.patch(path, json={"recording_config": {"storage_config": {"type": "aws", "bucket": "c"}}})
    assert other.status_code == 422
    assert other.json()["errors"][0]["message"].startswith("storage_config.access_key: ")


async def test_a_meeting_may_be_streamed_marked_and_laid_out(api: House) -> None:
    config = {
        "live_streaming_config": {"rtmp_url": "rtmp://a.example/live"},
        "video_config": {"layout": "speaker", "codec": "VP9", "watermark": {"url": "https://a.example/b.png"}},
    }
    answer = await api.client.post(f"{api.kit}/meetings", json={"record_on_start": True, "recording_config": config})
    assert answer.status_code == 201, answer.text
    shown = {**config, "live_streaming_config": {"rtmp_url": "rtmp://a.example/***"}}
    assert answer.json()["data"]["recording_config"] == shown


async def test_a_meeting_is_not_streamed_to_private_addresses(api: House) -> None:
    config = {"live_streaming_config": {"rtmp_url": "rtmp://192.168.0.1/live/k"}}
    answer = await api.client.post(f"{api.kit}/meetings", json={"recording_config": config})
    assert answer.status_code == 422
    message = answer.json()["errors"][0]["message"]
    assert message.startswith("recording_config.live_streaming_config.rtmp_url: 192.168.0.1 is not a public address")


async def test_changes_of_a_meeting_at_the_same_time_are_all_made(api: House) -> None:
    path = f"{api.kit}/meetings/{await api.meeting()}"
    parts = [{"title": "t"}, {"record_on_start": True}, {"session_keep_alive_time_in_secs": 9}, {"status": "INACTIVE"}]
    await asyncio.gather(*(api.client.patch(path, json=part) for part in parts))
    found = (await api.client.get(path)).json()["data"]
    assert all(found[name] == value for part in parts for name, value in part.items()), found


SFTP = {"type": "sftp", "host": "127.0.0.1", "username": "u", "password": "p"}


async def test_a_meeting_takes_no_storage_that_cannot_be_reached(api: House) -> None:
    meeting = await api.meeting()
    body = {"recording_config": {"storage_config": SFTP}}
    for answer in (
        await api.client.post(f"{api.kit}/meetings", json=body),
        await api.client.patch(f"{api.kit}/meetings/{meeting}", json=body),
        await api.client.put(f"{api.kit}/meetings/{meeting}", json=body),
    ):
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["message"].startswith("storage_config.host: 127.0.0.1 is not a public")


async def test_the_streams_key_is_never_shown_and_not_lost_when_an_answer_is_sent_back(api: House) -> None:
    config = {"live_streaming_config": {"rtmp_url": "rtmps://a.example:443/live/secret-key"}}
    made = await api.client.post(f"{api.kit}/meetings", json={"title": "one", "recording_config": config})
    meeting = made.json()["data"]
    path = f"{api.kit}/meetings/{meeting['id']}"
    answers = [made, await api.client.get(path), await api.client.get(f"{api.kit}/meetings")]
    body = {"title": "two", "recording_config": meeting["recording_config"]}
    answers += [await api.client.put(path, json=body), await api.client.patch(path, json=body)]
    for answer in answers:
        assert answer.status_code in (200, 201), answer.text
        assert "secret-key" not in answer.text
        assert "rtmps://a.example:443/***" in answer.text
    kept = await meetings.get(api.db, meeting["id"])
    assert kept is not None
    assert kept.recording_config == config
    async with api.db.engine.connect() as connection:
        row = (await connection.execute(text("SELECT recording_config FROM meetings"))).scalar_one()
    assert "secret-key" not in str(row)
