from __future__ import annotations

from tests.support.api import House


async def test_a_token_finds_its_account_and_so_its_apps(api: House) -> None:
    [account] = (await api.client.get("/client/v4/accounts")).json()["result"]
    assert account["id"] == api.account_id
    apps = await api.client.get(f"/client/v4/accounts/{account['id']}/realtime/kit/apps")
    assert [app["id"] for app in apps.json()["data"]] == [api.app_id]


async def test_the_official_sdk_reads_it(api: House) -> None:
    found = [account.id async for account in await api.sdk().accounts.list()]
    assert found == [api.account_id]


async def test_other_tokens_find_nothing(api: House) -> None:
    _, participant = await api.participant(await api.meeting())
    for token in ("", "nonsense", participant):
        answer = await api.client.get("/client/v4/accounts", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
        assert api.account_id not in answer.text
