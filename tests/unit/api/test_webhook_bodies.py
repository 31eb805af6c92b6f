from __future__ import annotations

from typing import get_args, get_type_hints

import pytest
from cloudflare.types.realtime_kit import webhook_create_webhook_params
from pydantic import ValidationError

from roomtape.api.webhook_bodies import EventName, WebhookChange, WebhookValues
from roomtape.domain.webhook import ALL, Event

GOOD = {"name": "n", "url": "https://h.example.com/", "events": ["meeting.started"]}


def test_the_events_are_those_of_the_official_types_and_all() -> None:
    hints = get_type_hints(webhook_create_webhook_params.WebhookCreateWebhookParams)
    official = set(get_args(get_args(hints["events"])[0]))
    assert official == {event.value for event in Event}
    assert set(get_args(EventName)) == official | {ALL}


def test_it_is_on_unless_said_and_events_count_once() -> None:
    made = WebhookValues.model_validate(GOOD | {"events": ["meeting.ended", "meeting.started", "meeting.ended"]})
    assert (made.enabled, made.events) == (True, ["meeting.ended", "meeting.started"])


@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": "a\0"}, {"url": "x"}, {"events": []}, {"events": ["x"]}])
def test_bad_values_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        WebhookValues.model_validate(GOOD | wrong)
    with pytest.raises(ValidationError):
        WebhookChange.model_validate(wrong)


def test_a_change_may_be_empty() -> None:
    assert WebhookChange.model_validate({"enabled": None}).model_dump(exclude_none=True) == {}
