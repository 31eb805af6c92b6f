"""Owns what a manifest tells of one track: what was captured, when it was muted, every gap with its cause."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from roomtape.capture.report import counts
from roomtape.capture.timeline import Timeline
from roomtape.capture.tracks import TrackReader
from roomtape.capture.values import Gap
from roomtape.render.extent import Extent
from roomtape.render.findings import Findings

_NOTHING_AMISS = {"audio": {"damaged_packets": 0, "concealed_samples": 0}, "video": {"damaged_frames": 0}}


def told_track(track: TrackReader, timeline: Timeline, extent: Extent, findings: Findings) -> dict[str, Any]:
    """Return a track. What was captured counts all that lies on disk, gaps and mutes those of the recorded time."""
    info, stats = track.info, track.stats
    peer = timeline.peers.get(info.key.peer_id)
    left_us = peer.left_us if peer else None
    return {
        "peer_id": info.key.peer_id,
        "mindex": info.key.mindex,
        "kind": info.kind,
        "source": info.source,
        "codec": info.codec or None,
        "first_us": stats.first_us,
        "last_us": stats.last_us,
        "captured": counts(stats),
        "sync": asdict(track.sync),
        "decoded": None if findings.counts is None else _NOTHING_AMISS[info.kind] | findings.counts.get(info.key, {}),
        "muted": extent.told_of((start, end or left_us) for start, end in timeline.muted_spans(info.key)),
        "gaps": [_gap(gap, extent) for gap in track.gaps if extent.recorded(gap.start_us, gap.end_us)],
        "damage": list(stats.damage),
    }


def _gap(gap: Gap, extent: Extent) -> dict[str, Any]:
    return {**extent.told(gap.start_us, gap.end_us), "cause": gap.cause.value, "lost_packets": gap.lost}
