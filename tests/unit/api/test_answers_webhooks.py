from __future__ import annotations

from cloudflare.types import realtime_kit as official

from roomtape.api.answers_webhooks import DeliveryWithPayload, WebhookShown
from tests.unit.api.test_answers import fields, inner


def test_every_official_field_of_a_webhook_is_described() -> None:
    assert fields(inner(official.WebhookGetWebhookByIDResponse, "data")) <= fields(WebhookShown)


def test_a_delivery_is_told_with_all_its_fields() -> None:
    schema = DeliveryWithPayload.model_json_schema(mode="serialization")
    assert {"payload", "next_attempt_at"} <= set(schema["required"])
    assert set(schema["required"]) == set(schema["properties"])
