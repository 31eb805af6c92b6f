from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import httpx
import pytest

from roomtape.db import presets
from roomtape.storage.chatfiles import LONGEST_NAME
from tests.support.api import BASE, House


def as_(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def ask(api: House, token: str, **body: Any) -> httpx.Response:
    return await api.client.post("/v2/meetings/chat-upload", json=body, headers=as_(token))


async def test_a_file_goes_from_one_participant_to_whoever_has_the_link(api: House) -> None:
    meeting = await api.meeting()
    _, token = await api.participant(meeting)
    found = (await ask(api, token, roomUUID=meeting, filename="Plan.html")).json()["data"]
    assert found["get_location"].startswith(f"{BASE}/chat-files/")
    nobody = {"Authorization": "", "Origin": "https://app.example"}
    assert (await api.client.get(found["get_location"], headers=nobody)).status_code == 404
    put = await api.client.put(
        found["put_location"], content=b"<script>", headers={**nobody, "Content-Type": "text/html"}
    )
    assert put.status_code == 200
    assert put.headers["Access-Control-Allow-Origin"] == "*"
    got = await api.client.get(found["get_location"], headers=nobody)
    assert got.content == b"<script>"
    assert got.headers["Content-Type"] == "application/octet-stream"
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in got.headers["Content-Security-Policy"]


async def test_the_link_to_read_does_not_write_and_nothing_is_open_without_a_link(api: House) -> None:
    meeting = await api.meeting()
    _, token = await api.participant(meeting)
    found = (await ask(api, token, roomUUID=meeting, filename="a.png")).json()["data"]
    assert (await api.client.put(found["get_location"], content=b"x")).status_code == 403
    assert (await api.client.get(found["put_location"])).status_code == 403
    bare = found["put_location"].partition("?")[0]
    assert (await api.client.put(bare, content=b"x")).status_code == 403


@pytest.mark.parametrize(("expiry", "life"), [(None, 7 * 86_400), (3600, 3600), (1, 60), (10**9, 7 * 86_400)])
async def test_a_file_lives_as_long_as_asked_and_as_recordings_at_most(
    api: House, expiry: int | None, life: int
) -> None:
    meeting = await api.meeting()
    _, token = await api.participant(meeting)
    found = (await ask(api, token, roomUUID=meeting, filename="a.png", expiry=expiry)).json()["data"]
    expires = int(httpx.URL(found["get_location"]).params["expires"])
    assert abs(expires - time.time() - life) < 5


async def test_a_file_larger_than_other_bodies_is_taken_up_to_its_limit(api: House) -> None:
    meeting = await api.meeting()
    _, token = await api.participant(meeting)
    found = (await ask(api, token, roomUUID=meeting, filename="a.bin")).json()["data"]
    assert (await api.client.put(found["put_location"], content=bytes(3 << 20))).status_code == 200
    too_large = await api.client.put(found["put_location"], content=bytes((25 << 20) + 1))
    assert too_large.status_code == 413
    got = await api.client.get(found["get_location"])
    assert len(got.content) == 3 << 20


async def test_only_the_own_meeting_and_only_with_the_permission(api: House) -> None:
    meeting = await api.meeting()
    _, token = await api.participant(meeting)
    assert (await ask(api, token, roomUUID=await api.meeting(), filename="a")).status_code == 404
    _, recorder = await api.participant(meeting, "recorder_preset_v2", "bot")
    refused = await ask(api, recorder, roomUUID=meeting, filename="a")
    assert refused.status_code == 403
    assert "files" in refused.json()["errors"][0]["message"]
    assert (await ask(api, "nonsense", roomUUID=meeting, filename="a")).status_code == 401


async def test_who_waits_or_finds_the_meeting_closed_sends_nothing(api: House) -> None:
    meeting = await api.meeting()
    _, token = await api.participant(meeting)
    preset = await presets.by_name(api.db, api.app_id, "group_call_host")
    assert preset is not None
    body = {**preset.body, "permissions": {**preset.permissions, "waiting_room_type": "SKIP_ON_ACCEPT"}}
    await presets.save(api.db, replace(preset, body=body))
    refused = await ask(api, token, roomUUID=meeting, filename="a.txt")
    assert refused.status_code == 403
    assert "not let into" in refused.json()["errors"][0]["message"]
    await presets.save(api.db, preset)
    assert (await ask(api, token, roomUUID=meeting, filename="a.txt")).status_code == 200
    await api.client.patch(f"{api.kit}/meetings/{meeting}", json={"status": "INACTIVE"})
    assert (await ask(api, token, roomUUID=meeting, filename="a.txt")).status_code == 403


@pytest.mark.parametrize("filename", ["", "...", "x" * 5000, 7])
async def test_a_name_that_cannot_be_used_is_refused(api: House, filename: Any) -> None:
    meeting = await api.meeting()
    _, token = await api.participant(meeting)
    assert (await ask(api, token, roomUUID=meeting, filename=filename)).status_code == 422


async def test_a_strange_name_is_made_safe(api: House) -> None:
    meeting = await api.meeting()
    _, token = await api.participant(meeting)
    name = "../..\\évil\r\n" + "y" * 300 + ".png"
    found = (await ask(api, token, roomUUID=meeting, filename=name)).json()["data"]
    assert (await api.client.put(found["put_location"], content=b"x")).status_code == 200
    got = await api.client.get(found["get_location"])
    assert got.headers["Content-Type"] == "image/png"
    assert len(httpx.URL(found["get_location"]).path.rpartition("/")[2].encode()) <= LONGEST_NAME
