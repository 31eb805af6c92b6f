"""Owns the queries for webhooks' deliveries: which one is next, who makes an attempt, and how it went.

All that is known of a delivery is in its row, so that a server that was killed goes on where it was.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from roomtape.db.database import Database
from roomtape.db.models import DeliveryRow, WebhookRow
from roomtape.db.webhooks import to_webhook
from roomtape.domain.webhook import Delivery, DeliveryState, Webhook

_WAITING = DeliveryRow.state == DeliveryState.WAITING


def _delivery(row: DeliveryRow) -> Delivery:
    fields = {name: getattr(row, name) for name in Delivery.__dataclass_fields__}
    return Delivery(**fields | {"state": DeliveryState(row.state)})


async def due(db: Database, now: datetime, busy: Collection[str], limit: int) -> list[tuple[str, str]]:
    """Return (delivery, webhook) of what may be attempted at `now`, longest due first; webhooks in `busy` are left out.

    A delivery waits for every earlier one of its webhook and subject.
    """
    earlier = aliased(DeliveryRow)
    in_line = exists().where(
        earlier.webhook_id == DeliveryRow.webhook_id,
        earlier.subject == DeliveryRow.subject,
        earlier.state == DeliveryState.WAITING,
        earlier.repeated.is_(False),
        earlier.seq < DeliveryRow.seq,
    )
    query = (
        select(DeliveryRow.id, DeliveryRow.webhook_id)
        .where(_WAITING, DeliveryRow.next_at <= now, _not_leased(now))
        .where(or_(DeliveryRow.repeated, ~in_line))
        .order_by(DeliveryRow.next_at, DeliveryRow.seq)
        .limit(limit)
    )
    if busy:
        query = query.where(DeliveryRow.webhook_id.not_in(list(busy)))
    async with db.transaction() as tx:
        return [(row[0], row[1]) for row in await tx.execute(query)]


def _not_leased(now: datetime) -> ColumnElement[bool]:
    return or_(DeliveryRow.leased_until.is_(None), DeliveryRow.leased_until <= now)


async def claim(
    db: Database, delivery_id: str, now: datetime, leased_until: datetime
) -> tuple[Webhook, Delivery] | None:
    """Begin an attempt that nobody else makes until `leased_until`; None when it is not to be made (any more).

    The attempt counts from here, so that one that kills the server is not made for ever without being counted.
    """
    mine = DeliveryRow.id == delivery_id, _WAITING, DeliveryRow.next_at <= now, _not_leased(now)
    begun = {"leased_until": leased_until, "attempts": DeliveryRow.attempts + 1, "last_attempt_at": now}
    async with db.transaction() as tx:
        row = (await tx.scalars(update(DeliveryRow).where(*mine).values(**begun).returning(DeliveryRow))).first()
        if row is None:
            return None
        webhook = await tx.get(WebhookRow, row.webhook_id)
        return (to_webhook(webhook), _delivery(row)) if webhook else None


async def settle(db: Database, delivery: Delivery, **outcome: Any) -> None:
    """Write how the attempt went that `claim` began; nothing happens when the delivery was dropped meanwhile."""
    mine = DeliveryRow.id == delivery.id, DeliveryRow.attempts == delivery.attempts, _WAITING
    async with db.transaction() as tx:
        await tx.execute(update(DeliveryRow).where(*mine).values(leased_until=None, **outcome))


async def repeat(db: Database, delivery_id: str, now: datetime, give_up_at: datetime) -> Delivery | None:
    """Have a delivery made again, or at once if it waits; return it, None when it is unknown.

    One that is over stands outside the order from now on: it must not hold up what came after it. One that waits in
    its line stays there, and what stands before it is made at once too.
    """
    mine = DeliveryRow.id == delivery_id
    again = {"repeated": True, "give_up_at": give_up_at, "finished_at": None, "state": DeliveryState.WAITING}
    async with db.transaction() as tx:
        await tx.execute(update(DeliveryRow).where(mine, ~_WAITING).values(**again))
        row = (await tx.scalars(update(DeliveryRow).where(mine).values(next_at=now).returning(DeliveryRow))).first()
        if row is None:
            return None
        if not row.repeated:
            await tx.execute(update(DeliveryRow).where(*_before(row), DeliveryRow.next_at > now).values(next_at=now))
        return _delivery(row)


def _before(row: DeliveryRow) -> tuple[ColumnElement[bool], ...]:
    """What `row` waits for in its line."""
    line = DeliveryRow.webhook_id == row.webhook_id, DeliveryRow.subject == row.subject
    return *line, _WAITING, DeliveryRow.repeated.is_(False), DeliveryRow.seq < row.seq


async def get(db: Database, delivery_id: str) -> Delivery | None:
    """Return the delivery, or None."""
    async with db.transaction() as tx:
        row = (await tx.scalars(select(DeliveryRow).where(DeliveryRow.id == delivery_id))).first()
        return _delivery(row) if row else None


async def find(
    db: Database, webhook_id: str, *, state: DeliveryState | None = None, offset: int = 0, limit: int = 25
) -> tuple[list[Delivery], int]:
    """Return one page of a webhook's deliveries, the newest first, and how many match in all."""
    query = select(DeliveryRow).where(DeliveryRow.webhook_id == webhook_id)
    if state is not None:
        query = query.where(DeliveryRow.state == state)
    async with db.transaction() as tx:
        total = await tx.scalar(select(func.count()).select_from(query.subquery())) or 0
        rows = await tx.scalars(query.order_by(DeliveryRow.seq.desc()).offset(offset).limit(limit))
        return [_delivery(row) for row in rows], total


async def waiting(db: Database) -> int:
    """Return how many deliveries wait, over all webhooks."""
    async with db.transaction() as tx:
        return await tx.scalar(select(func.count()).select_from(DeliveryRow).where(_WAITING)) or 0


async def purge(db: Database, before: datetime) -> int:
    """Forget the deliveries that were over before that moment; return how many."""
    async with db.transaction() as tx:
        gone = await tx.scalars(
            delete(DeliveryRow).where(~_WAITING, DeliveryRow.finished_at < before).returning(DeliveryRow.seq)
        )
        return len(gone.all())
