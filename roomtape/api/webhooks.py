"""Owns the webhook endpoints: create, list, get, change, replace, delete, and what became of each delivery."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter

from roomtape.api.auth import Access, WithApp
from roomtape.api.deps import FromDeps
from roomtape.api.paging import PageQuery, iso, success
from roomtape.api.paths import APP
from roomtape.api.webhook_bodies import WebhookChange, WebhookValues
from roomtape.clock import now_us, to_datetime
from roomtape.db import deliveries
from roomtape.db import webhooks as rows
from roomtape.domain.ids import new_id
from roomtape.domain.webhook import SENT, Delivery, DeliveryState, Event, Webhook
from roomtape.errors import Conflict, NotFound

MOST_WEBHOOKS = 50
"""Of one app: everything that happens is told to each of them."""

router = APIRouter(prefix=APP + "/webhooks", tags=["Webhooks"])
key_router = APIRouter(tags=["Webhooks"])


@key_router.get("/.well-known/webhooks.json", summary="Get the key that webhooks are signed with")
async def public_key(deps: FromDeps) -> dict[str, Any]:
    """The public key in PEM: `rtk-signature` is base64 of RSA-SHA256 (PKCS#1 v1.5) over the raw body."""
    return success({"publicKey": deps.webhooks.public_key})


@router.post("", status_code=201, summary="Add a webhook")
async def create(access: WithApp, body: WebhookValues) -> dict[str, Any]:
    """Have `url` told of `events` from now on."""
    access.deps.webhooks.check(body.url)
    now = to_datetime(now_us())
    made = Webhook(new_id(), access.app.id, body.name, body.url, tuple(body.events), body.enabled, now, now)
    if not await rows.add(access.deps.db, made, MOST_WEBHOOKS):
        raise Conflict(f"an app has {MOST_WEBHOOKS} webhooks at most; delete one first")
    return success(_body(made))


@router.get("", summary="List webhooks")
async def find(access: WithApp) -> dict[str, Any]:
    """List all webhooks of an app, the oldest first."""
    return success([_body(webhook) for webhook in await rows.of_app(access.deps.db, access.app.id)])


@router.get("/all", summary="List the events that webhooks are told of")
async def events(access: WithApp) -> dict[str, Any]:
    """List the events of the public API that happen here."""
    return success([event for event in Event if event in SENT])


@router.get("/{webhook_id}", summary="Get a webhook")
async def get(access: WithApp, webhook_id: str) -> dict[str, Any]:
    """Get one webhook."""
    return success(_body(await _webhook(access, webhook_id)))


@router.patch("/{webhook_id}", summary="Change a webhook")
async def change(access: WithApp, webhook_id: str, body: WebhookChange) -> dict[str, Any]:
    """Change the values that are given. Deliveries that wait go to the new URL; switched off, they are dropped."""
    return await _change(access, webhook_id, body.model_dump(exclude_none=True))


@router.put("/{webhook_id}", summary="Replace a webhook")
async def replace_all(access: WithApp, webhook_id: str, body: WebhookValues) -> dict[str, Any]:
    """Set all values of a webhook."""
    return await _change(access, webhook_id, body.model_dump())


@router.delete("/{webhook_id}", summary="Delete a webhook")
async def delete(access: WithApp, webhook_id: str) -> dict[str, Any]:
    """Delete a webhook with all its deliveries, also those that wait."""
    webhook = await _webhook(access, webhook_id)
    await rows.delete(access.deps.db, webhook.id)
    return success(_body(webhook))


@router.get("/{webhook_id}/deliveries", summary="List a webhook's deliveries")
async def find_deliveries(
    access: WithApp, webhook_id: str, page: PageQuery, state: DeliveryState | None = None
) -> dict[str, Any]:
    """List what became of each delivery, the newest first."""
    webhook = await _webhook(access, webhook_id)
    found, total = await deliveries.find(access.deps.db, webhook.id, state=state, offset=page.offset, limit=page.size)
    return success([_delivery_body(delivery) for delivery in found], paging=page.paging(found, total))


@router.get("/{webhook_id}/deliveries/{delivery_id}", summary="Get a delivery of a webhook")
async def get_delivery(access: WithApp, webhook_id: str, delivery_id: str) -> dict[str, Any]:
    """Get one delivery with its `payload`."""
    delivery = await _delivery(access, webhook_id, delivery_id)
    return success(_delivery_body(delivery) | {"payload": json.loads(delivery.body)})


@router.post("/{webhook_id}/deliveries/{delivery_id}/repeat", summary="Make a delivery again")
async def repeat(access: WithApp, webhook_id: str, delivery_id: str) -> dict[str, Any]:
    """Send a delivery once more, whatever became of it, with the same `rtk-uuid`.

    One that waits is tried at once, after those that it waits for: they are tried at once too.
    """
    if not (await _webhook(access, webhook_id)).enabled:
        raise Conflict("this webhook is switched off; set enabled to true first")
    delivery = await _delivery(access, webhook_id, delivery_id)
    hooks = access.deps.webhooks
    now = to_datetime(now_us())
    again = await deliveries.repeat(access.deps.db, delivery.id, now, now + hooks.patience)
    hooks.wake()
    return success(_delivery_body(again or delivery))


async def _change(access: Access, webhook_id: str, values: dict[str, Any]) -> dict[str, Any]:
    webhook = await _webhook(access, webhook_id)
    access.deps.webhooks.check(values.get("url", webhook.url))
    changed = await rows.change(access.deps.db, webhook.id, to_datetime(now_us()), **values)
    if changed is None:
        raise _unknown(webhook_id)
    return success(_body(changed))


async def _webhook(access: Access, webhook_id: str) -> Webhook:
    found = await rows.get(access.deps.db, webhook_id)
    if found is None or found.app_id != access.app.id:
        raise _unknown(webhook_id)
    return found


def _unknown(webhook_id: str) -> NotFound:
    return NotFound(f"there is no webhook {webhook_id!r} in this app")


async def _delivery(access: Access, webhook_id: str, delivery_id: str) -> Delivery:
    webhook = await _webhook(access, webhook_id)
    found = await deliveries.get(access.deps.db, delivery_id)
    if found is None or found.webhook_id != webhook.id:
        raise NotFound(f"this webhook has no delivery {delivery_id!r}")
    return found


def _body(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "name": webhook.name,
        "url": webhook.url,
        "events": list(webhook.events),
        "enabled": webhook.enabled,
        "created_at": iso(webhook.created_at),
        "updated_at": iso(webhook.updated_at),
    }


def _delivery_body(delivery: Delivery) -> dict[str, Any]:
    waits = delivery.state is DeliveryState.WAITING
    return {
        "id": delivery.id,
        "webhook_id": delivery.webhook_id,
        "event": delivery.event,
        "subject": delivery.subject,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "repeated": delivery.repeated,
        "answer_status": delivery.answer_status,
        "answer_excerpt": delivery.answer_excerpt,
        "error": delivery.error,
        "created_at": iso(delivery.created_at),
        "last_attempt_at": iso(delivery.last_attempt_at),
        "next_attempt_at": iso(delivery.next_at) if waits else None,
        "finished_at": iso(delivery.finished_at),
    }
