"""Owns the first start: an account, an app with its presets, and an API token, so that a new server can be used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from roomtape.clock import now_us, to_datetime
from roomtape.db import apps, sessions, tokens
from roomtape.db.database import Database
from roomtape.domain.ids import is_id, new_account_id, new_id
from roomtape.domain.meeting import App
from roomtape.errors import InvalidRequest
from roomtape.settings import Settings

_STATE = "bootstrap"
APP_NAME = "Roomtape"


@dataclass(frozen=True)
class Bootstrap:
    """What an application needs to use this server."""

    account_id: str
    app_id: str
    api_token: str


async def seed(db: Database, settings: Settings, known_token: str | None = None) -> Bootstrap:
    """Make what is missing and return what there is.

    Ids and token from the settings win; ids from earlier starts come next; new ones are made otherwise. The token
    itself is not in the database: `known_token` is the one from an earlier `bootstrap.json`. Without a valid one a new
    token is made, so a lost file locks nobody out. Raises InvalidRequest for settings that cannot be used as they are.
    """
    now = to_datetime(now_us())
    state = await sessions.read_state(db, _STATE) or {}
    account_id = _checked(settings.account_id or state.get("account_id") or new_account_id(), "account_id")
    app_id = _checked(settings.app_id or state.get("app_id") or new_id(), "app_id")
    app = await apps.get(db, app_id)
    if app is None:
        await apps.insert(db, App(app_id, account_id, APP_NAME, now))
    elif app.account_id != account_id:
        raise InvalidRequest(f"the app {app_id} belongs to another account; give both ids as they were", "app_id")
    await sessions.write_state(db, _STATE, {"account_id": account_id, "app_id": app_id})
    return Bootstrap(account_id, app_id, await _token(db, account_id, settings.api_token, known_token, now))


async def known_account(db: Database) -> str | None:
    """Return the account of the first start, None before it."""
    return (await sessions.read_state(db, _STATE) or {}).get("account_id")


async def _token(db: Database, account_id: str, wanted: str | None, known: str | None, now: datetime) -> str:
    if wanted is None and known is not None:
        found = await tokens.by_secret(db, known)
        if found is not None and found.account_id == account_id and found.scope == "write":
            return known
    secret = wanted or tokens.new_secret()
    found = await tokens.ever(db, secret)
    if found is None:
        await tokens.insert(db, account_id, "bootstrap", secret, "write", now)
    elif found.account_id != account_id:
        raise InvalidRequest("this token belongs to another account; choose another one", "api_token")
    elif not found.opens(now):
        raise InvalidRequest("this token was revoked or has expired; choose another one", "api_token")
    return secret


def _checked(given: str, name: str) -> str:
    if not is_id(given):
        raise InvalidRequest("use 1 to 64 letters, digits, '-' and '_'", name)
    return given
