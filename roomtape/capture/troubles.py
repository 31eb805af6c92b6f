"""Owns the troubles of a recorded page: what happened to it when, and for how long nothing new of it was to be seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from roomtape.capture.events import PageHappened
from roomtape.capture.values import GapCause

LASTING = {
    "crashed": GapCause.CRASHED,
    "hung": GapCause.HUNG,
    "blank": GapCause.BLANK,
    "gone": GapCause.GONE,
    "memory": GapCause.MEMORY,
}
"""What lasts until the page is back, and the cause of the gaps that it makes."""
BACK = "back"


@dataclass(frozen=True)
class Trouble:
    """What happened at `start_us`, in the words of PageHappened. `end_us` is when the page was back: None if it never
    was, and of what does not last."""

    start_us: int
    what: str
    detail: str
    end_us: int | None = None

    @property
    def cause(self) -> GapCause | None:
        """Why there is no picture from then on; None for what takes none away."""
        return LASTING.get(self.what)


def troubles(events: Iterable[PageHappened]) -> list[Trouble]:
    """Return what happened to one page, in order; a browser that crashed and then is gone is back from both at once."""
    in_order = sorted(events, key=lambda event: event.t)
    found = []
    for number, event in enumerate(in_order):
        if event.what == BACK:
            continue
        lasts = event.what in LASTING
        end = next((e.t for e in in_order[number:] if e.what == BACK), None) if lasts else None
        found.append(Trouble(event.t, event.what, event.detail, end))
    return found
