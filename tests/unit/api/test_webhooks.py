from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from roomtape.db import outbox
from roomtape.domain.webhook import Delivery, DeliveryState
from tests.support.api import NOW, House

BODY: dict[str, Any] = {
    "name": "Mine",
    "url": "https://hooks.example.com/a?token=b",
    "events": ["meeting.started", "recording.statusUpdate"],
}


async def create(api: House, **values: Any) -> dict[str, Any]:
    answer = await api.client.post(f"{api.kit}/webhooks", json=BODY | values)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    return made


async def delivery(api: House, webhook_id: str, name: str, **values: Any) -> Delivery:
    made = Delivery(
        name, webhook_id, "meeting.started", "session:s", '{"event":"meeting.started"}', NOW, NOW,
        NOW + timedelta(days=1), **values,
    )  # fmt: skip
    async with api.db.transaction() as tx:
        outbox.add(tx, api.app_id, made.event, {})
    (entry,) = await outbox.oldest(api.db, 1)
    assert await outbox.take(api.db, entry.id, [made])
    return made


async def test_the_official_sdk_makes_changes_and_deletes_webhooks(api: House) -> None:
    hooks = api.sdk().realtime_kit.webhooks
    ids = {"account_id": api.account_id}
    made = await hooks.create_webhook(api.app_id, **ids, **BODY)
    assert made.success
    assert (made.data.name, made.data.url, made.data.events, made.data.enabled) == (*BODY.values(), True)
    assert [w.model_dump() for w in (await hooks.get_webhooks(api.app_id, **ids)).data] == [made.data.model_dump()]
    got = await hooks.get_webhook_by_id(made.data.id, **ids, app_id=api.app_id)
    assert got.data.model_dump() == made.data.model_dump()
    edited = await hooks.edit_webhook(made.data.id, **ids, app_id=api.app_id, enabled=False)
    assert (edited.data.enabled, edited.data.url) == (False, BODY["url"])
    assert edited.data.updated_at > made.data.updated_at
    other = {"name": "Other", "url": "http://h.example.com/", "events": ["meeting.ended"]}
    replaced = await hooks.replace_webhook(made.data.id, **ids, app_id=api.app_id, **other)
    assert (replaced.data.name, replaced.data.url, replaced.data.events, replaced.data.enabled) == (
        *other.values(),
        True,
    )
    gone = await hooks.delete_webhook(made.data.id, **ids, app_id=api.app_id)
    assert gone.data.model_dump() == replaced.data.model_dump()
    assert (await hooks.get_webhooks(api.app_id, **ids)).data == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"url": "http://127.0.0.1/x"}, "url: 127.0.0.1 is not a public address"),
        ({"url": "http://[::ffff:10.0.0.1]/"}, "not a public address"),
        ({"url": "http://169.254.169.254/latest"}, "not a public address"),
        ({"url": "http://0x7f.1/"}, "odd notation"),
        ({"url": "ftp://example.com/"}, "url"),
        ({"url": "http://user:pass@example.com/"}, "password"),
        ({"events": []}, "events"),
        ({"events": ["meeting.begun"]}, "events"),
        ({"name": ""}, "name"),
        ({"enabled": "yes"}, "enabled"),
    ],
)
async def test_bad_values_are_refused_at_every_door(api: House, values: dict[str, Any], message: str) -> None:
    made = await create(api)
    for method, path in (("POST", ""), ("PUT", f"/{made['id']}"), ("PATCH", f"/{made['id']}")):
        answer = await api.client.request(method, f"{api.kit}/webhooks{path}", json=BODY | values)
        assert answer.status_code == 422, method
        assert message in answer.json()["errors"][0]["message"]
    assert (await api.client.get(f"{api.kit}/webhooks/{made['id']}")).json()["data"] == made


async def test_all_stands_for_every_event_and_the_events_can_be_listed(api: House) -> None:
    assert (await create(api, events=["all", "all"]))["events"] == ["all"]
    listed = (await api.client.get(f"{api.kit}/webhooks/all")).json()["data"]
    assert listed == [
        "meeting.started",
        "meeting.ended",
        "meeting.participantJoined",
        "meeting.participantLeft",
        "meeting.chatSynced",
        "recording.statusUpdate",
    ]


