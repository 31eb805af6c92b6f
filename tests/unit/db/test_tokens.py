from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from roomtape.clock import now_us, to_datetime, to_us
from roomtape.db import tokens
from tests.support.database import NOW, database


async def test_a_token_opens_its_account_until_it_is_revoked(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        secret = tokens.new_secret()
        made = await tokens.insert(db, "account-1", "laptop", secret, "read", NOW)
        assert await tokens.by_secret(db, secret) == made
        assert (made.account_id, made.scope) == ("account-1", "read")
        assert await tokens.by_secret(db, secret + "x") is None
        assert await tokens.by_secret(db, "") is None
        await tokens.revoke(db, made.id, NOW)
        assert await tokens.by_secret(db, secret) is None


async def test_the_token_itself_is_nowhere_on_the_disk(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        await tokens.insert(db, "account-1", "laptop", "find-me-if-you-can", "write", NOW)
        await db.close()
        assert all(b"find-me-if-you-can" not in file.read_bytes() for file in tmp_path.iterdir())


def test_fresh_secrets_differ_and_are_long() -> None:
    made = {tokens.new_secret() for _ in range(100)}
    assert len(made) == 100
    assert min(map(len, made)) >= 43


async def test_a_token_ends_with_its_time(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        now = to_datetime(now_us())
        await tokens.insert(db, "account-1", "short", "short", "read", now, now - timedelta(seconds=1))
        long = await tokens.insert(db, "account-1", "long", "long", "read", now, now + timedelta(days=1))
        assert await tokens.by_secret(db, "short") is None
        assert await tokens.by_secret(db, "long") == long
        ended = await tokens.ever(db, "short")
        assert ended is not None
        assert not ended.opens(now)


async def test_the_use_of_a_token_is_noted_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with database(tmp_path) as db:
        made = await tokens.insert(db, "account-1", "laptop", "secret", "read", NOW)
        seen = []
        for minute in (0, 5, 11):
            at_us = to_us(NOW + timedelta(minutes=minute))
            monkeypatch.setattr(tokens, "now_us", lambda at_us=at_us: at_us)
            assert await tokens.by_secret(db, "secret")
            known = await tokens.get(db, made.id)
            assert known is not None
            seen.append(known.last_used_at)
        assert seen == [NOW, NOW, NOW + timedelta(minutes=11)]


async def test_tokens_are_listed_for_their_account_the_newest_first(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        for index, account in enumerate(("account-1", "account-1", "account-2")):
            await tokens.insert(db, account, f"t{index}", f"s{index}", "read", NOW + timedelta(seconds=index))
        found, total = await tokens.find(db, "account-1", limit=1)
        assert ([t.name for t in found], total) == (["t1"], 2)
        await tokens.revoke(db, found[0].id, NOW)
        await tokens.revoke(db, found[0].id, NOW + timedelta(days=1))
        again = await tokens.get(db, found[0].id)
        assert again is not None
        assert again.revoked_at == NOW
        assert await tokens.get(db, "unknown") is None
