"""Owns what the journal of a page's recorder means to its recording: events for the log, sentences for a human."""

from __future__ import annotations

import json
from pathlib import Path

from roomtape.browser.journal import Entry
from roomtape.capture.eventlog import EventLogReader
from roomtape.capture.events import MessageSent, PageHappened
from roomtape.capture.messages import NAME
from roomtape.clock import to_datetime
from roomtape.domain.metadata import content
from roomtape.domain.recording import Recording, Status
from roomtape.errors import InvalidRequest

HAPPENED = frozenset(
    {"crashed", "hung", "blank", "gone", "memory", "back", "navigated", "refused", "silent"},
)
"""What becomes a PageHappened."""
AWAY = frozenset({"crashed", "hung", "blank", "gone", "memory"})
"""From the first of these until `back` the page is not there."""
_SENTENCES = {
    "crashed": "the page crashed",
    "hung": "the page did not answer any more",
    "blank": "the page showed nothing at all",
    "gone": "the page's browser ended",
    "memory": "the page took more than its memory",
    "navigated": "the page went elsewhere",
    "refused": "the page was refused an address",
    "silent": "picture or sound of the page did not arrive and were published anew",
}


def event(recording_id: str, entry: Entry) -> PageHappened | None:
    """Return what the log is told of an entry, None for what is not the log's."""
    return PageHappened(entry.t, recording_id, entry.what, entry.detail) if entry.what in HAPPENED else None


def away_since(before: int | None, entry: Entry) -> int | None:
    """Return since when the page is away after an entry (µs since the Unix epoch), None when it is there."""
    if entry.what == "back":
        return None
    return entry.t if before is None and entry.what in AWAY else before


def warning(entry: Entry, away_us: int | None = None) -> str | None:
    """Return the sentence that the recording's owner reads, None for what is no trouble.

    It names the time since which the page is away, when that is an earlier one.
    """
    sentence = _SENTENCES.get(entry.what)
    if sentence is None:
        return None
    about = f" ({entry.detail})" if entry.detail else ""
    away = f"; it is away since {_clock(away_us)}" if away_us is not None and away_us < entry.t else ""
    return f"{sentence} at {_clock(entry.t)}{about}{away}"


def _clock(t_us: int) -> str:
    return f"{to_datetime(t_us):%H:%M:%S} UTC"


def key(event: PageHappened | MessageSent) -> tuple[int, str]:
    """Return by what an event that is in the log is known again."""
    return event.t, event.what if isinstance(event, PageHappened) else "message"


def known(events: Path, recording_id: str) -> set[tuple[int, str]]:
    """Return the keys of what is in the event log `events` of the page of a recording. Raises OSError."""
    told = (e for e in EventLogReader(events).poll() if isinstance(e, PageHappened | MessageSent))
    return {key(event) for event in told if event.recording_id == recording_id}


def message(recording: Recording, entry: Entry) -> MessageSent | None:
    """Return the tag that a forwarded broadcast becomes, as the page's SDK sent it; None where it becomes none.

    Only `ID3Data` does, and only in an interactive recording that is RECORDING. What is damaged or too large does not.
    """
    if not recording.config.interactive or recording.status is not Status.RECORDING:
        return None
    try:
        body = json.loads(entry.detail)
        if not isinstance(body, dict) or body.get("type") != NAME or "payload" not in body:
            return None
        form, data = content(body["payload"])
    except (ValueError, RecursionError, InvalidRequest):
        return None
    return MessageSent(entry.t, NAME, data, form, None, recording.id, "page")
