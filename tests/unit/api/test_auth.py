from __future__ import annotations

from typing import Any

import jwt
import pytest

from roomtape.api.not_offered import NOT_OFFERED
from roomtape.clock import now_us, to_datetime
from roomtape.db import apps, meetings, participants, presets, recordings, tokens
from roomtape.domain.ids import new_account_id, new_id
from roomtape.domain.meeting import App
from roomtape.domain.presets import DEFAULTS
from roomtape.rooms.tokens import TokenIssuer
from tests.support.api import KEY, House, a_recording


async def everything(api: House) -> list[tuple[str, str, Any]]:
    """Make one of each object; return a request for every endpoint that names it."""
    meeting = await api.meeting()
    participant, _ = await api.participant(meeting)
    session = await api.session(meeting)
    peer = await api.peer(session)
    api.rooms.live(session, peer)
    recording = a_recording(api.app_id, meeting, session.id)
    await recordings.insert(api.db, recording)
    preset = await presets.by_name(api.db, api.app_id, "webinar_presenter")
    assert preset is not None
    whole = {"name": "x", **DEFAULTS["group_call_host"]}
    person = {"custom_participant_id": "u", "preset_name": "group_call_host"}
    return [
        ("GET", "/meetings", None),
        ("POST", "/meetings", {}),
        ("GET", f"/meetings/{meeting}", None),
        ("PATCH", f"/meetings/{meeting}", {"title": "stolen"}),
        ("PUT", f"/meetings/{meeting}", {"title": "stolen"}),
        ("GET", f"/meetings/{meeting}/participants", None),
        ("POST", f"/meetings/{meeting}/participants", person),
        ("GET", f"/meetings/{meeting}/participants/{participant}", None),
        ("PATCH", f"/meetings/{meeting}/participants/{participant}", {"name": "stolen"}),
        ("POST", f"/meetings/{meeting}/participants/{participant}/token", None),
        ("DELETE", f"/meetings/{meeting}/participants/{participant}", None),
        ("GET", f"/meetings/{meeting}/active-session", None),
        ("POST", f"/meetings/{meeting}/active-session/kick", {"participant_ids": [peer.participant_id]}),
        ("POST", f"/meetings/{meeting}/active-session/kick-all", None),
        ("GET", "/presets", None),
        ("POST", "/presets", whole),
        ("GET", f"/presets/{preset.id}", None),
        ("PATCH", f"/presets/{preset.id}", {"name": "stolen"}),
        ("PUT", f"/presets/{preset.id}", whole),
        ("DELETE", f"/presets/{preset.id}", None),
        ("GET", "/sessions", None),
        ("GET", f"/sessions/{session.id}", None),
        ("GET", f"/sessions/{session.id}/participants", None),
        ("GET", f"/sessions/{session.id}/participants/{peer.id}", None),
        ("GET", "/recordings", None),
        ("POST", "/recordings", {"meeting_id": meeting}),
        ("POST", "/recordings/track", {"meeting_id": meeting}),
        ("GET", f"/recordings/{recording.id}", None),
        ("GET", f"/recordings/active-recording/{meeting}", None),
        ("PUT", f"/recordings/{recording.id}", {"action": "stop"}),
        *((method, f"/{path}", None) for method, path, _ in NOT_OFFERED),
    ]


async def second_app(api: House, account_id: str) -> str:
    app = App(new_id(), account_id, "second", to_datetime(now_us()))
    await apps.insert(api.db, app)
    return app.id


def assert_refused(answer: Any, status: int, what: str) -> None:
    assert answer.status_code == status, f"{what}: {answer.status_code} {answer.text}"
    body = answer.json()
    assert (body["success"], body["data"], body["messages"]) == (False, None, [])
    assert body["errors"][0]["code"] == 1000 + status
    assert body["errors"][0]["message"]


async def assert_untouched(api: House) -> None:
    found, total = await meetings.find(api.db, api.app_id)
    assert total == 1
    assert found[0].title is None
    people, _ = await participants.find(api.db, found[0].id)
    assert [p.name for p in people] == ["Ada"]
    assert (await presets.find(api.db, api.app_id, search="webinar_presenter"))[1] == 1
    assert api.rooms.kicked == []
    assert api.recordings.started == []


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic dXNlcjpwYXNz", "Bearer a.b.c", "Bearer é"]
)
async def test_without_a_valid_token_nothing_is_done(api: House, header: str | None) -> None:
    requests = await everything(api)
    del api.client.headers["Authorization"]
    headers = {} if header is None else {"Authorization": header.encode()}
    requests += [("GET", "/../apps", None), ("POST", "/../apps", {"name": "x"})]
    for method, path, body in requests:
        answer = await api.client.request(method, api.kit + path, json=body, headers=headers)
        assert_refused(answer, 401, f"{method} {path}")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    await assert_untouched(api)


async def test_another_accounts_token_finds_nothing(api: House) -> None:
    requests = await everything(api)
    await tokens.insert(api.db, new_account_id(), "other", "other-secret", "write", to_datetime(now_us()))
    for method, path, body in requests:
        answer = await api.client.request(
            method, api.kit + path, json=body, headers={"Authorization": "Bearer other-secret"}
        )
        assert_refused(answer, 404, f"{method} {path}")
    await assert_untouched(api)


