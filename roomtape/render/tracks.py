"""Owns track recordings: one file per participant's track and layer, remuxed as sent while the capture grows."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from roomtape import clock
from roomtape.capture.timeline import Timeline
from roomtape.capture.values import Frame, PeerSpan, TrackInfo, TrackKey
from roomtape.domain import filenames
from roomtape.domain.recording_config import Layer
from roomtape.errors import RenderError
from roomtape.media.remux import CONTENT_TYPES, Remuxer, extension
from roomtape.render.cut import Cut
from roomtape.render.job import OUT, Progress, RenderedFile, RenderJob, Wait, sync_folder, write_json
from roomtape.render.presence import belongs, recorded_peers

LEDGER = "tracks.json"
"""What was put into each file, for verify: name → Entry."""

LONGEST_PACKET_US = 120_000
"""What an Opus packet can last (RFC 6716 section 3.2.5): whether a packet reaches into a pause must be certain too."""

_CODECS = frozenset({"opus", "vp8", "vp9", "h264"})
_PARTS = "parts"
_STEP_US = 60_000_000  # read at most this much at a time: memory stays small however long the capture


@dataclass(frozen=True)
class Entry:
    """What a track file must hold: its packets, the last one's time in the file and its end, in ms."""

    packets: int
    last_ms: int
    end_ms: int


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
    timeline.poll()
    horizon = timeline.horizon_us(job.recording_id, clock.now_us() if job.follow else None)
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


def _steps(start_us: int, end_us: int) -> Iterator[int]:
    yield from range(start_us + _STEP_US, end_us, _STEP_US)
    if end_us > start_us:
        yield end_us


class _TrackFile:
    """One file to be: a track in a layer."""

    def __init__(self, index: int, layer: Layer, peer: PeerSpan, info: TrackInfo, parts: Path) -> None:
        self._path = parts / f"{index}-{filenames.safe(peer.peer_id)}-{info.key.mindex}.{extension(info.codec)}"
        self._layer, self._peer, self._info = layer, peer, info
        self._index = index
        self._remuxer: Remuxer | None = None
        self._zero_us = 0  # output time of the first frame
        self._last_ms = 0
        self.first_us = 0  # session time of the first frame

    @property
    def begun(self) -> bool:
        return self._remuxer is not None

    @property
    def order(self) -> tuple[int, int, TrackKey]:
        return self._index, self.first_us, self._info.key

    def take(self, frames: Iterable[Frame], cut: Cut) -> None:
        for frame in frames:
            at = cut.at(frame.time_us, frame.duration_us)
            if at is None or not frame.data:
                continue
            if self._remuxer is None:
                self._begin(frame, at)
            else:
                self._last_ms = self._remuxer.write(at - self._zero_us, frame.duration_us, frame.data, frame.keyframe)

    def _begin(self, frame: Frame, at: int) -> None:
        if not frame.keyframe:
            return
        remuxer = Remuxer(self._path, self._info.codec, frame.time_us)
        try:
            remuxer.write(0, frame.duration_us, frame.data, True)
        except RenderError:
            remuxer.discard()  # a damaged keyframe: the next one is the beginning
            return
        self._remuxer, self._zero_us, self.first_us = remuxer, at, frame.time_us

    def finish(self, out: Path, taken: set[str]) -> tuple[RenderedFile, Entry]:
        """Complete the file and move it into `out` under its name."""
        assert self._remuxer is not None
        self._remuxer.finish()
        ending = extension(self._info.codec)
        name = self._name(self.first_us // 1000, ending, taken)
        target = out / name
        self._path.replace(target)
        with target.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        rendered = RenderedFile(
            name=name,
            role="track",
            content_type=CONTENT_TYPES[self._info.kind, ending],
            size=target.stat().st_size,
            sha256=digest,
            duration_ms=self._remuxer.end_ms,
            start_us=self.first_us,
            layer=self._layer.name,
            peer_id=self._peer.peer_id,
        )
        return rendered, Entry(self._remuxer.packets, self._last_ms, self._remuxer.end_ms)

    def _name(self, unix_ms: int, ending: str, taken: set[str]) -> str:
        user = self._peer.custom_participant_id or self._peer.participant_id
        while True:  # two tracks of one peer and source may begin in the same millisecond
            name = filenames.track(
                self._layer.file_name_prefix,
                user,
                self._peer.peer_id,
                self._info.source,
                self._info.kind,
                unix_ms,
                ending,
            )
            if name not in taken:
                taken.add(name)
                return name
            unix_ms += 1

    def discard(self) -> None:
        if self._remuxer is not None:
            self._remuxer.discard()


class _Outputs:
    """All files of a job; each track is read once, however many layers it goes into."""

    def __init__(self, job: RenderJob, timeline: Timeline, parts: Path) -> None:
        self._job, self._timeline, self._parts = job, timeline, parts
        self._files: dict[TrackKey, list[_TrackFile]] = {}
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

    def _open(self, key: TrackKey, info: TrackInfo) -> list[_TrackFile]:
        peer = self._timeline.peers.get(key.peer_id)
        if peer is None or info.codec not in _CODECS or not belongs(self._timeline, self._job.recording_id, peer):
            return []
        return [
            _TrackFile(index, layer, peer, info, self._parts)
            for index, layer in enumerate(layers(self._job))
            if layer.media_kind == info.kind
        ]

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
