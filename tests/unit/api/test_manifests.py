from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from roomtape.db import recordings as rows
from roomtape.domain.recording import Kind, Recording, Status
from roomtape.domain.recording_config import RecordingConfig
from tests.support.api import NOW, House, a_recording
from tests.support.fakestorage import STORAGE

ELSEWHERE = RecordingConfig(storage=STORAGE, own_bucket=False)
MANIFEST = {"version": 2, "title": "Réunion"}


async def remembered(api: House, **values: Any) -> Recording:
    meeting = await api.meeting()
    recording = a_recording(api.app_id, meeting, (await api.session(meeting)).id, **values)
    await rows.insert(api.db, recording)
    return recording


async def put(api: House, folder: Path, path: str) -> None:
    file = folder / "some.json"
    file.write_text(json.dumps(MANIFEST, ensure_ascii=False))
    await api.bucket.put(path, file)


@pytest.mark.parametrize(("kind", "name"), [(Kind.COMPOSITE, "standup_1.json"), (Kind.TRACK, "{id}.json")])
async def test_the_manifest_that_lies_beside_the_files(api: House, tmp_path: Path, kind: Kind, name: str) -> None:
    recording = await remembered(api, kind=kind, status=Status.UPLOADED)
    await put(api, tmp_path, f"{api.app_id}/{recording.id}/{name.format(id=recording.id)}")
    answer = await api.client.get(f"{api.kit}/recordings/{recording.id}/manifest")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json() == {"success": True, "data": MANIFEST}


@pytest.mark.parametrize(
    ("values", "status", "said"),
    [
        ({"status": Status.INVOKED}, 409, "now INVOKED"),
        ({"status": Status.RECORDING}, 409, "now RECORDING"),
        ({"status": Status.PAUSED}, 409, "now PAUSED"),
        ({"status": Status.UPLOADING}, 409, "now UPLOADING"),
        ({"status": Status.ERRORED, "error": "why"}, 404, "failed"),
        ({"status": Status.UPLOADED, "expired": True}, 404, "expired"),
        ({"status": Status.UPLOADED}, 404, "older version"),
        ({"status": Status.UPLOADED, "config": ELSEWHERE}, 404, "lies with the recording's files in aws://b/in,"),
        ({"status": Status.UPLOADED, "config": ELSEWHERE, "expires_at": NOW}, 404, "older version"),
    ],
)
async def test_why_there_is_none(api: House, values: dict[str, Any], status: int, said: str) -> None:
    recording = await remembered(api, **values)
    answer = await api.client.get(f"{api.kit}/recordings/{recording.id}/manifest")
    assert answer.status_code == status
    assert said in answer.json()["errors"][0]["message"]


async def test_who_may_not_see_the_recording_may_not_see_its_manifest(api: House, tmp_path: Path) -> None:
    recording = await remembered(api, status=Status.UPLOADED)
    await put(api, tmp_path, recording.manifest_path)
    url = f"{api.kit}/recordings/{recording.id}/manifest"
    assert (await api.client.get(url, headers={"Authorization": ""})).status_code == 401
    _, guest = await api.participant(recording.meeting_id, preset="group_call_participant")
    assert (await api.client.get(url, headers={"Authorization": f"Bearer {guest}"})).status_code == 403
    _, host = await api.participant(recording.meeting_id, custom="user-2")
    assert (await api.client.get(url, headers={"Authorization": f"Bearer {host}"})).status_code == 200
    _, stranger = await api.participant(await api.meeting())
    assert (await api.client.get(url, headers={"Authorization": f"Bearer {stranger}"})).status_code == 404
    assert (await api.client.get(f"{api.kit}/recordings/nothing/manifest")).status_code == 404


async def test_its_shape_is_in_the_open_api(api: House) -> None:
    paths = (await api.client.get("/openapi.json")).json()["paths"]
    path = next(p for p in paths if p.endswith("/manifest"))
    assert "ManifestAnswer" in json.dumps(paths[path]["get"]["responses"]["200"])


def test_where_it_lies() -> None:
    recording = a_recording("app", "meeting", "session", output_file_name="a.b_1.webm")
    assert recording.manifest_path == f"app/{recording.id}/a.b_1.json"
    tracks = replace(recording, kind=Kind.TRACK, output_file_name="x_{user_id}.webm")
    assert tracks.manifest_path == f"app/{recording.id}/{recording.id}.json"
