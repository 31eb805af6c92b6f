from __future__ import annotations

from typing import Any

from roomtape.db import recordings as rows
from roomtape.domain.recording import Recording, Status
from tests.support.api import House, a_recording


def ids(api: House) -> dict[str, str]:
    return {"account_id": api.account_id, "app_id": api.app_id}


async def remembered(api: House, meeting: str, **values: Any) -> Recording:
    session = await api.session(meeting)
    recording = a_recording(api.app_id, meeting, session.id, **values)
    await rows.insert(api.db, recording)
    return recording


async def test_a_participant_who_may_record_does_so_under_their_own_name(api: House) -> None:
    meeting = await api.meeting()
    participant, token = await api.participant(meeting)
    sdk = api.sdk(token).realtime_kit.recordings
    made = await sdk.start_recordings(api.app_id, account_id=api.account_id, meeting_id=meeting)
    assert made.data is not None
    assert made.data.start_reason is not None
    assert made.data.start_reason.caller is not None
    assert made.data.start_reason.caller.type == "USER"
    assert made.data.start_reason.caller.name == "Ada"
    assert made.data.start_reason.caller.user_id == participant
    stopped = await sdk.pause_resume_stop_recording(made.data.id, **ids(api), action="stop")
    assert stopped.data is not None
    assert stopped.data.stop_reason is not None
    assert stopped.data.stop_reason.caller is not None
    assert stopped.data.stop_reason.caller.user_id == participant
    assert [r.id for r in (await sdk.get_recordings(api.app_id, account_id=api.account_id)).data] == [made.data.id]


async def test_a_participant_who_may_not_record_may_only_see_that_it_runs(api: House) -> None:
    meeting = await api.meeting()
    _, token = await api.participant(meeting, preset="group_call_participant")
    recording = await remembered(api, meeting)
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{api.kit}/recordings"
    for method, path, body in (
        ("POST", "", {"meeting_id": meeting, "allow_multiple_recordings": True}),
        ("POST", "/track", {"meeting_id": meeting}),
        ("PUT", f"/{recording.id}", {"action": "stop"}),
        ("GET", f"/{recording.id}", None),
        ("GET", "", None),
    ):
        answer = await api.client.request(method, url + path, json=body, headers=headers)
        assert answer.status_code == 403, (method, path)
    seen = await api.client.get(f"{url}/active-recording/{meeting}", headers=headers)
    assert seen.status_code == 200
    stored = await rows.get(api.db, recording.id)
    assert stored is not None
    assert stored.status is Status.INVOKED


async def test_a_participant_knows_of_their_own_meeting_only(api: House) -> None:
    mine, other = await api.meeting(), await api.meeting()
    _, token = await api.participant(mine)
    recording = await remembered(api, other)
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{api.kit}/recordings"
    for method, path, body in (
        ("POST", "", {"meeting_id": other}),
        ("POST", "/track", {"meeting_id": other}),
        ("PUT", f"/{recording.id}", {"action": "stop"}),
        ("GET", f"/{recording.id}", None),
        ("GET", f"?meeting_id={other}", None),
        ("GET", f"/active-recording/{other}", None),
    ):
        answer = await api.client.request(method, url + path, json=body, headers=headers)
        assert answer.status_code == 404, (method, path)
    listed = (await api.client.get(url, headers=headers)).json()
    assert (listed["data"], listed["paging"]["total_count"]) == ([], 0)
