"""Owns the endpoints of API tokens, an extension of the public API: make, list, revoke."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, Field

from roomtape.api.auth import Account, WithAccount
from roomtape.api.bodies import Body
from roomtape.api.paging import PageQuery, iso, success
from roomtape.api.paths import KIT
from roomtape.clock import now_us, to_datetime
from roomtape.db import tokens as rows
from roomtape.db.tokens import ApiToken, Scope
from roomtape.errors import InvalidRequest, NotFound

# Beside `kit`, because below it every name could be an app's.
router = APIRouter(prefix=KIT + "-tokens", tags=["API tokens"])


class NewToken(Body):
    """Body of POST …/kit-tokens. `expires_at` with a zone; left out, the token is good until it is revoked."""

    name: Annotated[str, Field(min_length=1, max_length=255)]
    scope: Scope = "read"
    expires_at: Annotated[AwareDatetime, Field(strict=False)] | None = None


def _writer(account: WithAccount) -> Account:
    """Whoever may only read must not learn which doors there are."""
    account.require_write()
    return account


WithWriter = Annotated[Account, Depends(_writer)]


@router.get("", summary="List API tokens")
async def find(account: WithWriter, page: PageQuery) -> dict[str, Any]:
    """List an account's tokens, the newest first, also those that open nothing any more. Needs the scope `write`."""
    found, total = await rows.find(account.deps.db, account.account_id, offset=page.offset, limit=page.size)
    return success([_body(token) for token in found], paging=page.paging(found, total))


@router.post("", status_code=201, summary="Make an API token")
async def create(account: WithWriter, body: NewToken) -> dict[str, Any]:
    """Make a token. `token` is told in this answer and never again: only its hash is kept."""
    now, secret = to_datetime(now_us()), rows.new_secret()
    if body.expires_at is not None and body.expires_at <= now:
        raise InvalidRequest("lies in the past; give a later moment, or leave it out", "expires_at")
    made = await rows.insert(account.deps.db, account.account_id, body.name, secret, body.scope, now, body.expires_at)
    return success(_body(made) | {"token": secret})


@router.delete("/{token_id}", summary="Revoke an API token")
async def revoke(account: WithWriter, token_id: str) -> dict[str, Any]:
    """Make a token useless from this moment on. Revoking twice changes nothing."""
    found = await rows.get(account.deps.db, token_id)
    if found is None or found.account_id != account.account_id:
        raise NotFound(f"there is no token {token_id!r} in this account")
    await rows.revoke(account.deps.db, token_id, to_datetime(now_us()))
    after = await rows.get(account.deps.db, token_id)
    return success(_body(after or found))


def _body(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "scope": token.scope,
        "created_at": iso(token.created_at),
        "expires_at": iso(token.expires_at),
        "last_used_at": iso(token.last_used_at),
        "revoked_at": iso(token.revoked_at),
    }
