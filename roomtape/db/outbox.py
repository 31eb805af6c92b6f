"""Owns the outbox: what webhooks are to be told is written in the transaction of the change itself, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from roomtape.db.database import Database
from roomtape.db.models import DeliveryRow, OutboxRow, WebhookRow
from roomtape.domain.webhook import Delivery, delivery_fields


@dataclass(frozen=True)
class Entry:
    """Something that happened. `subject` is what was changed as it was right after the change, in JSON."""

    id: int
    app_id: str
    event: str
    subject: dict[str, Any]


def add(tx: AsyncSession, app_id: str, event: str, subject: dict[str, Any]) -> None:
    """Write with the change of `tx` that `event` happened; `subject` holds JSON values and no secret."""
    tx.add(OutboxRow(app_id=app_id, event=event, subject=subject))


async def oldest(db: Database, limit: int) -> list[Entry]:
    """Return the entries that nobody has taken yet, in the order in which they happened."""
    async with db.transaction() as tx:
        rows = await tx.scalars(select(OutboxRow).order_by(OutboxRow.id).limit(limit))
        return [Entry(row.id, row.app_id, row.event, row.subject) for row in rows]


async def take(db: Database, entry_id: int, deliveries: Sequence[Delivery]) -> bool:
    """Put deliveries in an entry's place, in one transaction; return False when somebody else has taken it.

    Webhooks that were switched off or deleted since the deliveries were made get none.
    """
    async with db.transaction() as tx:
        gone = await tx.scalars(delete(OutboxRow).where(OutboxRow.id == entry_id).returning(OutboxRow.id))
        if gone.first() is None:
            return False
        asked = WebhookRow.id.in_({delivery.webhook_id for delivery in deliveries}), WebhookRow.enabled
        # The lock has whoever switches one off wait, and then drop what is written here.
        wanting = set(await tx.scalars(select(WebhookRow.id).where(*asked).with_for_update(read=True)))
        tx.add_all(DeliveryRow(**delivery_fields(d)) for d in deliveries if d.webhook_id in wanting)
        return True
