"""Owns who belongs to a recording: chosen by it, not hidden, and there while it recorded; and which of their tracks."""

from __future__ import annotations

from roomtape.capture.events import MediaKind
from roomtape.capture.timeline import Timeline
from roomtape.capture.tracks import TrackReader
from roomtape.capture.values import PeerSpan, TrackKey
from roomtape.domain.recording import Kind
from roomtape.render.job import RenderJob


def belongs(timeline: Timeline, recording_id: str | None, peer: PeerSpan) -> bool:
    """Tell whether a recording may have what `peer` sends."""
    selection = timeline.selection(recording_id)
    return selection.includes(peer.participant_id, peer.custom_participant_id, peer.hidden)


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


def recorded_tracks(timeline: Timeline, job: RenderJob) -> dict[TrackKey, TrackReader]:
    """Return the tracks that a job's files are made of, in order of their keys."""
    peers, kinds = recorded_peers(timeline, job.recording_id), media_kinds(job)
    tracks = sorted(timeline.tracks.items())
    return {key: track for key, track in tracks if key.peer_id in peers and track.kind in kinds}


def media_kinds(job: RenderJob) -> set[MediaKind]:
    """Return the kinds of media that a job makes something of."""
    if job.kind is Kind.TRACK:
        return {layer.media_kind for layer in job.config.layers} or {"audio"}
    return {"audio", "video"}
