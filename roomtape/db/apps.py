"""Owns the queries for apps. An app is born with its default presets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select

from roomtape.db.database import Database
from roomtape.db.locking import locked
from roomtape.db.models import AppRow, PresetRow
from roomtape.domain.ids import new_id
from roomtape.domain.meeting import App
from roomtape.domain.presets import DEFAULTS
from roomtape.vault import Vault


def _app(row: AppRow, vault: Vault) -> App:
    return App(row.id, row.account_id, row.name, row.created_at, vault.opened(row.recording_config))


async def insert(db: Database, app: App) -> None:
    """Remember a new app together with the default presets."""
    async with db.transaction() as tx:
        config = db.vault.sealed(app.recording_config)
        tx.add(
            AppRow(
                id=app.id,
                account_id=app.account_id,
                name=app.name,
                created_at=app.created_at,
                recording_config=config,
            )
        )
        await tx.flush()  # the presets point at it, and their table knows no order of its own
        for name, body in DEFAULTS.items():
            at = app.created_at
            tx.add(PresetRow(id=new_id(), app_id=app.id, name=name, body=body, created_at=at, updated_at=at))


async def get(db: Database, app_id: str) -> App | None:
    """Return the app, or None."""
    async with db.transaction() as tx:
        row = await tx.get(AppRow, app_id)
        return _app(row, db.vault) if row else None


async def change_recording_config(
    db: Database, app_id: str, change: Callable[[dict[str, Any] | None], dict[str, Any]]
) -> dict[str, Any]:
    """Set the defaults of an app's recordings to what `change` makes of them, and return it; who else does so waits.

    Raises NotFound for an unknown id, and what `change` raises; nothing is changed then.
    """
    async with db.transaction() as tx:
        row = await locked(tx, AppRow, app_id)
        config = change(db.vault.opened(row.recording_config))
        row.recording_config = db.vault.sealed(config)
        return config


async def find(
    db: Database,
    account_id: str,
    *,
    search: str | None = None,
    newest_first: bool = True,
    offset: int = 0,
    limit: int = 25,
) -> tuple[list[App], int]:
    """Return one page of an account's apps and how many match in all; `search` looks in the name."""
    query = select(AppRow).where(AppRow.account_id == account_id)
    if search:
        query = query.where(AppRow.name.icontains(search, autoescape=True))
    order = AppRow.created_at.desc() if newest_first else AppRow.created_at.asc()
    async with db.transaction() as tx:
        total = await tx.scalar(select(func.count()).select_from(query.subquery())) or 0
        rows = await tx.scalars(query.order_by(order, AppRow.id).offset(offset).limit(limit))
        return [_app(row, db.vault) for row in rows], total
