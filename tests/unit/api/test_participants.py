from __future__ import annotations

import base64
import json
from datetime import datetime

import cloudflare
import pytest

from roomtape.db import participants
from tests.support.api import House


async def test_the_sdk_adds_lists_gets_changes_and_removes_participants(api: House) -> None:
    meeting = await api.meeting()
    ids = {"account_id": api.account_id, "app_id": api.app_id}
    meetings = api.sdk().realtime_kit.meetings
    made = await meetings.add_participant(
        meeting,
        **ids,
        custom_participant_id="user-1",
        preset_name="group_call_participant",
        name="Zoë",
        picture="https://example.com/z.png",
    )
    assert made.data is not None
    assert made.data.name == "Zoë"
    assert isinstance(made.data.created_at, datetime)
    claims = api.issuer.verify(made.data.token)
    assert (claims.app_id, claims.meeting_id, claims.participant_id) == (api.app_id, meeting, made.data.id)
    assert claims.preset_name == "group_call_participant"

    listed = await meetings.get_meeting_participants(meeting, **ids, page_no=1, per_page=10)
    assert [p.id for p in listed.data] == [made.data.id]
    assert listed.paging.total_count == 1
    assert not hasattr(listed.data[0], "token")

    changed = await meetings.edit_participant(made.data.id, **ids, meeting_id=meeting, preset_name="group_call_host")
    assert changed.data is not None
    assert (changed.data.preset_name, changed.data.name) == ("group_call_host", "Zoë")
    assert api.issuer.verify(changed.data.token).preset_name == "group_call_host"

    got = await meetings.get_meeting_participant(made.data.id, **ids, meeting_id=meeting)
    assert (got.data.custom_participant_id, got.data.picture) == ("user-1", "https://example.com/z.png")

    fresh = await meetings.refresh_participant_token(made.data.id, **ids, meeting_id=meeting)
    assert api.issuer.verify(fresh.data.token).participant_id == made.data.id

    gone = await meetings.delete_meeting_participant(made.data.id, **ids, meeting_id=meeting)
    assert gone.data is not None
    host = await api.sdk().realtime_kit.presets.get(api.app_id, account_id=api.account_id, search="call_host")
    assert gone.data.preset_id == host.data[0].id
    with pytest.raises(cloudflare.NotFoundError):
        await meetings.get_meeting_participant(made.data.id, **ids, meeting_id=meeting)
    assert await participants.get(api.db, made.data.id) is None


async def test_a_token_can_be_taken_apart_as_the_browser_sdk_does_it(api: House) -> None:
    _, token = await api.participant(await api.meeting())
    payload = token.split(".")[1]
    assert "-" not in payload
    assert "_" not in payload
    read = json.loads(base64.b64decode(payload + "=" * (-len(payload) % 4), validate=True))
    assert read["orgId"] == api.app_id


async def test_who_is_removed_while_in_is_put_out(api: House) -> None:
    meeting = await api.meeting()
    participant, _ = await api.participant(meeting)
    session = await api.session(meeting)
    mine = await api.peer(session, participant_id=participant)
    other = await api.peer(session)
    api.rooms.live(session, mine, other)
    answer = await api.client.delete(f"{api.kit}/meetings/{meeting}/participants/{participant}")
    assert answer.status_code == 200
    assert api.rooms.kicked == [mine.id]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"preset_name": "group_call_host"}, "custom_participant_id"),
        ({"custom_participant_id": "", "preset_name": "group_call_host"}, "custom_participant_id"),
        ({"custom_participant_id": "a", "preset_name": "nobody"}, "preset_name"),
        ({"custom_participant_id": "a"}, "preset_name"),
        ({"custom_participant_id": "a", "preset_name": "group_call_host", "name": 1}, "name"),
        ({"custom_participant_id": "a\0", "preset_name": "group_call_host"}, "custom_participant_id"),
    ],
)
async def test_a_bad_participant_is_refused(api: House, body: object, path: str) -> None:
    answer = await api.client.post(f"{api.kit}/meetings/{await api.meeting()}/participants", json=body)
    assert answer.status_code == 422
    assert path in answer.json()["errors"][0]["message"]


async def test_a_participant_of_another_meeting_is_not_found(api: House) -> None:
    first, second = await api.meeting(), await api.meeting()
    participant, _ = await api.participant(first)
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/token")):
        url = f"{api.kit}/meetings/{second}/participants/{participant}{path}"
        answer = await api.client.request(method, url, json={} if method == "PATCH" else None)
        assert answer.status_code == 404
    assert await participants.get(api.db, participant) is not None
