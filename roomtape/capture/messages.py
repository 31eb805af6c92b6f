"""Owns which messages of a session belong to an interactive recording, in their order (docs/interactive.md)."""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from roomtape.capture.events import Event, MessageSent
from roomtape.capture.values import Interval

NAME = "ID3Data"
"""The broadcasts that become tags; others are none of ours."""
CLOSE = "CLOSE_TRANSPORT"
"""The text after which a recording gets no more tags."""
_CLOSE = ("text", CLOSE)
FORWARDED_WITHIN_US = 2_000_000
"""So far from a broadcast the same one lies at most when a recorded page has forwarded it."""


@dataclass(frozen=True)
class Message:
    """One message: when it arrived (µs since the Unix epoch), and what it says: `data` of a text is in UTF-8."""

    t: int
    name: str
    data: bytes
    form: Literal["text", "bytes"]
    peer_id: str | None
    origin: Literal["broadcast", "api", "page"]


def messages(events: Iterable[Event], recording_id: str | None, intervals: Sequence[Interval]) -> list[Message]:
    """Return the messages in `events` (in order of time) that lie in the recorded `intervals`, in order.

    They are the recording's own and those broadcast in the session (without a recording: all), up to CLOSE. What a page
    forwarded is left out where it was seen to be broadcast. A damaged message is left out.
    """
    # A log that was written to a failing disk may have some twice, exactly alike.
    sent = dict.fromkeys(e for e in events if isinstance(e, MessageSent) and _counts(e, recording_id))
    broadcast: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for event in sent:
        if event.origin == "broadcast":
            broadcast[event.form, event.data].append(event.t)
    found = []
    for event in sent:
        if not _is_in(event, intervals):
            continue
        if (event.form, event.data) == _CLOSE:
            break
        if event.origin == "page" and _is_near(event.t, broadcast.get((event.form, event.data), ())):
            continue
        data = _content(event)
        if data is not None:
            found.append(Message(event.t, event.name, data, event.form, event.peer_id, event.origin))
    return found


def is_closed(sent: Iterable[MessageSent], recording_id: str, intervals: Sequence[Interval]) -> bool:
    """Tell whether one of the messages is CLOSE, and counts for a recording with these intervals."""
    found = (e for e in sent if (e.form, e.data) == _CLOSE and _counts(e, recording_id))
    return any(_is_in(event, intervals) for event in found)


def _is_in(event: MessageSent, intervals: Sequence[Interval]) -> bool:
    return any(i.start_us <= event.t < i.end_us for i in intervals)


def _counts(event: MessageSent, recording_id: str | None) -> bool:
    is_whole = isinstance(event.data, str) and isinstance(event.t, int)
    return is_whole and (recording_id is None or event.recording_id in (None, recording_id))


def _is_near(t: int, times: Sequence[int]) -> bool:
    index = bisect_left(times, t - FORWARDED_WITHIN_US)
    return index < len(times) and times[index] <= t + FORWARDED_WITHIN_US


def _content(event: MessageSent) -> bytes | None:
    try:
        if event.form == "bytes":
            return base64.b64decode(event.data, validate=True)
        return event.data.encode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None
