from __future__ import annotations

from dataclasses import replace
from typing import Any

import cloudflare
import pytest

from roomtape.db import meetings
from roomtape.db import recordings as rows
from roomtape.domain.recording import Kind, Recording, Status
from roomtape.domain.recording_config import Layer, RecordingConfig
from tests.support.api import NOW, House, a_recording


async def remembered(api: House, meeting: str, **values: Any) -> Recording:
    session = await api.session(meeting)
    recording = a_recording(api.app_id, meeting, session.id, **values)
    await rows.insert(api.db, recording)
    return recording


async def test_the_sdk_starts_tracks(api: House) -> None:
    meeting = await api.meeting()
    sdk = api.sdk().realtime_kit.recordings
    with pytest.raises(cloudflare.ConflictError):
        await sdk.start_track_recording(api.app_id, account_id=api.account_id, meeting_id=meeting)
    await api.session(meeting)
    made = await sdk.start_track_recording(
        api.app_id,
        account_id=api.account_id,
        meeting_id=meeting,
        layers={"main": {"file_name_prefix": "speaker", "media_kind": "audio"}, "spare-1": {}},
        user_ids=["user-1", "user-2"],
    )
    assert made.data is not None
    assert made.data.recording.status == "INVOKED"
    raw = made.data.recording.to_dict()
    assert (raw["type"], raw["meeting_id"]) == ("TRACK", meeting)
    assert not {"start_reason", "stop_reason", "storage_config"} & set(raw)
    (started,) = api.recordings.started
    assert started["kind"] is Kind.TRACK
    assert started["config"].user_ids == ("user-1", "user-2")
    assert started["config"].layers == (Layer("main", "speaker"), Layer("spare-1", "spare_1"))


async def test_tracks_of_everybody_by_default(api: House) -> None:
    meeting = await api.meeting()
    await api.session(meeting)
    answer = await api.client.post(f"{api.kit}/recordings/track", json={"meeting_id": meeting})
    assert answer.status_code == 201
    (started,) = api.recordings.started
    assert started["config"] == RecordingConfig(layers=(Layer(),), user_ids=None)


async def test_tracks_do_not_go_where_nothing_may_be_reached(api: House) -> None:
    meeting = await api.meeting()
    await api.session(meeting)
    sftp = {"type": "sftp", "host": "127.0.0.1", "username": "u", "password": "p"}
    await meetings.change(api.db, meeting, lambda before: replace(before, recording_config={"storage_config": sftp}))
    answer = await api.client.post(f"{api.kit}/recordings/track", json={"meeting_id": meeting})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["message"].startswith("storage_config.host: 127.0.0.1 is not a public")
    assert api.recordings.started == []


async def test_track_links_are_answered_as_a_list(api: House) -> None:
    places = [{"layer_name": "default", "paths": {"a.webm": "app/rec/a.webm"}}]
    recording = await remembered(
        api,
        await api.meeting(),
        kind=Kind.TRACK,
        status=Status.UPLOADED,
        download=places,
        expires_at=NOW,
        warnings=("one gap",),
    )
    data = (await api.client.get(f"{api.kit}/recordings/{recording.id}")).json()["data"]
    link = api.bucket.link("app/rec/a.webm", NOW)
    assert data["download_url"] == [{"layer_name": "default", "download_urls": {"a.webm": {"download_url": link}}}]
    assert data["warnings"] == ["one gap"]
    assert data["type"] == "TRACK"
