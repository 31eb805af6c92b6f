"""Owns the values of webhooks: who wants to be told what, one delivery, and when an attempt is made again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Event(StrEnum):
    """What a webhook can ask for, as the public API spells it; those of SENT are told."""

    MEETING_STARTED = "meeting.started"
    MEETING_ENDED = "meeting.ended"
    PARTICIPANT_JOINED = "meeting.participantJoined"
    PARTICIPANT_LEFT = "meeting.participantLeft"
    CHAT_SYNCED = "meeting.chatSynced"
    RECORDING_STATUS = "recording.statusUpdate"
    LIVESTREAM_STATUS = "livestreaming.statusUpdate"
    TRANSCRIPT = "meeting.transcript"
    SUMMARY = "meeting.summary"


ALL = "all"
"""Asks for every event, also for those that later versions bring."""

SENT = frozenset(
    {
        Event.MEETING_STARTED,
        Event.MEETING_ENDED,
        Event.PARTICIPANT_JOINED,
        Event.PARTICIPANT_LEFT,
        Event.CHAT_SYNCED,
        Event.RECORDING_STATUS,
    }
)
"""Livestreams, transcripts and summaries are not offered: there is nothing to tell of them."""


class EndReason(StrEnum):
    """`reason` of meeting.ended."""

    HOST = "HOST_ENDED_MEETING"
    EMPTY = "ALL_PARTICIPANTS_LEFT"


@dataclass(frozen=True)
class Webhook:
    """Where an app wants to be told of `events` (values of `Event`, or `all`)."""

    id: str
    app_id: str
    name: str
    url: str
    events: tuple[str, ...]
    enabled: bool
    created_at: datetime
    updated_at: datetime

    def wants(self, event: str) -> bool:
        return self.enabled and (event in self.events or ALL in self.events)


class DeliveryState(StrEnum):
    WAITING = "WAITING"  # for its first attempt, the next one, or an earlier delivery of its subject
    DELIVERED = "DELIVERED"  # answered with 2xx
    FAILED = "FAILED"  # refused for good, or given up
    DROPPED = "DROPPED"  # its webhook was switched off


@dataclass(frozen=True)
class Delivery:
    """One event for one webhook; `id` is its `rtk-uuid`, `body` the exact text that is signed and sent.

    Deliveries of one `subject` go one after the other; a `repeated` one (a human asked for it) waits for nobody and
    nobody waits for it. `answer_excerpt` is the beginning of the last answer, `error` a sentence for a human.
    """

    id: str
    webhook_id: str
    event: str
    subject: str
    body: str
    created_at: datetime
    next_at: datetime
    give_up_at: datetime
    state: DeliveryState = DeliveryState.WAITING
    repeated: bool = False
    attempts: int = 0
    last_attempt_at: datetime | None = None
    finished_at: datetime | None = None
    answer_status: int | None = None
    answer_excerpt: str | None = None
    error: str | None = None


def delivery_fields(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery's fields by name."""
    return {name: getattr(delivery, name) for name in Delivery.__dataclass_fields__}


def wait_s(attempts: int, first_s: float, most_s: float) -> float:
    """Return how long to wait after so many attempts that failed: `first_s`, doubling, `most_s` at most."""
    return min(first_s * 2.0 ** min(attempts - 1, 60), most_s)
