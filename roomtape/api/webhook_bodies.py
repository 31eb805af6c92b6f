"""Owns the bodies about webhooks as the public API defines them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from roomtape.api.bodies import LONGEST_TEXT, Body
from roomtape.api.recording_bodies import WebUrl

EventName = Literal[
    "meeting.started",
    "meeting.ended",
    "meeting.participantJoined",
    "meeting.participantLeft",
    "meeting.chatSynced",
    "recording.statusUpdate",
    "livestreaming.statusUpdate",
    "meeting.transcript",
    "meeting.summary",
    "all",
]
"""`all` is an extension."""


def _once(names: list[EventName]) -> list[EventName]:
    return list(dict.fromkeys(names))


Events = Annotated[list[EventName], Field(min_length=1, max_length=32), AfterValidator(_once)]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]


class WebhookValues(Body):
    """Body of POST …/webhooks and PUT …/webhooks/{webhook_id}."""

    name: Name
    url: WebUrl
    events: Events
    enabled: bool = True


class WebhookChange(Body):
    """Body of PATCH …/webhooks/{webhook_id}; what is left out or null stays as it is."""

    name: Name | None = None
    url: WebUrl | None = None
    events: Events | None = None
    enabled: bool | None = None
