"""Owns the queries for webhooks: who wants to be told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete as sql_delete
from sqlalchemy import func, select, update

from roomtape.db.database import Database
from roomtape.db.models import DeliveryRow, WebhookRow
from roomtape.domain.webhook import DeliveryState, Webhook

SWITCHED_OFF = "the webhook was switched off before this could be delivered"


def to_webhook(row: WebhookRow) -> Webhook:
    """Return the value of a row."""
    return Webhook(
        row.id, row.app_id, row.name, row.url, tuple(row.events), row.enabled, row.created_at, row.updated_at
    )


async def save(db: Database, webhook: Webhook, now: datetime) -> None:
    """Remember a new webhook, or the new values of one that is known; one that is off drops what still waits."""
    values = {name: getattr(webhook, name) for name in Webhook.__dataclass_fields__}
    waiting = DeliveryRow.webhook_id == webhook.id, DeliveryRow.state == DeliveryState.WAITING
    dropped = {"state": DeliveryState.DROPPED, "finished_at": now, "error": SWITCHED_OFF}
    async with db.transaction() as tx:
        await tx.merge(WebhookRow(**values | {"events": list(webhook.events)}))
        await tx.flush()  # The webhook first: what is being fanned out just now is either seen below, or not written.
        if not webhook.enabled:
            await tx.execute(update(DeliveryRow).where(*waiting).values(**dropped))


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


async def count(db: Database, app_id: str) -> int:
    """Return how many webhooks an app has."""
    query = select(func.count()).select_from(WebhookRow).where(WebhookRow.app_id == app_id)
    async with db.transaction() as tx:
        return await tx.scalar(query) or 0


async def delete(db: Database, webhook_id: str) -> None:
    """Forget a webhook and all its deliveries, also those that wait."""
    async with db.transaction() as tx:
        await tx.execute(select(WebhookRow.id).where(WebhookRow.id == webhook_id).with_for_update())
        await tx.execute(sql_delete(DeliveryRow).where(DeliveryRow.webhook_id == webhook_id))
        await tx.execute(sql_delete(WebhookRow).where(WebhookRow.id == webhook_id))
