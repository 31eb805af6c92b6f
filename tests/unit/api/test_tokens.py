from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from roomtape.db import tokens
from roomtape.domain.ids import new_account_id
from tests.support.api import NOW, House


def at(api: House) -> str:
    return f"/client/v4/accounts/{api.account_id}/realtime/kit-tokens"


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


async def made(api: House, **values: Any) -> dict[str, Any]:
    answer = await api.client.post(at(api), json={"name": "ci"} | values)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


async def test_a_token_is_told_once_and_ends_when_it_is_revoked(api: House) -> None:
    token = await made(api, scope="write")
    mine = bearer(token["token"])
    assert (await api.client.post(f"{api.kit}/meetings", json={}, headers=mine)).status_code == 201
    listed = await api.client.get(at(api))
    assert token["token"] not in listed.text
    assert [(t["name"], t["scope"]) for t in listed.json()["data"]] == [("ci", "write"), ("bootstrap", "write")]
    assert listed.json()["data"][0]["last_used_at"] is not None
    assert listed.json()["paging"]["total_count"] == 2

    gone = await api.client.delete(f"{at(api)}/{token['id']}")
    assert gone.json()["data"]["revoked_at"] is not None
    assert (await api.client.get(f"{api.kit}/meetings", headers=mine)).status_code == 401
    assert (await api.client.delete(f"{at(api)}/{token['id']}")).json() == gone.json()


async def test_a_token_reads_unless_more_is_asked_for(api: House) -> None:
    token = await made(api)
    assert token["scope"] == "read"
    mine = bearer(token["token"])
    assert (await api.client.get(f"{api.kit}/meetings", headers=mine)).status_code == 200
    for method, url in (
        ("POST", f"{api.kit}/meetings"),
        ("GET", at(api)),
        ("POST", at(api)),
        ("DELETE", f"{at(api)}/{token['id']}"),
        ("PUT", f"{api.kit}/recording-config"),
    ):
        answer = await api.client.request(method, url, json={"name": "x"}, headers=mine)
        assert answer.status_code == 403, f"{method} {url}"


async def test_a_token_ends_with_its_time(api: House) -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    token = await made(api, expires_at=later.isoformat())
    assert token["expires_at"] == later.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    await tokens.insert(api.db, api.account_id, "old", "old-secret", "write", NOW, NOW)
    assert (await api.client.get(f"{api.kit}/meetings", headers=bearer("old-secret"))).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "x", "scope": "admin"},
        {"name": "x", "expires_at": "2020-01-01T00:00:00Z"},
        {"name": "x", "expires_at": "2999-01-01T00:00:00"},
    ],
)
async def test_what_makes_no_token(api: House, body: dict[str, Any]) -> None:
    assert (await api.client.post(at(api), json=body)).status_code == 422


async def test_another_accounts_tokens_are_not_to_be_had(api: House) -> None:
    other = await tokens.insert(api.db, new_account_id(), "other", "other-secret", "write", NOW)
    assert (await api.client.delete(f"{at(api)}/{other.id}")).status_code == 404
    assert (await api.client.get(at(api), headers=bearer("other-secret"))).status_code == 404
    _, participants = await api.participant(await api.meeting())
    assert (await api.client.get(at(api), headers=bearer(participants))).status_code == 403
    assert await tokens.by_secret(api.db, "other-secret") is not None
