"""Owns track recordings: one file per participant's track and layer, remuxed as sent while the capture grows."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

from roomtape import clock
from roomtape.capture.timeline import Timeline
from roomtape.capture.values import TrackInfo, TrackKey
from roomtape.domain.recording_config import Layer
from roomtape.render.cut import Cut
from roomtape.render.job import OUT, Progress, RenderedFile, RenderJob, Wait, sync_folder, write_json
from roomtape.render.presence import belongs, recorded_peers
from roomtape.render.trackfile import Entry, TrackFile

LEDGER = "tracks.json"
"""What was put into each file, for verify: name → Entry."""

LONGEST_PACKET_US = 120_000
"""What an Opus packet can last (RFC 6716 section 3.2.5): whether a packet reaches into a pause must be certain too."""

_CODECS = frozenset({"opus", "vp8", "vp9", "h264"})
_PARTS = "parts"
_STEP_US = 60_000_000  # read at most this much at a time: memory stays small however long the capture


def render_tracks(job: RenderJob, work: Path, timeline: Timeline, wait: Wait, progress: Progress) -> list[RenderedFile]:
    """Write the track files of `job` into `work`/out and return them, sorted by layer, first packet and peer.

    A follower remuxes what is certain while the capture grows and returns when the recording's end is in the log.
    Nothing is kept over a restart: the log is read again from its beginning, which takes seconds for an hour, and
    gives the same files. Raises RenderError, CaptureError, and OSError or av's errors (with errno) for a full disk.
    """
    parts = _empty(work / _PARTS)
    out = _empty(work / OUT)
    outputs = _Outputs(job, timeline, parts)
    try:
        while not _advance(job, timeline, outputs, progress):
            wait()
        _amend(job, timeline, outputs, progress)
        files, ledger = outputs.finish(out)
        outputs.pass_over_the_rest()
    finally:
        outputs.discard()
    write_json(work / LEDGER, {name: asdict(entry) for name, entry in ledger.items()})
    shutil.rmtree(parts)
    return files


def missing(job: RenderJob, timeline: Timeline, files: Iterable[RenderedFile]) -> list[str]:
    """Return a sentence for each participant who was there in the recorded time and has no file in some layer."""
    have = {(f.layer, f.peer_id) for f in files}
    return [
        f"{peer.name or peer.peer_id} sent no {layer.media_kind} in the recorded time: no file in layer {layer.name}"
        for peer in recorded_peers(timeline, job.recording_id).values()
        for layer in layers(job)
        if (layer.name, peer.peer_id) not in have
    ]


def layers(job: RenderJob) -> tuple[Layer, ...]:
    """Return the job's layers; without any, one named `default` with everybody's audio."""
    return job.config.layers or (Layer(),)


def _advance(job: RenderJob, timeline: Timeline, outputs: _Outputs, progress: Progress) -> bool:
    """Remux what has become certain; return whether that was all."""
    now_us = clock.now_us() if job.follow else None  # before the log is read, which is certain up to then
    timeline.poll()
    horizon = timeline.horizon_us(job.recording_id, now_us)
    intervals = timeline.intervals(job.recording_id)
    ended = timeline.ended(job.recording_id) or not job.follow
    complete = not job.follow or (ended and (not intervals or horizon >= intervals[-1].end_us))
    if not intervals:
        return complete
    cut = Cut(intervals)
    certain = intervals[-1].end_us if complete else min(horizon, intervals[-1].end_us) - LONGEST_PACKET_US
    for until in _steps(max(outputs.done_us, intervals[0].start_us), certain):
        outputs.advance(until, cut)
        progress(cut.before(until) // 1000, cut.duration_us // 1000 if ended else None)
    return complete


def _amend(job: RenderJob, timeline: Timeline, outputs: _Outputs, progress: Progress) -> None:
    """Make anew the files of tracks that seemed silent for a while (docs/capture-log.md).

    What they had sent before that came late, so that other packets were given up for it, or it is missing.
    """
    keys = outputs.forget_guessed()
    if keys:
        timeline.reread(keys)
        _advance(job, timeline, outputs, progress)


def _steps(start_us: int, end_us: int) -> Iterator[int]:
    yield from range(start_us + _STEP_US, end_us, _STEP_US)
    if end_us > start_us:
        yield end_us


class _Outputs:
    """All files of a job; each track is read once, however many layers it goes into."""

    def __init__(self, job: RenderJob, timeline: Timeline, parts: Path) -> None:
        self._job, self._timeline, self._parts = job, timeline, parts
        self._files: dict[TrackKey, list[TrackFile]] = {}
        self._part = 0
        self.done_us = 0

    def advance(self, until_us: int, cut: Cut) -> None:
        for key, reader in self._timeline.tracks.items():
            files = self._files.get(key) or self._open(key, reader.info)
            if files:
                self._files[key] = files
                frames = reader.read(until_us)
                for file in files:
                    file.take(frames, cut)
        self.done_us = until_us

    def _open(self, key: TrackKey, info: TrackInfo) -> list[TrackFile]:
        peer = self._timeline.peers.get(key.peer_id)
        if peer is None or info.codec not in _CODECS or not belongs(self._timeline, self._job.recording_id, peer):
            return []
        self._part += 1
        return [
            TrackFile(index, layer, peer, info, self._parts / f"{self._part}-{index}")
            for index, layer in enumerate(layers(self._job))
            if layer.media_kind == info.kind
        ]

    def forget_guessed(self) -> list[TrackKey]:
        """Give up the files of the tracks that were guessed about and return their keys; all is then read again."""
        keys = [key for key in self._files if self._timeline.tracks[key].guessed]
        for key in keys:
            for file in self._files.pop(key):
                file.discard()
        self.done_us = 0
        return keys

    def finish(self, out: Path) -> tuple[list[RenderedFile], dict[str, Entry]]:
        files, ledger, taken = [], {}, set[str]()
        begun = [f for group in self._files.values() for f in group if f.begun]
        for file in sorted(begun, key=lambda f: f.order):
            rendered, entry = file.finish(out, taken)
            files.append(rendered)
            ledger[rendered.name] = entry
        sync_folder(out)
        return files, ledger

    def pass_over_the_rest(self) -> None:
        """Read the tracks to their ends, so that their counts and gaps need no second reading from the beginning."""
        for key in self._files:
            self._timeline.tracks[key].skip(sys.maxsize)

    def discard(self) -> None:
        for group in self._files.values():
            for file in group:
                file.discard()


def _empty(folder: Path) -> Path:
    """What an earlier run left behind is not to be trusted: it was killed before it said that it was done."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
