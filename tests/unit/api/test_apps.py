from __future__ import annotations

from datetime import datetime

from tests.support.api import House


async def test_the_sdk_creates_and_lists_apps_which_have_presets(api: House) -> None:
    sdk = api.sdk()
    made = await sdk.realtime_kit.apps.post(account_id=api.account_id, name="Second")
    assert made.success
    assert made.data is not None
    assert made.data.app is not None
    assert made.data.app.name == "Second"
    assert isinstance(made.data.app.created_at, datetime)
    assert made.data.app.id is not None

    listed = await sdk.realtime_kit.apps.get(account_id=api.account_id, per_page=1, sort_order="DESC")
    assert [app.name for app in listed.data or []] == ["Second"]
    assert listed.paging is not None
    assert (listed.paging.total_count, listed.paging.start_offset, listed.paging.end_offset) == (2, 1, 1)
    found = await sdk.realtime_kit.apps.get(account_id=api.account_id, search="roomT", sort_order="ASC")
    assert [app.id for app in found.data or []] == [api.app_id]

    presets = await sdk.realtime_kit.presets.get(made.data.app.id, account_id=api.account_id)
    assert {p.name for p in presets.data} == {
        "group_call_host",
        "group_call_participant",
        "webinar_presenter",
        "recorder_preset_v2",
    }


async def test_an_app_needs_a_name(api: House) -> None:
    url = f"/client/v4/accounts/{api.account_id}/realtime/kit/apps"
    for body in ({}, {"name": ""}, {"name": 7}, {"name": "x" * 256}):
        answer = await api.client.post(url, json=body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["message"].startswith("name: ")