async def test_an_app_has_a_bounded_number_of_webhooks(api: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("roomtape.api.webhooks.MOST_WEBHOOKS", 1)
    await create(api)
    answer = await api.client.post(f"{api.kit}/webhooks", json=BODY)
    assert answer.status_code == 409


async def test_changes_at_the_same_time_are_all_kept_and_none_brings_back_what_was_deleted(api: House) -> None:
    path = f"{api.kit}/webhooks/{(await create(api))['id']}"
    changes: list[dict[str, Any]] = [{"enabled": False}, {"name": "Other"}, {"events": ["meeting.ended"]}]
    await asyncio.gather(*(api.client.patch(path, json=change) for change in changes))
    changed = (await api.client.get(path)).json()["data"]
    assert (changed["enabled"], changed["name"], changed["events"]) == (False, "Other", ["meeting.ended"])
    deleted, *late = await asyncio.gather(
        api.client.delete(path), *(api.client.patch(path, json={"name": f"{n}"}) for n in range(4))
    )
    assert deleted.status_code == 200
    assert {answer.status_code for answer in late} <= {200, 404}
    assert (await api.client.get(path)).status_code == 404


async def test_another_apps_webhook_does_not_exist(api: House) -> None:
    made = await create(api)
    base = f"/client/v4/accounts/{api.account_id}/realtime/kit"
    other = (await api.client.post(f"{base}/apps", json={"name": "Other"})).json()["data"]["app"]["id"]
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/deliveries"), ("POST", "/deliveries/x/repeat")):
        answer = await api.client.request(method, f"{base}/{other}/webhooks/{made['id']}{path}")
        assert answer.status_code == 404, path
    assert (await api.client.get(f"{base}/{other}/webhooks")).json()["data"] == []


async def test_deliveries_are_listed_newest_first_and_one_shows_its_payload(api: House) -> None:
    hook = await create(api)
    failed = {"state": DeliveryState.FAILED, "attempts": 3, "finished_at": NOW, "answer_status": 400, "error": "it …"}
    await delivery(api, hook["id"], "d-1", answer_excerpt="no", **failed)
    await delivery(api, hook["id"], "d-2")
    base = f"{api.kit}/webhooks/{hook['id']}/deliveries"
    listed = (await api.client.get(base, params={"per_page": 1})).json()
    assert [d["id"] for d in listed["data"]] == ["d-2"]
    assert listed["paging"] == {"total_count": 2, "start_offset": 1, "end_offset": 1}
    only = (await api.client.get(base, params={"state": "FAILED"})).json()["data"]
    assert [(d["id"], d["attempts"], d["answer_status"], d["answer_excerpt"], d["error"]) for d in only] == [
        ("d-1", 3, 400, "no", "it …")
    ]
    assert only[0]["next_attempt_at"] is None
    one = (await api.client.get(f"{base}/d-1")).json()["data"]
    assert one == only[0] | {"payload": {"event": "meeting.started"}}
    assert (await api.client.get(f"{base}/d-3")).status_code == 404


async def test_a_delivery_is_repeated_unless_its_webhook_is_off(api: House) -> None:
    hook = await create(api)
    await delivery(api, hook["id"], "d-1", state=DeliveryState.DELIVERED, attempts=1, finished_at=NOW)
    path = f"{api.kit}/webhooks/{hook['id']}/deliveries/d-1/repeat"
    again = (await api.client.post(path)).json()["data"]
    assert (again["state"], again["repeated"], again["attempts"]) == ("WAITING", True, 1)
    await api.client.patch(f"{api.kit}/webhooks/{hook['id']}", json={"enabled": False})
    refused = await api.client.post(path)
    assert refused.status_code == 409
    dropped = (await api.client.get(path.removesuffix("/repeat"))).json()["data"]
    assert (dropped["state"], dropped["error"]) == (
        "DROPPED",
        "the webhook was switched off before this could be delivered",
    )


async def test_anybody_may_have_the_public_key(api: House) -> None:
    answer = await api.client.get("/.well-known/webhooks.json", headers={"Authorization": ""})
    assert set(answer.json()) == {"success", "data"}
    load_pem_public_key(answer.json()["data"]["publicKey"].encode())


async def test_what_waits_is_a_figure_and_participants_may_see_none_of_it(api: House) -> None:
    hook = await create(api)
    await delivery(api, hook["id"], "d-1")
    figures = (await api.client.get("/metrics")).text
    assert "roomtape_webhook_deliveries_waiting 1.0" in figures
    _, token = await api.participant(await api.meeting())
    answer = await api.client.get(f"{api.kit}/webhooks", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403
