from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import APIRouter
from structlog.testing import capture_logs

from roomtape.errors import RenderError, SfuError, StorageError
from tests.support.api import House, house

broken = APIRouter()
ERRORS: dict[str, Exception] = {
    "surprise": RuntimeError("the secret is hunter2"),
    "ours": RenderError("/srv/private/file is torn"),
    "sfu": SfuError("Janus is away; try again in a moment"),
    "disk": StorageError("the disk is full"),
    "cancelled": asyncio.CancelledError(),
}


@broken.get("/broken/{name}")
async def raise_it(name: str) -> None:
    raise ERRORS[name]


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, (broken,)) as made:
        yield made


@pytest.mark.parametrize("name", ["surprise", "ours"])
async def test_what_nobody_foresaw_tells_an_id_and_nothing_of_the_inside(api: House, name: str) -> None:
    with capture_logs() as logs:
        answer = await api.client.get(f"/broken/{name}")
    assert answer.status_code == 500
    body = answer.json()
    (event,) = [entry for entry in logs if entry["event"] == "unexpected error"]
    assert event["exc_info"] is ERRORS[name]
    assert event["error_id"] in body["errors"][0]["message"]
    assert str(ERRORS[name]) not in answer.text
    assert (body["success"], body["errors"][0]["code"]) == (False, 1000)


async def test_errors_of_destinations_are_told_and_logged(api: House) -> None:
    with capture_logs() as logs:
        away = await api.client.get("/broken/sfu", headers={"Origin": "https://a.example"})
        full = await api.client.get("/broken/disk")
    assert (away.status_code, away.json()["errors"][0]["code"]) == (503, 1503)
    assert away.json()["errors"][0]["message"] == "Janus is away; try again in a moment"
    assert away.headers["Access-Control-Allow-Origin"] == "*"
    assert (full.status_code, full.json()["errors"][0]["code"]) == (507, 1507)
    assert [entry["status"] for entry in logs] == [503, 507]


async def test_a_cancelled_request_is_no_error(api: House) -> None:
    with capture_logs() as logs, pytest.raises(asyncio.CancelledError):
        await api.client.get("/broken/cancelled")
    assert logs == []


async def test_the_framework_speaks_in_our_shape_too(api: House) -> None:
    missing = await api.client.get("/nothing/here")
    assert (missing.status_code, missing.json()["errors"][0]["code"]) == (404, 1404)
    slash = await api.client.get(f"{api.kit}/meetings/")
    assert slash.status_code == 404
    method = await api.client.delete(f"{api.kit}/recordings/track")
    assert (method.status_code, method.json()["errors"][0]["code"]) == (405, 1405)
    assert "POST" in method.headers["Allow"]
    for answer in (missing, slash, method):
        assert answer.json()["success"] is False
        assert answer.json()["data"] is None
        assert answer.json()["messages"] == []


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b"", 422),
        (b"[]", 422),
        (b'"text"', 422),
        (b"7", 422),
        (b"null", 422),
        (b'{"title": "\\ud800"}', 422),
        (b'{"title": "a\\u0000b"}', 422),
        (b'{"ai_config": {"transcription": {"keywords": ["\\udfff"]}}}', 422),
        (b'{"session_keep_alive_time_in_secs": NaN}', 422),
        (b'{"session_keep_alive_time_in_secs": 1e999}', 422),
        (b'{"session_keep_alive_time_in_secs": ' + b"9" * 5000 + b"}", 400),
    ],
)
async def test_a_body_that_is_no_object(api: House, content: bytes, status: int) -> None:
    answer = await api.client.post(f"{api.kit}/meetings", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.json()["errors"][0]["message"]


async def test_json_under_another_name(api: House) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await api.client.post(f"{api.kit}/meetings", content=b'{"title": "x"}', headers=headers)
    assert answer.status_code == 400
    assert "Content-Type: application/json" in answer.json()["errors"][0]["message"]


async def test_every_fault_of_a_body_is_named(api: House) -> None:
    answer = await api.client.post(f"{api.kit}/meetings", json={"title": 1, "record_on_start": 2, "ai_config": 3})
    messages = [error["message"] for error in answer.json()["errors"]]
    assert [message.split(":")[0] for message in messages] == ["title", "record_on_start", "ai_config"]
    assert messages[0] == "title: should be a valid string"
