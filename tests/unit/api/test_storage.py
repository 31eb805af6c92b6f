from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from roomtape.db import recordings as rows
from roomtape.domain.recording import Status
from roomtape.domain.recording_config import RecordingConfig
from roomtape.domain.storage_config import StorageConfig
from tests.support.api import House, a_recording

SFTP = {"type": "sftp", "host": "files.example", "username": "u", "password": "hush-hush"}
STORAGE = StorageConfig("aws", "b", path="in", access_key="AKIA77", secret="hush")


async def made(api: House, status: Status, storage: StorageConfig | None = STORAGE) -> str:
    session = await api.session(await api.meeting())
    config = RecordingConfig(storage=storage)
    recording = a_recording(api.app_id, session.meeting_id, session.id, status=status, config=config)
    await rows.insert(api.db, recording)
    return recording.id


@pytest.mark.parametrize("status", [Status.RECORDING, Status.UPLOADING])
async def test_a_part_may_be_corrected_and_the_rest_stays(api: House, status: Status) -> None:
    recording = await made(api, status)
    body = {"storage_config": {"type": "aws", "secret": "new-hush"}}
    answer = await api.client.put(f"{api.kit}/recordings/{recording}/storage", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["storage_config"] == {"type": "aws", "bucket": "b", "path": "in"}
    assert "hush" not in answer.text
    found = await rows.get(api.db, recording)
    assert found is not None
    assert found.config.storage == replace(STORAGE, secret="new-hush")


async def test_another_storage_takes_no_secret_of_the_first(api: House) -> None:
    recording = await made(api, Status.UPLOADING)
    body = {"storage_config": {"type": "sftp", "host": "evil.example", "username": "u"}}
    answer = await api.client.put(f"{api.kit}/recordings/{recording}/storage", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["message"].startswith("storage_config.password: ")


@pytest.mark.parametrize(("status", "storage"), [(Status.UPLOADED, STORAGE), (Status.UPLOADING, None)])
async def test_it_can_be_too_late(api: House, status: Status, storage: StorageConfig | None) -> None:
    recording = await made(api, status, storage)
    answer = await api.client.put(f"{api.kit}/recordings/{recording}/storage", json={"storage_config": SFTP})
    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("config", "field"),
    [
        (SFTP | {"host": "127.0.0.1"}, "storage_config.host"),
        (SFTP | {"password": ""}, "storage_config.password"),
        ({"type": "aws", "bucket": "../b", "access_key": "k", "secret": "s"}, "storage_config.bucket"),
        ({"type": "floppy"}, "storage_config.type"),
    ],
)
async def test_what_cannot_be_is_refused_everywhere(api: House, config: dict[str, Any], field: str) -> None:
    recording = await made(api, Status.UPLOADING)
    body = {"storage_config": config}
    for answer in (
        await api.client.post(f"{api.kit}/storage/test", json=body),
        await api.client.put(f"{api.kit}/recordings/{recording}/storage", json=body),
        await api.client.post(f"{api.kit}/recordings", json={"meeting_id": await api.meeting()} | body),
    ):
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["message"].startswith(f"{field}: ")


async def test_a_test_says_what_failed(api: House) -> None:
    body = {"storage_config": SFTP | {"host": "host.invalid"}}
    answer = await api.client.post(f"{api.kit}/storage/test", json=body)
    assert answer.status_code == 200
    data = answer.json()["data"]
    assert (data["ok"], data["storage_config"]["host"]) == (False, "host.invalid")
    assert "host.invalid" in data["error"]
    assert "hush-hush" not in answer.text


async def test_what_is_configured_is_tested_with_its_secrets(api: House) -> None:
    def host(name: str) -> dict[str, Any]:
        return {"storage_config": SFTP | {"host": name}}

    meeting, plain = await api.meeting(recording_config=host("of-meeting.invalid")), await api.meeting()
    none = await api.client.post(f"{api.kit}/storage/test", json={"meeting_id": plain})
    assert none.status_code == 409
    assert "no storage is configured" in none.text
    await api.client.put(f"{api.kit}/recording-config", json=host("of-app.invalid"))
    for body, place in (
        ({"meeting_id": meeting}, "of-meeting.invalid"),
        ({"meeting_id": plain}, "of-app.invalid"),
        ({}, "of-app.invalid"),
    ):
        answer = await api.client.post(f"{api.kit}/storage/test", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["data"]["storage_config"]["host"] == place
        assert f"there is no host {place}" in answer.json()["data"]["error"]
        assert "hush-hush" not in answer.text
    both = await api.client.post(f"{api.kit}/storage/test", json={"meeting_id": meeting} | host("x.invalid"))
    assert both.status_code == 422
    other = await api.client.post(f"{api.kit}/storage/test", json={"meeting_id": "not-there"})
    assert other.status_code == 404


async def test_participants_may_not(api: House) -> None:
    _, token = await api.participant(await api.meeting())
    headers = {"Authorization": f"Bearer {token}"}
    answer = await api.client.post(f"{api.kit}/storage/test", json={"storage_config": SFTP}, headers=headers)
    assert answer.status_code == 403
