"""Owns the API tokens of accounts. Only their SHA-256 is kept, so a stolen database opens nothing."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from roomtape.db.database import Database
from roomtape.db.models import ApiTokenRow
from roomtape.domain.ids import new_id

Scope = Literal["read", "write"]


@dataclass(frozen=True)
class ApiToken:
    """What a token opens: one account, to read or also to write."""

    id: str
    account_id: str
    name: str
    scope: Scope


def new_secret() -> str:
    """Return a fresh token with 256 bits of chance."""
    return secrets.token_urlsafe(32)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


async def insert(db: Database, account_id: str, name: str, secret: str, scope: Scope, now: datetime) -> ApiToken:
    """Remember a token by its hash and return what it opens."""
    token = ApiToken(new_id(), account_id, name, scope)
    row = ApiTokenRow(
        id=token.id, account_id=account_id, name=name, hash=_hash(secret), scope=scope, created_at=now, revoked_at=None
    )
    async with db.transaction() as tx:
        tx.add(row)
    return token


async def by_secret(db: Database, secret: str) -> ApiToken | None:
    """Return what this token opens, or None for one that is unknown or revoked."""
    given = _hash(secret)
    query = select(ApiTokenRow).where(ApiTokenRow.hash == given, ApiTokenRow.revoked_at.is_(None))
    async with db.transaction() as tx:
        row = (await tx.scalars(query)).first()
        if row is None or not hmac.compare_digest(row.hash, given):
            return None
        return ApiToken(row.id, row.account_id, row.name, "write" if row.scope == "write" else "read")


async def revoke(db: Database, token_id: str, now: datetime) -> None:
    """Make a token useless from now on."""
    async with db.transaction() as tx:
        row = await tx.get(ApiTokenRow, token_id)
        if row is not None:
            row.revoked_at = now
