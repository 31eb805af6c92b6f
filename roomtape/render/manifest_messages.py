"""Owns what a manifest tells of the messages of an interactive recording: when and how large, not what they say."""

from __future__ import annotations

from typing import Any

from roomtape.capture.timeline import Timeline
from roomtape.render.extent import Extent
from roomtape.render.job import RenderJob

MOST = 10_000
"""So many are listed; of a day with a thousand a minute the list alone would be larger than some recordings."""


def told_messages(job: RenderJob, timeline: Timeline, extent: Extent) -> dict[str, Any] | None:
    """Return how many tags there are and the first `MOST` of them; None for a recording that has none to have."""
    if not job.config.interactive:
        return None
    found = timeline.messages(job.recording_id)
    return {
        "count": len(found),
        "told": [
            {
                "at_us": message.t,
                "at_ms": extent.at_ms(message.t),
                "name": message.name,
                "form": message.form,
                "size": len(message.data),
                "origin": message.origin,
                "peer_id": message.peer_id,
            }
            for message in found[:MOST]
        ],
    }
