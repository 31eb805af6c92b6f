"""Owns the queries for webhooks: who wants to be told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete as sql_delete
from sqlalchemy import func, select, update

from roomtape.db.database import Database
from roomtape.db.models import AppRow, DeliveryRow, WebhookRow
from roomtape.domain.webhook import DeliveryState, Webhook

SWITCHED_OFF = "the webhook was switched off before this could be delivered"


def to_webhook(row: WebhookRow) -> Webhook:
    """Return the value of a row."""
    return Webhook(
        row.id, row.app_id, row.name, row.url, tuple(row.events), row.enabled, row.created_at, row.updated_at
    )


async def add(db: Database, webhook: Webhook, most: int) -> bool:
    """Remember a new webhook, unless its app has `most` of them: then False."""
    row = WebhookRow(**vars(webhook) | {"events": list(webhook.events)})
    counted = select(func.count()).select_from(WebhookRow).where(WebhookRow.app_id == webhook.app_id)
    async with db.transaction() as tx:
        # Writing to the app's row has those who add at the same time take turns, whichever the database.
        await tx.execute(update(AppRow).where(AppRow.id == webhook.app_id).values(name=AppRow.name))
        if (await tx.scalar(counted) or 0) >= most:
            return False
        tx.add(row)
        return True


async def change(db: Database, webhook_id: str, now: datetime, **values: Any) -> Webhook | None:
    """Set columns of a webhook, and when; one that is off drops what still waits. None when it is unknown."""
    query = update(WebhookRow).where(WebhookRow.id == webhook_id).values(updated_at=now, **values)
    waiting = DeliveryRow.webhook_id == webhook_id, DeliveryRow.state == DeliveryState.WAITING
    dropped = {"state": DeliveryState.DROPPED, "finished_at": now, "error": SWITCHED_OFF}
    async with db.transaction() as tx:
        # The webhook first: what is being fanned out just now is either seen below, or not written.
        row = (await tx.scalars(query.returning(WebhookRow))).first()
        if row is None:
            return None
        if not row.enabled:
            await tx.execute(update(DeliveryRow).where(*waiting).values(**dropped))
        return to_webhook(row)


async def get(db: Database, webhook_id: str) -> Webhook | None:
    """Return the webhook, or None."""
    async with db.transaction() as tx:
        row = await tx.get(WebhookRow, webhook_id)
        return to_webhook(row) if row else None


async def of_app(db: Database, app_id: str) -> list[Webhook]:
    """Return an app's webhooks, the oldest first."""
    query = select(WebhookRow).where(WebhookRow.app_id == app_id).order_by(WebhookRow.created_at, WebhookRow.id)
    async with db.transaction() as tx:
        return [to_webhook(row) for row in await tx.scalars(query)]


async def delete(db: Database, webhook_id: str) -> None:
    """Forget a webhook and all its deliveries, also those that wait."""
    async with db.transaction() as tx:
        await tx.execute(select(WebhookRow.id).where(WebhookRow.id == webhook_id).with_for_update())
        await tx.execute(sql_delete(DeliveryRow).where(DeliveryRow.webhook_id == webhook_id))
        await tx.execute(sql_delete(WebhookRow).where(WebhookRow.id == webhook_id))
