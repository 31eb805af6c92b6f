from __future__ import annotations

from pathlib import Path

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
