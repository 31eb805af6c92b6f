from __future__ import annotations

from dataclasses import replace

import jwt
import pytest

from roomtape.db import participants, presets
from roomtape.rooms.tokens import TokenIssuer
from roomtape.settings import Settings
from tests.support.api import KEY, House

DETAILS = "/v2/internals/participant-details"


def as_(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_details_have_what_init_and_join_of_the_sdk_need(api: House) -> None:
    meeting = await api.meeting(title="Standup")
    who, token = await api.participant(meeting)
    answer = await api.client.get(DETAILS, headers=as_(token))
    assert answer.status_code == 200
    assert "application/json" in answer.headers["Content-Type"]
    data = answer.json()["data"]
    assert data["participant"] == {
        "id": who,
        "name": "Ada",
        "picture": "",
        "custom_participant_id": "user-1",
        "organization_id": api.app_id,
    }
    assert data["meeting"]["title"] == "Standup"
    assert "socket" not in data
    preset = data["preset"]
    assert preset["name"] == "group_call_host"
    assert preset["config"]["max_video_streams"] == {"mobile": 6, "desktop": 6}
    assert preset["permissions"]["can_record"] is True
    assert preset["permissions"]["media"]["screenshare"]["can_produce"] == "ALLOWED"
    assert preset["permissions"]["plugins"]["config"] == {}
    assert preset["ui"]["design_tokens"]["colors"]["brand"]["500"]


async def test_a_guest_may_not_record(api: House) -> None:
    _, token = await api.participant(await api.meeting(), "group_call_participant")
    data = (await api.client.get(DETAILS, headers=as_(token))).json()["data"]
    assert data["preset"]["permissions"]["can_record"] is False


async def test_tokens_that_open_nothing_are_what_the_sdk_calls_err0004(api: House) -> None:
    meeting = await api.meeting()
    who, token = await api.participant(meeting)
    claims = jwt.decode(token, options={"verify_signature": False})
    for bad in (
        "",
        "nonsense",
        api.token,
        token[:-3] + "abc",
        TokenIssuer(bytes(32), 60).issue(api.app_id, meeting, who, "group_call_host"),
        TokenIssuer(KEY, -60).issue(api.app_id, meeting, who, "group_call_host"),
        TokenIssuer(KEY, 60).issue(api.app_id, await api.meeting(), who, "group_call_host"),
        TokenIssuer(KEY, 60).issue("another-app", meeting, who, "group_call_host"),
        jwt.encode(claims, "", algorithm="none"),
    ):
        answer = await api.client.get(DETAILS, headers=as_(bad))
        assert answer.status_code == 401, bad
        assert "data" not in answer.json() or answer.json()["data"] is None
        assert meeting not in answer.text

    await participants.delete(api.db, who)
    assert (await api.client.get(DETAILS, headers=as_(token))).status_code == 401


async def test_a_closed_meeting_and_a_lost_role_are_403(api: House) -> None:
    meeting = await api.meeting()
    _, token = await api.participant(meeting)
    await api.client.patch(f"{api.kit}/meetings/{meeting}", json={"status": "INACTIVE"})
    assert (await api.client.get(DETAILS, headers=as_(token))).status_code == 403
    await api.client.patch(f"{api.kit}/meetings/{meeting}", json={"status": "ACTIVE"})
    preset = await presets.by_name(api.db, api.app_id, "group_call_host")
    assert preset is not None
    await presets.delete(api.db, preset.id)
    assert (await api.client.get(DETAILS, headers=as_(token))).status_code == 403


async def test_ice_servers_are_a_list_even_when_there_are_none(api: House) -> None:
    _, token = await api.participant(await api.meeting())
    answer = await api.client.get("/iceservers", headers=as_(token))
    assert answer.json() == {"success": True, "iceServers": []}


async def test_turn_credentials_are_each_participants_own_and_for_participants_only(
    api: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = api.client._transport.app  # type: ignore[attr-defined]
    settings = Settings(
        data_dir=app.state.deps.settings.data_dir, turn_urls=("turn:turn.example:3478",), turn_secret="north"
    )
    monkeypatch.setattr(app.state, "deps", replace(app.state.deps, settings=settings))
    meeting = await api.meeting()
    found = []
    for custom in ("a", "b"):
        who, token = await api.participant(meeting, custom=custom)
        [server] = (await api.client.get("/iceservers", headers=as_(token))).json()["iceServers"]
        assert server["username"].endswith(f":{who}")
        found.append(server["credential"])
    assert found[0] != found[1]
    for token in ("", "nonsense", api.token):
        answer = await api.client.get("/iceservers", headers=as_(token))
        assert answer.status_code == 401
        assert "turn" not in answer.text
