"""Owns the shapes of answers about webhooks and their deliveries, as `/openapi.json` describes them."""

from __future__ import annotations

from typing import Any

from roomtape.api.answers import MOMENT, Moment, Shape
from roomtape.domain.webhook import DeliveryState


class WebhookShown(Shape):
    id: str
    name: str
    url: str
    events: list[str]
    enabled: bool
    created_at: Moment = MOMENT
    updated_at: Moment = MOMENT


class WebhookKey(Shape):
    publicKey: str  # noqa: N815 - the public API's spelling


class DeliveryShown(Shape):
    id: str
    webhook_id: str
    event: str
    subject: str
    state: DeliveryState
    attempts: int
    repeated: bool
    answer_status: int | None
    answer_excerpt: str | None
    error: str | None
    created_at: Moment = MOMENT
    last_attempt_at: Moment | None
    next_attempt_at: Moment | None
    finished_at: Moment | None


class DeliveryWithPayload(DeliveryShown):
    payload: dict[str, Any]
