from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roomtape.clock import now_us, to_datetime
from roomtape.db import apps, presets, tokens
from roomtape.db.database import Database
from roomtape.db.migrate import upgrade
from roomtape.db.seed import seed
from roomtape.errors import InvalidRequest
from roomtape.settings import Settings


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'seed.db'}"
    await upgrade(url)
    made = Database(url)
    yield made
    await made.close()


async def test_the_first_start_makes_all_and_later_ones_find_it(db: Database) -> None:
    first = await seed(db, Settings())
    assert len(first.account_id) == 32
    app = await apps.get(db, first.app_id)
    assert app is not None
    assert app.account_id == first.account_id
    assert (await presets.find(db, first.app_id))[1] == 4
    opened = await tokens.by_secret(db, first.api_token)
    assert opened is not None
    assert (opened.account_id, opened.scope) == (first.account_id, "write")

    assert await seed(db, Settings(), first.api_token) == first
    assert (await presets.find(db, first.app_id))[1] == 4


async def test_settings_choose_and_may_choose_again(db: Database) -> None:
    chosen = Settings(account_id="acc", app_id="my-app", api_token="my-token")
    first = await seed(db, chosen)
    assert (first.account_id, first.app_id, first.api_token) == ("acc", "my-app", "my-token")
    assert await seed(db, chosen, "my-token") == first
    assert await seed(db, Settings(), "my-token") == first

    again = await seed(db, Settings(app_id="another", api_token="token-2"), "my-token")
    assert (again.account_id, again.app_id, again.api_token) == ("acc", "another", "token-2")
    assert await tokens.by_secret(db, "my-token") is not None


@pytest.mark.parametrize("known", [None, "", "no longer valid"])
async def test_without_a_valid_token_a_new_one_is_made(db: Database, known: str | None) -> None:
    first = await seed(db, Settings())
    second = await seed(db, Settings(), known)
    assert (second.account_id, second.app_id) == (first.account_id, first.app_id)
    assert second.api_token not in (first.api_token, known)
    assert await tokens.by_secret(db, second.api_token) is not None


async def test_what_cannot_be_is_refused(db: Database) -> None:
    with pytest.raises(InvalidRequest, match="account_id"):
        await seed(db, Settings(account_id="a/b"))
    await seed(db, Settings(account_id="acc", app_id="my-app", api_token="my-token"))
    with pytest.raises(InvalidRequest, match="another account"):
        await seed(db, Settings(account_id="other", app_id="my-app"))
    with pytest.raises(InvalidRequest, match="another account"):
        await seed(db, Settings(account_id="other", app_id="new", api_token="my-token"))


async def test_a_revoked_token_is_not_brought_back_by_a_setting(db: Database) -> None:
    first = await seed(db, Settings(api_token="my-token"))
    known = await tokens.ever(db, first.api_token)
    assert known is not None
    await tokens.revoke(db, known.id, to_datetime(now_us()))
    with pytest.raises(InvalidRequest, match="revoked"):
        await seed(db, Settings(api_token="my-token"))
    assert (await seed(db, Settings(), "my-token")).api_token != "my-token"
