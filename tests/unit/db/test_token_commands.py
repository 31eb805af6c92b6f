from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from roomtape.cli import app
from roomtape.db import tokens
from roomtape.db.database import Database
from roomtape.db.migrate import upgrade
from roomtape.db.seed import Bootstrap, seed
from roomtape.settings import Settings


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["token", *arguments, "--data-dir", str(folder)])


@pytest.fixture
def first(tmp_path: Path) -> Bootstrap:
    async def make() -> Bootstrap:
        settings = Settings(data_dir=tmp_path)
        await upgrade(settings.database)
        db = Database(settings.database)
        made = await seed(db, settings)
        await db.close()
        return made

    return asyncio.run(make())


def opened(folder: Path, secret: str) -> tokens.ApiToken | None:
    async def look() -> tokens.ApiToken | None:
        db = Database(Settings(data_dir=folder).database)
        found = await tokens.by_secret(db, secret)
        await db.close()
        return found

    return asyncio.run(look())


def test_a_token_is_made_listed_and_revoked(tmp_path: Path, first: Bootstrap) -> None:
    made = run(tmp_path, "create", "--name", "ci\x1b[31m", "--scope", "write", "--days", "2")
    assert made.exit_code == 0, made.output
    secret = made.stdout.strip()
    assert "this once" in made.stderr
    token = opened(tmp_path, secret)
    assert token is not None
    assert (token.account_id, token.scope) == (first.account_id, "write")

    listed = run(tmp_path, "list")
    assert secret not in listed.output
    assert "\x1b" not in listed.output
    assert f"until {token.expires_at:%Y-%m-%d}" in next(row for row in listed.output.splitlines() if token.id in row)
    assert "bootstrap" in listed.output

    assert run(tmp_path, "revoke", token.id).exit_code == 0
    assert opened(tmp_path, secret) is None
    assert "revoked" in run(tmp_path, "list").output


def test_a_token_of_another_account(tmp_path: Path, first: Bootstrap) -> None:
    secret = run(tmp_path, "create", "--name", "x", "--account", "another").stdout.strip()
    token = opened(tmp_path, secret)
    assert token is not None
    assert (token.account_id, token.scope) == ("another", "read")
    assert "another" not in run(tmp_path, "list").output


def test_what_is_wrong_is_said_without_a_traceback(tmp_path: Path, first: Bootstrap) -> None:
    for folder, arguments, sentence in (
        (tmp_path / "elsewhere", ("list",), "no data folder"),
        (tmp_path, ("revoke", "unknown"), "there is no token unknown"),
        (tmp_path, ("create", "--name", "x", "--account", "a/b"), "--account"),
        (tmp_path, ("create", "--name", ""), "a name has"),
    ):
        failed = run(folder, *arguments)
        assert failed.exit_code == 1
        assert isinstance(failed.exception, SystemExit)
        assert sentence in str(failed.exception) + failed.output
    assert not (tmp_path / "elsewhere").exists()


def test_a_wrong_setting_is_said_without_a_traceback(tmp_path: Path, first: Bootstrap) -> None:
    (tmp_path / "roomtape.toml").write_text("prot = 1\n")
    failed = run(tmp_path, "list")
    assert failed.exit_code == 1
    assert "did you mean port?" in str(failed.exception)
