"""Owns the manifest: what a render was made from, who was seen, and every gap with its cause (docs/manifest.md)."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

from roomtape.capture import events as ev
from roomtape.capture.timeline import Timeline
from roomtape.capture.values import PeerSpan
from roomtape.domain import filenames
from roomtape.domain.recording import Kind
from roomtape.render.extent import Extent
from roomtape.render.findings import Findings, LayoutChange, Seen
from roomtape.render.job import OUT, RenderedFile, RenderJob, RenderResult, write_json
from roomtape.render.manifest_messages import told_messages
from roomtape.render.manifest_track import told_track
from roomtape.render.page import UNMARKED, is_page, told_page
from roomtape.render.presence import recorded_peers, recorded_tracks
from roomtape.render.tracks import layers

VERSION = 2
ROLE, CONTENT_TYPE = "manifest", "application/json"


def write(job: RenderJob, result: RenderResult, work: Path, timeline: Timeline) -> RenderedFile:
    """Write the manifest of `result` into `out/` of `work`, to be delivered with the files, and return it."""
    name = filenames.manifest(job.output_name if job.kind is Kind.COMPOSITE else "", job.recording_id)
    path = work / OUT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    body = build(job, result, timeline, Findings.read(work))
    write_json(path, body)
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return RenderedFile(name, ROLE, CONTENT_TYPE, len(content), digest, 0, body["start_us"])


def build(job: RenderJob, result: RenderResult, timeline: Timeline, findings: Findings = Findings()) -> dict[str, Any]:  # noqa: B008 - frozen
    """Return the manifest.

    Moments end in `_us` (µs since the Unix epoch) or in `_ms` (ms of output time, pauses cut out). Only participants
    and gaps of the recorded time are in it, and nobody whom the recording leaves out; no addresses and no secrets.
    """
    intervals = timeline.intervals(job.recording_id)
    extent = Extent(intervals)
    peers = recorded_peers(timeline, job.recording_id)
    return {
        "version": VERSION,
        "software": {"name": "roomtape", "version": version("roomtape")},
        "recording_id": job.recording_id,
        "kind": job.kind.value,
        **_session(timeline),
        "start_us": extent.start_us,
        "end_us": extent.end_us,
        "duration_ms": result.duration_ms,
        "intervals": [extent.told(i.start_us, i.end_us) for i in intervals],
        "server_down": extent.told_of(timeline.down),
        "made": _made(job, timeline),
        "page": told_page(job, timeline, extent),
        "participants": [_participant(peer, timeline, extent) for peer in peers.values()],
        "tracks": [told_track(track, timeline, extent, findings) for track in recorded_tracks(timeline, job).values()],
        "layout": [_change(change, extent) for change in findings.layout],
        "messages": told_messages(job, timeline, extent),
        "files": [_file(file) for file in result.files],
        "warnings": list(result.warnings),
    }


def _session(timeline: Timeline) -> dict[str, Any]:
    started = next((e for e in timeline.events if isinstance(e, ev.SessionStarted)), None)
    return {
        "session_id": started.session_id if started else None,
        "meeting_id": started.meeting_id if started else None,
        "title": started.title if started else None,
    }


def _made(job: RenderJob, timeline: Timeline) -> dict[str, Any]:
    """Return what was asked for. A URL may hold a key or a signature, so none is told."""
    everybody = timeline.selection(job.recording_id).user_ids is None and job.config.user_ids is None
    if job.kind is Kind.TRACK:
        return {"everybody": everybody, "layers": [{"name": x.name, "media_kind": x.media_kind} for x in layers(job)]}
    video, audio = job.config.video, job.config.audio
    return {
        "everybody": everybody,
        "video": {
            "codec": video.codec,
            "width": video.width,
            "height": video.height,
            "fps": video.fps,
            "layout": None if is_page(job, timeline) else video.layout,
            "file": video.export_file,
        },
        "audio": {
            "codec": audio.codec if video.codec == "H264" else "Vorbis",
            "channel": audio.channel,
            "file": audio.export_file,
        },
        "watermark": _watermark(job, timeline),
        "rtmp": job.config.rtmp_url is not None,
        "interactive": job.config.interactive,
    }


def _watermark(job: RenderJob, timeline: Timeline) -> dict[str, Any] | None:
    mark = job.config.video.watermark
    if mark is None:
        return None
    shown, reason = False, UNMARKED if is_page(job, timeline) else "it was never asked whether it can be had"
    for event in timeline.events:
        if isinstance(event, ev.WatermarkStored) and event.recording_id == job.recording_id:
            shown = not is_page(job, timeline)
            reason = "" if shown else reason
        elif isinstance(event, ev.WatermarkMissing) and event.recording_id == job.recording_id:
            shown, reason = False, event.reason
    return {"position": mark.position, "shown": shown, "reason": reason or None}


def _participant(peer: PeerSpan, timeline: Timeline, extent: Extent) -> dict[str, Any]:
    starts = [peer.joined_us, *(back for _, back in peer.away)]
    ends = [*(left for left, _ in peer.away), peer.left_us]
    names = [
        {"at_us": e.t, "name": e.name}
        for e in timeline.events
        if isinstance(e, ev.PeerRenamed) and e.peer_id == peer.peer_id and extent.start_us < e.t < extent.end_us
    ]
    return {
        "peer_id": peer.peer_id,
        "participant_id": peer.participant_id,
        "custom_participant_id": peer.custom_participant_id,
        "name": timeline.name_at(peer.peer_id, extent.start_us),
        "renamed": names,
        "presence": extent.told_of(zip(starts, ends, strict=True)),
    }


def _change(change: LayoutChange, extent: Extent) -> dict[str, Any]:
    return {
        "at_us": change.at_us,
        "at_ms": extent.at_ms(change.at_us),
        "layout": change.layout,
        "large": [_seen(seen) for seen in change.large],
        "shown": [_seen(seen) for seen in change.shown],
        "hidden": change.hidden,
    }


def _seen(seen: Seen) -> dict[str, str]:
    return {"peer_id": seen.peer_id, "source": seen.source}


def _file(file: RenderedFile) -> dict[str, Any]:
    return {
        "name": file.name,
        "role": file.role,
        "content_type": file.content_type,
        "size": file.size,
        "sha256": file.sha256,
        "start_us": file.start_us,
        "duration_ms": file.duration_ms,
        "layer": file.layer,
        "peer_id": file.peer_id,
    }
