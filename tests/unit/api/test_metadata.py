"""Tests of the door for metadata: text, JSON and bytes into an interactive recording, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from roomtape.db import recordings as rows
from roomtape.domain.recording import Recording, Status
from roomtape.domain.recording_config import RecordingConfig
from tests.support.api import NOW, House, a_recording

INTERACTIVE = RecordingConfig(interactive=True)


async def remembered(api: House, **values: Any) -> Recording:
    meeting = await api.meeting()
    values = {"config": INTERACTIVE, "status": Status.RECORDING, "output_file_name": "standup_1.tar"} | values
    recording = a_recording(api.app_id, meeting, (await api.session(meeting)).id, **values)
    await rows.insert(api.db, recording)
    return recording


@pytest.mark.parametrize(
    ("body", "form", "data", "size"),
    [
        ({"data": "häppy"}, "text", "häppy", 6),
        ({"data": {"score": [1, 2]}}, "text", '{"score":[1,2]}', 15),
        ({"data": 0}, "text", "0", 1),
        ({"data": {"0": 1, "1": 255}}, "bytes", "Af8=", 2),
        ({"data_base64": "3q2+7w=="}, "bytes", "3q2+7w==", 4),
    ],
)
async def test_what_is_sent_is_taken(api: House, body: dict[str, Any], form: str, data: str, size: int) -> None:
    recording = await remembered(api)
    answer = await api.client.post(f"{api.kit}/recordings/{recording.id}/metadata", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["data"] == {
        "recording_id": recording.id, "form": form, "size": size, "sent_at": "2023-11-14T22:13:20.000Z",
    }  # fmt: skip
    assert api.messages.sent == [(form, data)]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "data_base64"),
        ({"data": None}, "data_base64"),
        ({"data": "a", "data_base64": "AA=="}, "one of the two"),
        ({"data_base64": "no base64"}, "no base64"),
        ({"data_base64": 5}, "data_base64"),
        ({"data": "x" * 60_001}, "60000 bytes"),
        ({"dat": "x"}, "dat"),
    ],
)
async def test_what_cannot_be_sent_is_refused(api: House, body: dict[str, Any], said: str) -> None:
    recording = await remembered(api)
    answer = await api.client.post(f"{api.kit}/recordings/{recording.id}/metadata", json=body)
    assert answer.status_code in (400, 422)
    assert said in answer.json()["errors"][0]["message"]
    assert api.messages.sent == []


async def test_who_may_send(api: House) -> None:
    recording = await remembered(api)
    url = f"{api.kit}/recordings/{recording.id}/metadata"
    for preset, status in (("group_call_host", 201), ("group_call_participant", 403)):
        _, token = await api.participant(recording.meeting_id, preset, preset)
        answer = await api.client.post(url, json={"data": "x"}, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status, answer.text
    assert (await api.client.post(url, json={"data": "x"}, headers={"Authorization": "x"})).status_code == 401
    plain = await remembered(api, config=RecordingConfig())
    answer = await api.client.post(f"{api.kit}/recordings/{plain.id}/metadata", json={"data": "x"})
    assert answer.status_code == 409


async def test_the_package_is_linked_as_a_tar_and_as_a_playlist(api: House, tmp_path: Path) -> None:
    body = {"meeting_id": await api.meeting(), "interactive_config": {"type": "ID3"}}
    made = await api.client.post(f"{api.kit}/recordings", json=body)
    assert made.status_code == 201, made.text
    assert made.json()["data"]["config"]["interactive_config"] == {"type": "ID3"}
    assert made.json()["data"]["playback_url"] is None
    folder = f"{api.app_id}/r/standup_1"
    expires = NOW.replace(year=NOW.year + 100)
    recording = await remembered(api, status=Status.UPLOADED, download=f"{folder}.tar", expires_at=expires)
    found = (await api.client.get(f"{api.kit}/recordings/{recording.id}")).json()["data"]
    assert found["download_url"] == api.bucket.link(f"{folder}.tar", expires)
    assert found["playback_url"] == api.bucket.link_folder(folder, expires) + "index.m3u8"
    for name, kind in (("index.m3u8", "application/vnd.apple.mpegurl"), ("segment-00000.ts", "video/mp2t")):
        (tmp_path / name).write_bytes(b"0123456789")
        await api.bucket.put(f"{folder}/{name}", tmp_path / name)
        url = found["playback_url"].replace("index.m3u8", name)
        answer = await api.client.get(url, headers={"Range": "bytes=2-4", "Origin": "https://player.example"})
        assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (206, b"234", kind)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    (tmp_path / "x.json").write_text("{}")
    await api.bucket.put(f"{api.app_id}/r/standup_1.json", tmp_path / "x.json")
    for wrong in ("../standup_1.json", "%2e%2e/standup_1.json", "..%2fstandup_1.json", "%00", ""):
        answer = await api.client.get(found["playback_url"].replace("index.m3u8", wrong))
        assert answer.status_code in (403, 404), wrong
