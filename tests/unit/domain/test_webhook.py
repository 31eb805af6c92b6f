from __future__ import annotations

from datetime import UTC, datetime, timedelta

from roomtape.domain.webhook import Delivery, DeliveryState, Event, Webhook, delivery_fields, wait_s

AT = datetime(2026, 1, 1, tzinfo=UTC)


def webhook(*events: str, enabled: bool = True) -> Webhook:
    return Webhook("w", "a", "n", "https://h.test/", events, enabled, AT, AT)


def test_a_webhook_wants_its_events_unless_it_is_off() -> None:
    assert webhook(Event.MEETING_ENDED).wants("meeting.ended")
    assert not webhook(Event.MEETING_ENDED).wants("meeting.started")
    assert webhook("all").wants("meeting.started")
    assert not webhook("all", enabled=False).wants("meeting.started")


def test_waits_double_up_to_a_bound() -> None:
    assert [wait_s(n, 1, 900) for n in (1, 2, 3, 10, 11, 10**6)] == [1, 2, 4, 512, 900, 900]


def test_a_new_delivery_waits() -> None:
    made = Delivery("d", "w", "e", "s", "{}", AT, AT, AT + timedelta(hours=1))
    assert delivery_fields(made)["state"] is DeliveryState.WAITING
    assert Delivery(**delivery_fields(made)) == made
