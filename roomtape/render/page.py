"""Owns what is told of a recorded page: where it lay, what happened to it, and when no picture of it came."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from roomtape.capture.gaps import Circumstances, Hole, name_gaps
from roomtape.capture.timeline import Timeline
from roomtape.capture.tracks import TrackReader
from roomtape.capture.troubles import Trouble
from roomtape.capture.values import Gap
from roomtape.render.extent import Extent
from roomtape.render.job import RenderJob
from roomtape.render.presence import recorded_tracks

UNMARKED = "a page is recorded as it is shown, so without a watermark"


def is_page(job: RenderJob, timeline: Timeline) -> bool:
    """Tell whether `job` is of a recorded page."""
    return timeline.selection(job.recording_id).page is not None


def left_out(job: RenderJob, timeline: Timeline) -> list[str]:
    """Return what was asked for and is not made because a page is recorded, in sentences."""
    return [UNMARKED] if job.config.video.watermark is not None and is_page(job, timeline) else []


def told_page(job: RenderJob, timeline: Timeline, extent: Extent) -> dict[str, Any] | None:
    """Return what a manifest says of the recorded page, None when none was recorded.

    What happened is told from the loading of the page on, because that decides what was shown. The address is told
    without what may be secret in it.
    """
    if job.recording_id is None or not is_page(job, timeline):
        return None
    return {
        "address": _address(job.config.page_url),
        "happened": [_trouble(t, extent) for t in timeline.troubles(job.recording_id) if t.start_us < extent.end_us],
        "gaps": [_gap(gap, extent) for gap in _gaps(job, job.recording_id, timeline)],
    }


def _address(url: str | None) -> str | None:
    if not url:
        return None
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _trouble(trouble: Trouble, extent: Extent) -> dict[str, Any]:
    back = trouble.end_us
    return {
        "at_us": trouble.start_us,
        "at_ms": extent.at_ms(trouble.start_us),
        "what": trouble.what,
        "detail": trouble.detail,
        "back_us": back,
        "back_ms": None if back is None else extent.at_ms(back),
    }


def _gaps(job: RenderJob, recording_id: str, timeline: Timeline) -> list[Gap]:
    """Return when no picture came: from none of the browsers that brought the page, which came one after another."""
    tracks = [track for track in recorded_tracks(timeline, job).values() if track.kind == "video"]
    shown = sorted(span for track in tracks for span in _spans(track))
    within = [gap for track in tracks for gap in track.gaps]
    holes = []
    for interval in timeline.intervals(recording_id):
        at = interval.start_us
        for start, end in [*shown, (interval.end_us, interval.end_us)]:
            until = min(start, interval.end_us)
            if until > at:
                lost = sum(gap.lost for gap in within if gap.start_us < until and gap.end_us > at)
                holes.append(Hole(at, until, lost))
            at = max(at, end)
    around = Circumstances([(0, None)], [], [], [*timeline.down], troubles=timeline.troubles(recording_id))
    return name_gaps("video", holes, around)


def _spans(track: TrackReader) -> list[tuple[int, int]]:
    """Return the stretches in which pictures of a track came."""
    stats = track.stats
    if stats.first_us is None or stats.last_us is None:
        return []
    found, at = [], stats.first_us
    for gap in sorted(track.gaps, key=lambda g: g.start_us):
        if gap.start_us > at:
            found.append((at, min(gap.start_us, stats.last_us)))
        at = max(at, gap.end_us)
    return [*found, (at, stats.last_us)] if at < stats.last_us else found


def _gap(gap: Gap, extent: Extent) -> dict[str, Any]:
    return {**extent.told(gap.start_us, gap.end_us), "cause": gap.cause.value, "lost_packets": gap.lost}
