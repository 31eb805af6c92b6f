"""Owns who belongs to a recording: chosen by it, not hidden, and there while it recorded."""

from __future__ import annotations

from roomtape.capture.timeline import Timeline
from roomtape.capture.values import PeerSpan


def belongs(timeline: Timeline, recording_id: str | None, peer: PeerSpan) -> bool:
    """Tell whether a recording may have what `peer` sends."""
    selection = timeline.selection(recording_id)
    return not peer.hidden and selection.includes(peer.participant_id, peer.custom_participant_id)


def recorded_peers(timeline: Timeline, recording_id: str | None) -> dict[str, PeerSpan]:
    """Return the peers that belong to a recording and were there in its recorded time, in order of joining."""
    intervals = timeline.intervals(recording_id)
    found = {}
    for peer in sorted(timeline.peers.values(), key=lambda p: (p.joined_us, p.peer_id)):
        left = peer.left_us
        there = any(peer.joined_us < i.end_us and (left is None or left > i.start_us) for i in intervals)
        if there and belongs(timeline, recording_id, peer):
            found[peer.peer_id] = peer
    return found
