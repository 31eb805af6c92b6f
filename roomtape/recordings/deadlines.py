"""Owns when a live recording ends by itself: after its longest time, or when its meeting has been empty for long."""

from __future__ import annotations

from dataclasses import dataclass

from roomtape.clock import to_us
from roomtape.domain.recording import Caller, Recording, StopCause


@dataclass(frozen=True)
class Deadline:
    """The recording ends at `at_us` (µs since the Unix epoch) for this reason, unless somebody comes in before."""

    at_us: int
    cause: StopCause
    caller: Caller | None


def of(recording: Recording, empty_since_us: int | None, empty_stop_s: float) -> Deadline | None:
    """Return the earlier of a recording's two ends; None while it is not confirmed.

    `empty_since_us` is when the last participant left, None while somebody is in. A recording that began in an empty
    meeting waits as long for its first participant. `max_seconds` counts as the stop of whoever set it (StopCause).
    """
    if recording.started_at is None:
        return None
    started_us = to_us(recording.started_at)
    longest = Deadline(
        started_us + recording.config.max_seconds * 1_000_000, StopCause.API_CALL, recording.start_caller
    )
    if empty_since_us is None:
        return longest
    empty_us = max(empty_since_us, started_us) + round(empty_stop_s * 1e6)
    return min(longest, Deadline(empty_us, StopCause.ALL_PEERS_LEFT, None), key=lambda d: d.at_us)
