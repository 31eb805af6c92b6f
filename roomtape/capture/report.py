"""Owns telling what a capture folder holds: every track, its losses and gaps, on one timeline, as data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from roomtape.capture.events import MessageSent
from roomtape.capture.paths import EVENTS
from roomtape.capture.timeline import Timeline
from roomtape.capture.tracks import TrackReader
from roomtape.capture.values import Gap, TrackKey, TrackStats


def report(folder: Path) -> dict[str, Any]:
    """Return what the capture in `folder` holds, as plain JSON values; times in µs since the epoch, durations in ms.

    Foreign and torn files are reported under `damage` of their track; nothing in the folder raises.
    """
    timeline = Timeline(folder)
    timeline.poll()
    extent = next(iter(timeline.intervals(None)), None)
    return {
        "folder": str(folder),
        "start_us": extent.start_us if extent else None,
        "end_us": extent.end_us if extent else None,
        "duration_ms": extent.duration_us // 1000 if extent else 0,
        "has_events": (folder / EVENTS).exists(),
        "damaged_events": timeline.damaged_events,
        "files_of_unknown_takes": [path.name for path in timeline.unclaimed],
        "peers": [_peer(timeline, peer_id) for peer_id in timeline.peers],
        "tracks": [_track(timeline, key, track) for key, track in sorted(timeline.tracks.items())],
        "recordings": [_recording(timeline, recording_id) for recording_id in timeline.recording_ids],
        "messages": [_message(event) for event in timeline.events if isinstance(event, MessageSent)],
    }


def _peer(timeline: Timeline, peer_id: str) -> dict[str, Any]:
    peer = timeline.peers[peer_id]
    return {
        "peer_id": peer_id,
        "participant_id": peer.participant_id,
        "custom_participant_id": peer.custom_participant_id,
        "name": peer.name,
        "joined_us": peer.joined_us,
        "left_us": peer.left_us,
    }


def _track(timeline: Timeline, key: TrackKey, track: TrackReader) -> dict[str, Any]:
    info, stats = track.info, track.stats
    length = stats.last_us - stats.first_us if stats.first_us is not None and stats.last_us is not None else 0
    return {
        "peer_id": key.peer_id,
        "name": timeline.name_at(key.peer_id, stats.first_us or 0) or key.peer_id,
        "mindex": key.mindex,
        "kind": info.kind,
        "source": info.source,
        "codec": info.codec or None,
        "files": [take.path.name for take in track.takes],
        "first_us": stats.first_us,
        "last_us": stats.last_us,
        "duration_ms": length // 1000,
        **counts(stats),
        "gaps": [_gap(gap) for gap in track.gaps],
        "damage": list(stats.damage),
    }


def counts(stats: TrackStats) -> dict[str, int | float]:
    """Return what was captured of a track, and what of it was lost on the way."""
    lost = stats.lost - stats.late
    sent = stats.packets - stats.duplicates + lost
    return {
        "packets": stats.packets,
        "lost_packets": lost,
        "late_packets": stats.late,
        "duplicate_packets": stats.duplicates,
        "loss_percent": round(100 * lost / sent, 3) if sent > 0 else 0.0,
        "frames": stats.frames,
        "incomplete_frames": stats.dropped,
        "bytes": stats.bytes,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "start_us": gap.start_us,
        "end_us": gap.end_us,
        "duration_ms": (gap.end_us - gap.start_us) // 1000,
        "cause": gap.cause.value,
        "lost_packets": gap.lost,
    }


def _message(event: MessageSent) -> dict[str, Any]:
    """Return a message without its content, which is of those who were there."""
    return {
        "at_us": event.t,
        "name": event.name,
        "form": event.form,
        "length": len(event.data),
        "peer_id": event.peer_id,
        "recording_id": event.recording_id,
        "origin": event.origin,
    }


def _recording(timeline: Timeline, recording_id: str) -> dict[str, Any]:
    users = timeline.selection(recording_id).user_ids
    return {
        "recording_id": recording_id,
        "user_ids": None if users is None else sorted(users),
        "page": timeline.selection(recording_id).page is not None,
        "happened": [
            {"at_us": t.start_us, "what": t.what, "detail": t.detail, "back_us": t.end_us}
            for t in timeline.troubles(recording_id)
        ],
        "stopped": timeline.ended(recording_id),
        "intervals": [
            {"start_us": i.start_us, "end_us": i.end_us, "duration_ms": i.duration_us // 1000}
            for i in timeline.intervals(recording_id)
        ],
    }
