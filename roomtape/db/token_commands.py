"""Owns `roomtape token`: API tokens made, listed and revoked through the database, also while the server runs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from roomtape import settings
from roomtape.clock import now_us, to_datetime
from roomtape.errors import InvalidRequest, NotFound, RoomtapeError

if TYPE_CHECKING:
    from roomtape.db.database import Database
    from roomtape.db.tokens import ApiToken

app = typer.Typer(help="API tokens: make, list, revoke. Works while the server runs.", no_args_is_help=True)

DataDir = Annotated[Path | None, typer.Option(help="The server's data folder (default: ./data).")]
AccountId = Annotated[str | None, typer.Option("--account", help="Another account than that of the first start.")]
LONGEST_NAME = 255
LONGEST_LIST = 10_000


class Scope(StrEnum):
    READ = "read"
    WRITE = "write"


@app.command()
def create(
    name: Annotated[str, typer.Option(help="What the token is for; lists show it.")],
    scope: Annotated[Scope, typer.Option(help="`read` opens what GET answers, `write` everything.")] = Scope.READ,
    days: Annotated[float | None, typer.Option(help="It ends after so many days (default: never).", min=0.001)] = None,
    account: AccountId = None,
    data_dir: DataDir = None,
) -> None:
    """Make a token and print it, once: only its hash is kept."""
    if not 0 < len(name) <= LONGEST_NAME:
        sys.exit(f"roomtape: a name has 1 to {LONGEST_NAME} characters")

    async def work(db: Database) -> None:
        from roomtape.db import tokens

        secret, now = tokens.new_secret(), to_datetime(now_us())
        ends = None if days is None else now + timedelta(days=days)
        made = await tokens.insert(db, await _account(db, account), name, secret, scope.value, now, ends)
        print(f"token {made.id} ({scope.value}) of account {made.account_id}; it is shown this once:", file=sys.stderr)
        print(secret)

    _with_database(data_dir, work)


@app.command("list")
def list_all(account: AccountId = None, data_dir: DataDir = None) -> None:
    """List the tokens of an account, the newest first, also those that open nothing any more."""

    async def work(db: Database) -> None:
        from roomtape.db import tokens

        found, _ = await tokens.find(db, await _account(db, account), limit=LONGEST_LIST)
        now = to_datetime(now_us())
        rows = [(t.id, t.scope, _state(t, now), _day(t.created_at), _day(t.last_used_at), t.name) for t in found]
        for row in [("ID", "SCOPE", "STATE", "MADE", "LAST USED", "NAME"), *rows]:
            print(f"{row[0]:36}  {row[1]:5}  {row[2]:18}  {row[3]:10}  {row[4]:10}  {_plain(row[5])}")

    _with_database(data_dir, work)


@app.command()
def revoke(
    token_id: Annotated[str, typer.Argument(help="As `roomtape token list` shows it.")], data_dir: DataDir = None
) -> None:
    """Make a token useless from this moment on."""

    async def work(db: Database) -> None:
        from roomtape.db import tokens

        if await tokens.get(db, token_id) is None:
            raise NotFound(f"there is no token {token_id}; `roomtape token list` shows which there are")
        await tokens.revoke(db, token_id, to_datetime(now_us()))
        print(f"token {token_id} opens nothing any more")

    _with_database(data_dir, work)


def _with_database(data_dir: Path | None, work: Callable[[Database], Awaitable[None]]) -> None:
    try:
        asyncio.run(_run(settings.load(data_dir=data_dir), work))
    except RoomtapeError as error:
        sys.exit(f"roomtape: {error}")


async def _run(loaded: settings.Settings, work: Callable[[Database], Awaitable[None]]) -> None:
    from roomtape.db.database import Database
    from roomtape.db.migrate import upgrade

    if loaded.database_url is None and not (loaded.data_dir / settings.DATABASE_FILE).exists():
        raise NotFound(f"{loaded.data_dir} is no data folder of a server; name it with --data-dir, or start it once")
    await upgrade(loaded.database)
    db = Database(loaded.database)
    try:
        await work(db)
    finally:
        await db.close()


async def _account(db: Database, given: str | None) -> str:
    from roomtape.db.seed import known_account
    from roomtape.domain.ids import is_id

    if given is not None and not is_id(given):
        raise InvalidRequest("use 1 to 64 letters, digits, '-' and '_'", "--account")
    found = given or await known_account(db)
    if found is None:
        raise NotFound("this database has no account yet; start the server once, or name one with --account")
    return found


def _state(token: ApiToken, now: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    if token.expires_at is None:
        return "good"
    return f"until {_day(token.expires_at)}" if token.opens(now) else "expired"


def _day(moment: datetime | None) -> str:
    return "never" if moment is None else moment.date().isoformat()


def _plain(text: str) -> str:
    """Names come from callers; a terminal must not obey them."""
    return "".join(character if character.isprintable() else "?" for character in text)
