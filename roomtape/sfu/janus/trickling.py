"""Owns how Janus is told a trickled ICE candidate."""

from __future__ import annotations

from roomtape.sfu.janus.client import Message
from roomtape.sfu.port import Candidate


def item(candidate: Candidate) -> Message:
    """Return the candidate as an item of Janus's `trickle` request."""
    if not candidate.candidate:
        return {"completed": True}
    found: Message = {"candidate": candidate.candidate}
    if candidate.mid is not None:
        found["sdpMid"] = candidate.mid
    if candidate.mline is not None or candidate.mid is None:
        found["sdpMLineIndex"] = candidate.mline or 0
    return found
