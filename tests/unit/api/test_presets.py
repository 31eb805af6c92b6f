from __future__ import annotations

from datetime import datetime
from typing import Any

import cloudflare
import pytest

from roomtape.domain.presets import DEFAULTS
from tests.support.api import House


def ids(api: House) -> dict[str, str]:
    return {"account_id": api.account_id, "app_id": api.app_id}


async def test_the_sdk_creates_gets_changes_replaces_and_deletes_a_preset(api: House) -> None:
    presets = api.sdk().realtime_kit.presets
    body: dict[str, Any] = DEFAULTS["group_call_participant"]
    made = await presets.create(api.app_id, account_id=api.account_id, name="guest", **body)
    assert made.data.name == "guest"
    assert isinstance(made.data.created_at, datetime)
    assert made.data.permissions.can_record is False
    assert made.data.permissions.media.screenshare.can_produce == "ALLOWED"
    assert made.data.ui.design_tokens.colors.background.api_1000 == "#080808"
    assert made.data.config.media.video.quality == "vga"

    got = await presets.get_preset_by_id(made.data.id, **ids(api))
    assert got.data.permissions.to_dict() == made.data.permissions.to_dict()

    changed = await presets.update(
        made.data.id, **ids(api), permissions={"can_record": True, "media": {"video": {"can_produce": "NOT_ALLOWED"}}}
    )
    assert changed.data.permissions.can_record is True
    assert changed.data.permissions.media.video.can_produce == "NOT_ALLOWED"
    assert changed.data.permissions.media.audio.can_produce == "ALLOWED"

    replaced = await presets.replace_preset_by_id(made.data.id, **ids(api), name="guest2", **body)
    assert replaced.data.name == "guest2"
    assert replaced.data.permissions.can_record is False

    deleted = await presets.delete(made.data.id, **ids(api))
    assert deleted.data.id == made.data.id
    with pytest.raises(cloudflare.NotFoundError):
        await presets.get_preset_by_id(made.data.id, **ids(api))


async def test_the_sdk_lists_presets(api: House) -> None:
    listed = await api.sdk().realtime_kit.presets.get(api.app_id, account_id=api.account_id, per_page=3, page_no=2)
    assert len(listed.data) == 1
    assert listed.paging.total_count == 4
    assert isinstance(listed.data[0].updated_at, datetime)


async def test_a_name_is_there_once(api: House) -> None:
    body = {"name": "group_call_host", **DEFAULTS["group_call_host"]}
    answer = await api.client.post(f"{api.kit}/presets", json=body)
    assert answer.status_code == 409
    made = await api.client.post(f"{api.kit}/presets", json=body | {"name": "other"})
    renamed = await api.client.patch(f"{api.kit}/presets/{made.json()['data']['id']}", json={"name": "group_call_host"})
    assert renamed.status_code == 409


async def test_a_preset_must_be_whole_and_of_the_right_types(api: House) -> None:
    whole = {"name": "x", **DEFAULTS["group_call_host"]}
    for missing in whole:
        answer = await api.client.post(f"{api.kit}/presets", json={k: v for k, v in whole.items() if k != missing})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["message"].startswith(f"{missing}: ")
    made = (await api.client.post(f"{api.kit}/presets", json=whole)).json()["data"]["id"]
    for change, path in (
        ({"permissions": {"can_record": "yes"}}, "permissions.can_record"),
        ({"permissions": {"media": {"audio": {"can_produce": "MAYBE"}}}}, "permissions.media.audio.can_produce"),
        ({"config": {"view_type": "PARTY"}}, "config.view_type"),
        ({"name": 5}, "name"),
    ):
        answer = await api.client.patch(f"{api.kit}/presets/{made}", json=change)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["message"].startswith(f"{path}: ")


async def test_fields_that_the_api_does_not_know_are_kept(api: House) -> None:
    body = {"name": "x", **DEFAULTS["group_call_host"]}
    made = await api.client.post(f"{api.kit}/presets", json=body)
    assert made.json()["data"]["ui"]["config_diff"] == {}
