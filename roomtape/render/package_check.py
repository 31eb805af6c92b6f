"""Owns the check of an interactive recording's package: pictures, sound and tags are all there, also in the tar."""

from __future__ import annotations

import tarfile
from pathlib import Path

from roomtape.capture.timeline import Timeline
from roomtape.errors import RenderError
from roomtape.media import mux_ts
from roomtape.media.probe import probe
from roomtape.render import hls
from roomtape.render.job import RenderedFile, RenderJob, RenderResult

_PACKET_US = 1024 / 48_000 * 1_000_000  # of AAC
_CLOCK_US = 12  # a tick of MPEG-TS


def check_package(job: RenderJob, result: RenderResult, out: Path, timeline: Timeline) -> None:
    """Read every file of the package in `out` and compare it with the log. Raises RenderError, naming the file."""
    archive = next(file for file in result.files if file.content_type == hls.ARCHIVE_TYPE)
    plain = [file for file in result.files if file.role == hls.ROLE]
    _check_archive(out / archive.name, plain)
    pieces = [file for file in plain if file.content_type == mux_ts.VIDEO_TYPE]
    intervals = timeline.intervals(job.recording_id)
    recorded_us = sum(i.duration_us for i in intervals)
    pictures, sounds, tags = 0, 0, []
    for file in pieces:
        found = probe(out / file.name)
        shown, heard = found.of("video"), found.of("audio")
        if len(shown) != 1 or len(heard) > 1 or not shown[0].decoded or not all(h.decoded for h in heard):
            raise RenderError(f"{file.name} does not hold one picture stream and its sound that can be decoded")
        pictures += shown[0].packets
        sounds += sum(h.packets for h in heard)
        tags += [at - mux_ts.ORIGIN_S * 1_000_000 for at in found.tags_us]
    frames = max(1, -(-recorded_us * job.config.video.fps // 1_000_000))
    if pictures != frames:
        raise RenderError(f"{archive.name} holds {pictures} pictures instead of {frames}")
    lasts_us = sounds * _PACKET_US  # several share one time in the stream, so that times do not say it
    if abs(lasts_us - recorded_us) > _PACKET_US + 1_000_000 // job.config.video.fps:
        raise RenderError(
            f"{archive.name}: its sound lasts {lasts_us / 1e6:.3f} s where {recorded_us / 1e6:.3f} s were recorded"
        )
    due = [tag.at_us for tag in hls.tags(timeline.messages(job.recording_id), intervals)]
    if len(tags) != len(due) or any(abs(at - wanted) > _CLOCK_US for at, wanted in zip(tags, due, strict=True)):
        raise RenderError(f"{archive.name} has {len(tags)} tags that are not the {len(due)} messages in the log")


def _check_archive(path: Path, plain: list[RenderedFile]) -> None:
    try:
        with tarfile.open(path, "r:") as archive:
            held = {entry.name: entry.size for entry in archive if entry.isfile()}
    except tarfile.TarError as error:
        raise RenderError(f"{path.name} cannot be read as a tar: {error}") from error
    if held != {file.name: file.size for file in plain}:
        raise RenderError(f"{path.name} does not hold the files of the package")
