"""Owns the composite: one MP4 of a recording, rendered segment by segment from a capture log that may still grow."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from roomtape.capture.timeline import Timeline
from roomtape.capture.values import Interval, TrackKey
from roomtape.domain.recording_config import Selection
from roomtape.errors import RenderError
from roomtape.media import encode_aac, mux_mp4, segment_nut
from roomtape.media.decode_opus import SAMPLE_RATE
from roomtape.render.composite_audio import AHEAD_US, AudioFeed, mixed, read_for
from roomtape.render.composite_clock import OutputClock
from roomtape.render.composite_picture import Painter
from roomtape.render.composite_scene import Scenes
from roomtape.render.job import OUT, Progress, RenderedFile, RenderJob, Wait
from roomtape.render.segments import SECONDS, Segments, publish

SEGMENTS = "segments"


def render_composite(
    job: RenderJob, work: Path, timeline: Timeline, wait: Wait, progress: Progress
) -> list[RenderedFile]:
    """Render the composite of `job` into `out/` of `work` and return its one file.

    May be called again after being killed at any moment: segments that are whole are kept. With `job.follow` it polls
    `timeline` and calls `wait` until the recording's end is in the log.
    Raises RenderError for a codec that it does not make, and when nothing at all was recorded.
    """
    composite = Composite(job, work, timeline)
    target = work / OUT / job.output_name
    while True:
        timeline.poll()
        clock, final = composite.clock()
        if clock is not None and target.exists() and final:
            break
        if clock is not None:
            composite.render(clock, final, progress)
        if final:
            break
        wait()
    if clock is None:
        raise RenderError("nothing was recorded: the capture holds neither packets nor a recorded interval")
    if not target.exists():
        _amend(composite, clock, timeline, progress)
        composite.join(clock, target)
    composite.segments.remove()
    return [_described(target, clock)]


def _amend(composite: Composite, clock: OutputClock, timeline: Timeline, progress: Progress) -> None:
    """Make anew what was rendered without what a track had sent before it seemed silent (docs/capture-log.md).

    Only the tracks that were guessed about are read once more; if a guess was wrong, all of them, for its segments.
    """
    guessed = {key for note in composite.segments.notes().values() for key in note}
    if not guessed:
        return
    timeline.reread(guessed)
    wrong = composite.anew().refuted(clock)
    if not wrong:
        return
    composite.segments.drop(wrong)
    timeline.reread()
    total_ms = clock.duration_us // 1000
    composite.anew().render(clock, True, lambda done, total: progress(total_ms, total_ms))
    for track in timeline.tracks.values():  # counts and gaps then need no further reading from the beginning
        track.skip(sys.maxsize)


@dataclass(frozen=True)
class _Reach:
    """What a segment takes from the output: ticks, AAC packets, and samples (from where they are warmed up)."""

    first_tick: int
    end_tick: int
    first_packet: int
    end_packet: int
    first_sample: int
    end_sample: int
    ahead_us: int


class Composite:
    """A composite in the making."""

    def __init__(self, job: RenderJob, work: Path, timeline: Timeline) -> None:
        video, audio = job.config.video, job.config.audio
        if video.codec != "H264" or audio.codec != "AAC":
            raise RenderError(f"{video.codec} with {audio.codec} cannot be rendered; choose H264 with AAC")
        if video.width % 2 or video.height % 2:
            raise RenderError(f"{video.width}x{video.height} cannot be rendered; choose an even width and height")
        self.form = segment_nut.SegmentFormat(
            video.width, video.height, video.fps, SECONDS * video.fps, 2 if audio.channel == "stereo" else 1
        )
        self.segments = Segments(work / f"{SEGMENTS}-{segment_nut.fingerprint(self.form)}")
        self._job = job
        self._timeline = timeline
        self._scenes = Scenes(timeline)
        self._painter = Painter(timeline, self._scenes, video.width, video.height)
        self._sounds: dict[TrackKey, AudioFeed] = {}
        self._work = work
        self._next = 0

    def anew(self) -> Composite:
        """Return one that has read nothing yet, with the same segments."""
        return Composite(self._job, self._work, self._timeline)

    def clock(self) -> tuple[OutputClock | None, bool]:
        """Return the clock of what is certain by now (None while nothing is), and whether that is all."""
        intervals = self._timeline.intervals(self._job.recording_id)
        now_us = time.time_ns() // 1000 if self._job.follow else None
        horizon = self._timeline.horizon_us(self._job.recording_id, now_us)
        final = not self._job.follow or (
            self._timeline.ended(self._job.recording_id) and all(i.end_us <= horizon for i in intervals)
        )
        if not final:
            # Near the horizon what follows a sound is not known yet, and it decides how the sound ends.
            horizon -= AHEAD_US
            intervals = [Interval(i.start_us, min(i.end_us, horizon)) for i in intervals if i.start_us < horizon]
        return (OutputClock(intervals, self.form.fps) if intervals else None), final

    def render(self, clock: OutputClock, final: bool, progress: Progress) -> None:
        """Render every segment that `clock` covers wholly and that is not there yet."""
        self._scenes.refresh(self._selection())
        # A segment is rendered early only when something is known to follow it: the last one is made differently.
        count = self._count(clock) if final else (clock.duration_us - 1) // (SECONDS * 1_000_000)
        known_ms = clock.duration_us // 1000
        while self._next < count:
            last = final and self._next == count - 1
            self.segments.make(self._next, partial(self._write, clock, self._next, last))
            self._next += 1
            progress(min(self._next * SECONDS * 1000, known_ms), known_ms if final else None)

    def join(self, clock: OutputClock, target: Path) -> None:
        """Make the finished file of all segments."""
        paths = [self.segments.path(i) for i in range(self._count(clock))]
        target.parent.mkdir(parents=True, exist_ok=True)
        publish(target, lambda out: mux_mp4.join(paths, out, self.form.fps, clock.frames, clock.samples))

    def _selection(self) -> Selection:
        """Return whom the recording is of: as the log says, or as the job says where the log knows no recording."""
        users = self._job.config.user_ids
        if self._job.recording_id is not None:
            return self._timeline.selection(self._job.recording_id)
        return Selection(None if users is None else frozenset(users))

    def _count(self, clock: OutputClock) -> int:
        return -(-clock.frames // self.form.frames)

    def refuted(self, clock: OutputClock) -> list[int]:
        """Return the segments that were made of something else than what the whole log has for them."""
        self._scenes.refresh(self._selection())
        last = self._count(clock) - 1
        wrong = []
        for index, note in self.segments.notes().items():
            reach = self._reach(clock, index, index == last)
            self._read(clock, reach, note)
            if self._digests(clock, reach, note) != note:
                wrong.append(index)
        return wrong

    def _reach(self, clock: OutputClock, index: int, last: bool) -> _Reach:
        samples = SECONDS * SAMPLE_RATE
        first_tick = index * self.form.frames
        first = encode_aac.packets_within(index * samples)
        end = encode_aac.packets_of(clock.samples) if last else encode_aac.packets_within((index + 1) * samples)
        return _Reach(
            first_tick,
            clock.frames if last else first_tick + self.form.frames,
            first,
            end,
            encode_aac.first_sample(first),
            clock.samples if last else (index + 1) * samples,
            0 if last else AHEAD_US,
        )

    def _write(self, clock: OutputClock, index: int, last: bool, path: Path) -> None:
        reach = self._reach(clock, index, last)
        pictures = self._painter.pictures(clock, reach.first_tick, reach.end_tick)
        segment_nut.write(path, self.form, pictures, self._sound(clock, reach))
        guessed = [key for key in self._included() if self._timeline.tracks[key].guessed]
        self.segments.note(index, self._digests(clock, reach, guessed))

    def _sound(self, clock: OutputClock, reach: _Reach) -> segment_nut.SegmentAudio:
        for key in self._included():
            self._listen(key)
        start = reach.first_sample
        pcm = mixed(self._sounds.values(), clock, start, reach.end_sample, self.form.channels, reach.ahead_us)
        return segment_nut.SegmentAudio(pcm, start, reach.first_packet, reach.end_packet)

    def _read(self, clock: OutputClock, reach: _Reach, keys: Iterable[TrackKey]) -> None:
        """Read what a segment takes of some tracks, rendering nothing."""
        stretches = clock.stretches(reach.first_sample, reach.end_sample)
        ticks = clock.tick_us(reach.first_tick), clock.tick_us(reach.end_tick - 1)
        for key in keys:
            if key not in self._timeline.tracks:
                continue
            self._listen(key)
            if key not in self._sounds:
                self._painter.stage.read(key, *ticks)
            elif stretches:
                read_for(self._sounds[key], stretches, reach.ahead_us)

    def _digests(self, clock: OutputClock, reach: _Reach, keys: Iterable[TrackKey]) -> dict[TrackKey, int]:
        """Return what stands for the media of each track in a segment that has been read."""
        stretches = clock.stretches(reach.first_sample, reach.end_sample)
        return {
            key: self._sounds[key].digest(stretches) if key in self._sounds else self._painter.stage.digest(key)
            for key in keys
        }

    def _listen(self, key: TrackKey) -> None:
        reader = self._timeline.tracks[key]
        if key not in self._sounds and reader.info.kind == "audio":
            self._sounds[key] = AudioFeed(reader)

    def _included(self) -> list[TrackKey]:
        peers = self._timeline.peers
        return [
            key
            for key in self._timeline.tracks
            if (peer := peers.get(key.peer_id)) is not None and self._scenes.includes(peer)
        ]


def _described(file: Path, clock: OutputClock) -> RenderedFile:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return RenderedFile(
        name=file.name,
        role="composite",
        content_type=mux_mp4.CONTENT_TYPE,
        size=file.stat().st_size,
        sha256=digest,
        duration_ms=mux_mp4.probe_duration_ms(file),
        start_us=clock.start_us,
    )
