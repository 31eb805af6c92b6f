from __future__ import annotations

from typing import Any

from tests.support.api import House


def as_(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_host_records_their_meeting_as_the_sdk_does_it(api: House) -> None:
    meeting = await api.meeting()
    _, token = await api.participant(meeting)
    body: dict[str, Any] = {
        "meeting_id": meeting,
        "allow_multiple_recordings": False,
        "video_config": {"height": 720, "width": 1280},
    }
    started = await api.client.post("/v2/recordings", json=body, headers=as_(token))
    assert started.status_code == 201
    recording = started.json()["data"]["id"]
    assert api.recordings.started[0]["caller"].name == "Ada"

    again = await api.client.post("/v2/recordings", json=body, headers=as_(token))
    assert again.status_code == 409

    active = await api.client.get(f"/v2/recordings/active-recording/{meeting}", headers=as_(token))
    assert active.json()["data"]["id"] == recording
    assert active.json()["data"]["status"] == "INVOKED"

    stopped = await api.client.put(f"/v2/recordings/{recording}", json={"action": "stop"}, headers=as_(token))
    assert stopped.status_code == 200
    assert stopped.json()["data"]["stop_reason"]["caller"]["type"] == "USER"


async def test_without_the_permission_all_is_403(api: House) -> None:
    meeting = await api.meeting()
    _, host = await api.participant(meeting)
    _, guest = await api.participant(meeting, "group_call_participant", "user-2")
    body = {"meeting_id": meeting}
    recording = (await api.client.post("/v2/recordings", json=body, headers=as_(host))).json()["data"]["id"]
    calls: list[tuple[str, str, dict[str, Any] | None]] = [
        ("POST", "/v2/recordings", {**body, "allow_multiple_recordings": True}),
        ("PUT", f"/v2/recordings/{recording}", {"action": "stop"}),
        ("GET", f"/v2/recordings/active-recording/{meeting}", None),
    ]
    for method, path, sent in calls:
        answer = await api.client.request(method, path, json=sent, headers=as_(guest))
        assert answer.status_code == 403, (method, path)
        assert "can_record" in answer.json()["errors"][0]["message"]
    assert len(api.recordings.started) == 1


async def test_another_meetings_token_finds_nothing(api: House) -> None:
    meeting = await api.meeting()
    _, host = await api.participant(meeting)
    _, other = await api.participant(await api.meeting())
    recording = (await api.client.post("/v2/recordings", json={"meeting_id": meeting}, headers=as_(host))).json()
    calls: list[tuple[str, str, dict[str, Any] | None]] = [
        ("POST", "/v2/recordings", {"meeting_id": meeting}),
        ("PUT", f"/v2/recordings/{recording['data']['id']}", {"action": "stop"}),
        ("GET", f"/v2/recordings/active-recording/{meeting}", None),
        ("GET", "/v2/recordings/active-recording/no%00such", None),
        ("PUT", "/v2/recordings/no%00such", {"action": "stop"}),
    ]
    for method, path, sent in calls:
        answer = await api.client.request(method, path, json=sent, headers=as_(other))
        assert answer.status_code == 404, (method, path)


async def test_an_api_token_is_no_participants_token(api: House) -> None:
    answer = await api.client.post("/v2/recordings", json={"meeting_id": await api.meeting()})
    assert answer.status_code == 401
