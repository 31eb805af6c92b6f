"""Owns turning what happened into deliveries: one for each webhook of the app that wants to be told."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from roomtape.clock import now_us, to_datetime
from roomtape.db import apps, meetings, outbox, sessions, webhooks
from roomtape.db.database import Database
from roomtape.db.outbox import Entry
from roomtape.domain.ids import new_id
from roomtape.domain.webhook import Delivery, Webhook
from roomtape.webhooks import payloads
from roomtape.webhooks.payloads import Context, Link

log = structlog.get_logger()

AT_ONCE = 100


async def fan_out(db: Database, link: Link, patience: timedelta) -> int:
    """Turn the outbox's oldest entries into deliveries, in order; return how many entries there were.

    A crash in between leaves an entry either where it was or as its deliveries.
    """
    entries = await outbox.oldest(db, AT_ONCE)
    of_app: dict[str, list[Webhook]] = {}
    for entry in entries:
        if entry.app_id not in of_app:
            of_app[entry.app_id] = await webhooks.of_app(db, entry.app_id)
        wanted = [webhook for webhook in of_app[entry.app_id] if webhook.wants(entry.event)]
        body = await _body(db, entry, link) if wanted else None
        await outbox.take(db, entry.id, [] if body is None else _deliveries(entry, body, wanted, patience))
    return len(entries)


async def _body(db: Database, entry: Entry, link: Link) -> str | None:
    """Return an entry's body. One of which nothing can be made is None and logged: it must not hold up the others."""
    try:
        session = await sessions.get(db, entry.subject["session_id"])
        meeting = await meetings.get(db, entry.subject["meeting_id"])
        app = await apps.get(db, entry.app_id)
        if session is None or meeting is None or app is None:
            log.error("webhooks are not told of what is gone", webhook_event=entry.event)
            return None
        return payloads.text(entry.event, entry.subject, Context(app, meeting, session), link)
    except (KeyError, TypeError, ValueError):
        log.exception("webhooks are not told: the outbox's entry is damaged", webhook_event=entry.event)
        return None


def _deliveries(entry: Entry, body: str, wanted: list[Webhook], patience: timedelta) -> list[Delivery]:
    now: datetime = to_datetime(now_us())
    subject = payloads.subject_key(entry.event, entry.subject)
    return [
        Delivery(new_id(), webhook.id, entry.event, subject, body, now, next_at=now, give_up_at=now + patience)
        for webhook in wanted
    ]
