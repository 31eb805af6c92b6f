"""Owns the manifest: what a render was made from, with every gap and its cause, in `manifest.json`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from roomtape.capture.timeline import Timeline
from roomtape.capture.tracks import TrackReader
from roomtape.capture.values import Interval
from roomtape.render.cut import Cut
from roomtape.render.job import RenderJob, RenderResult, write_json
from roomtape.render.presence import recorded_peers

NAME = "manifest.json"
VERSION = 1


def write(job: RenderJob, result: RenderResult, work: Path, timeline: Timeline) -> None:
    """Write the manifest of `result` into `work`."""
    write_json(work / NAME, build(job, result, timeline))


def build(job: RenderJob, result: RenderResult, timeline: Timeline) -> dict[str, Any]:
    """Return the manifest.

    Moments end in `_us` (µs since the Unix epoch) or in `_ms` (ms of output time, pauses cut out). Only participants
    and gaps of the recorded time are in it, and nobody whom the recording leaves out.
    """
    intervals = timeline.intervals(job.recording_id)
    cut = Cut(intervals)
    peers = recorded_peers(timeline, job.recording_id)
    return {
        "version": VERSION,
        "recording_id": job.recording_id,
        "kind": job.kind.value,
        "duration_ms": result.duration_ms,
        "intervals": [asdict(i) for i in intervals],
        "participants": [asdict(p) for p in peers.values()],
        "tracks": [
            _track(track, intervals, cut) for key, track in sorted(timeline.tracks.items()) if key.peer_id in peers
        ],
        "files": [asdict(f) for f in result.files],
        "warnings": list(result.warnings),
    }


def _track(track: TrackReader, intervals: list[Interval], cut: Cut) -> dict[str, Any]:
    info, stats = track.info, track.stats
    return {
        "peer_id": info.key.peer_id,
        "mindex": info.key.mindex,
        "kind": info.kind,
        "source": info.source,
        "codec": info.codec,
        "captured": asdict(stats),
        "gaps": [
            {
                "start_us": gap.start_us,
                "end_us": gap.end_us,
                "from_ms": cut.before(gap.start_us) // 1000,
                "to_ms": cut.before(gap.end_us) // 1000,
                "cause": gap.cause.value,
                "lost_packets": gap.lost,
            }
            for gap in track.gaps
            if any(gap.start_us < i.end_us and gap.end_us > i.start_us for i in intervals)
        ],
    }