async def test_another_apps_objects_are_not_found_through_an_app_of_the_same_account(api: House) -> None:
    requests = await everything(api)
    other = await second_app(api, api.account_id)
    url = f"/client/v4/accounts/{api.account_id}/realtime/kit/{other}"
    for method, path, body in requests:
        if path in ("/meetings", "/presets", "/sessions", "/recordings") and method == "GET":
            listed = (await api.client.get(url + path)).json()["data"]
            listed = listed["sessions"] if path == "/sessions" else listed
            assert len(listed) == (4 if path == "/presets" else 0)
        elif "{" not in path and path not in ("/meetings", "/presets") and not is_not_offered(path):
            answer = await api.client.request(method, url + path, json=body)
            assert_refused(answer, 404, f"{method} {path}")
    await assert_untouched(api)


def is_not_offered(path: str) -> bool:
    return any(path == f"/{known}" for _, known, _ in NOT_OFFERED)


async def test_an_app_of_another_account_is_not_found_with_ones_own_token(api: House) -> None:
    requests = await everything(api)
    theirs = await second_app(api, new_account_id())
    for account_id, app_id in (
        (api.account_id, theirs),
        (api.account_id, "nothing"),
        (api.account_id, "%00"),
        ("0" * 32, api.app_id),
    ):
        url = f"/client/v4/accounts/{account_id}/realtime/kit/{app_id}"
        for method, path, body in requests:
            answer = await api.client.request(method, url + path, json=body)
            assert_refused(answer, 404, f"{method} {path}")
    await assert_untouched(api)


async def test_a_token_to_read_reads_and_no_more(api: House) -> None:
    requests = await everything(api)
    await tokens.insert(api.db, api.account_id, "reader", "read-secret", "read", to_datetime(now_us()))
    headers = {"Authorization": "Bearer read-secret"}
    for method, path, body in requests:
        if is_not_offered(path):
            continue
        answer = await api.client.request(method, api.kit + path, json=body, headers=headers)
        if method == "GET":
            assert answer.status_code == 200, f"{method} {path}: {answer.text}"
        else:
            assert_refused(answer, 403, f"{method} {path}")
    await assert_untouched(api)


async def test_a_revoked_token_is_worth_nothing(api: House) -> None:
    token = await tokens.insert(api.db, api.account_id, "old", "old-secret", "write", to_datetime(now_us()))
    headers = {"Authorization": "Bearer old-secret"}
    assert (await api.client.get(f"{api.kit}/meetings", headers=headers)).status_code == 200
    await tokens.revoke(api.db, token.id, to_datetime(now_us()))
    assert (await api.client.get(f"{api.kit}/meetings", headers=headers)).status_code == 401


async def test_participants_tokens_open_recordings_only(api: House) -> None:
    requests = await everything(api)
    _, token = await api.participant((await meetings.find(api.db, api.app_id))[0][0].id, custom="user-2")
    for method, path, body in requests:
        if path.startswith("/recordings"):
            continue
        answer = await api.client.request(
            method, api.kit + path, json=body, headers={"Authorization": f"Bearer {token}"}
        )
        assert_refused(answer, 403, f"{method} {path}")


async def test_participants_tokens_that_are_not_good_any_more(api: House) -> None:
    meeting = await api.meeting()
    participant, good = await api.participant(meeting)
    url = f"{api.kit}/recordings/active-recording/{meeting}"
    claims = jwt.decode(good, options={"verify_signature": False})
    expired = TokenIssuer(KEY, -3600).issue(api.app_id, meeting, participant, "group_call_host")
    forged = TokenIssuer(b"x" * 32, 3600).issue(api.app_id, meeting, participant, "group_call_host")
    unsigned = jwt.encode(claims, None, algorithm="none")
    for token in (expired, forged, unsigned, good[:-4]):
        answer = await api.client.get(url, headers={"Authorization": f"Bearer {token}"})
        assert_refused(answer, 401, token)
    assert (await api.client.get(url, headers={"Authorization": f"Bearer {good}"})).json()["errors"][0]["code"] == 1404
    await api.client.delete(f"{api.kit}/meetings/{meeting}/participants/{participant}")
    assert_refused(await api.client.get(url, headers={"Authorization": f"Bearer {good}"}), 401, "removed")


async def test_a_participants_rights_are_those_of_now(api: House) -> None:
    meeting = await api.meeting()
    participant, token = await api.participant(meeting)
    await api.client.patch(
        f"{api.kit}/meetings/{meeting}/participants/{participant}", json={"preset_name": "group_call_participant"}
    )
    answer = await api.client.post(
        f"{api.kit}/recordings", json={"meeting_id": meeting}, headers={"Authorization": f"Bearer {token}"}
    )
    assert_refused(answer, 403, "start")


async def test_a_participants_token_under_another_app(api: House) -> None:
    meeting = await api.meeting()
    _, token = await api.participant(meeting)
    other = await second_app(api, api.account_id)
    url = f"/client/v4/accounts/{api.account_id}/realtime/kit/{other}/recordings"
    answer = await api.client.get(url, headers={"Authorization": f"Bearer {token}"})
    assert_refused(answer, 404, "other app")
