"""Owns the API tokens of accounts. Only their SHA-256 is kept, so a stolen database opens nothing."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import func, or_, select, update

from roomtape.clock import now_us, to_datetime
from roomtape.db.database import Database
from roomtape.db.models import ApiTokenRow
from roomtape.domain.ids import new_id

Scope = Literal["read", "write"]
PREFIX = "rt_"
"""Begins every token that is made here, so that people and scanners of repositories know one when they see it."""
USE_NOTED_EVERY = timedelta(minutes=10)
"""A write for every request would be too much; who looks for tokens that nobody needs wants to know the day."""


@dataclass(frozen=True)
class ApiToken:
    """What a token opens: one account, to read or also to write. `last_used_at` lags `USE_NOTED_EVERY` behind."""

    id: str
    account_id: str
    name: str
    scope: Scope
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def opens(self, now: datetime) -> bool:
        """Tell whether it is good for anything at this moment."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def new_secret() -> str:
    """Return a fresh token with 256 bits of chance."""
    return PREFIX + secrets.token_urlsafe(32)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _token(row: ApiTokenRow) -> ApiToken:
    return ApiToken(
        id=row.id,
        account_id=row.account_id,
        name=row.name,
        scope="write" if row.scope == "write" else "read",
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )


async def insert(
    db: Database,
    account_id: str,
    name: str,
    secret: str,
    scope: Scope,
    now: datetime,
    expires_at: datetime | None = None,
) -> ApiToken:
    """Remember a token by its hash and return what it opens."""
    token = ApiToken(new_id(), account_id, name, scope, now, expires_at)
    row = ApiTokenRow(
        id=token.id,
        account_id=account_id,
        name=name,
        hash=_hash(secret),
        scope=scope,
        created_at=now,
        expires_at=expires_at,
        last_used_at=None,
        revoked_at=None,
    )
    async with db.transaction() as tx:
        tx.add(row)
    return token


async def by_secret(db: Database, secret: str) -> ApiToken | None:
    """Return what this token opens, or None for one that is unknown, revoked or expired. Its use is noted."""
    found, now = await ever(db, secret), to_datetime(now_us())
    if found is None or not found.opens(now):
        return None
    if found.last_used_at is None or now - found.last_used_at >= USE_NOTED_EVERY:
        await _note_use(db, found.id, now)
    return found


async def ever(db: Database, secret: str) -> ApiToken | None:
    """Return the token that was made with this secret, whether or not it opens anything still."""
    given = _hash(secret)
    async with db.transaction() as tx:
        row = (await tx.scalars(select(ApiTokenRow).where(ApiTokenRow.hash == given))).first()
        return _token(row) if row is not None and hmac.compare_digest(row.hash, given) else None


async def _note_use(db: Database, token_id: str, now: datetime) -> None:
    """In a transaction of its own that begins by writing: one that read first may fail in SQLite."""
    unknown = or_(ApiTokenRow.last_used_at.is_(None), ApiTokenRow.last_used_at <= now - USE_NOTED_EVERY)
    async with db.transaction() as tx:
        await tx.execute(update(ApiTokenRow).where(ApiTokenRow.id == token_id, unknown).values(last_used_at=now))


async def find(db: Database, account_id: str, *, offset: int = 0, limit: int = 25) -> tuple[list[ApiToken], int]:
    """Return one page of an account's tokens, the newest first, also those that open nothing any more; and how many."""
    query = select(ApiTokenRow).where(ApiTokenRow.account_id == account_id)
    order = (ApiTokenRow.created_at.desc(), ApiTokenRow.id)
    async with db.transaction() as tx:
        total = await tx.scalar(select(func.count()).select_from(query.subquery())) or 0
        rows = await tx.scalars(query.order_by(*order).offset(offset).limit(limit))
        return [_token(row) for row in rows], total


async def get(db: Database, token_id: str) -> ApiToken | None:
    """Return the token with this id, or None."""
    async with db.transaction() as tx:
        row = await tx.get(ApiTokenRow, token_id)
        return _token(row) if row else None


async def revoke(db: Database, token_id: str, now: datetime) -> None:
    """Make a token useless from now on; one that was revoked before keeps its moment."""
    mine = (ApiTokenRow.id == token_id, ApiTokenRow.revoked_at.is_(None))
    async with db.transaction() as tx:
        await tx.execute(update(ApiTokenRow).where(*mine).values(revoked_at=now))
