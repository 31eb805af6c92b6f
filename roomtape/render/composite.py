"""Owns the composite: video and sound of a recording, rendered segment by segment from a log that may still grow."""

from __future__ import annotations

import sys
import time
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from roomtape.capture.timeline import Timeline
from roomtape.capture.values import Interval, TrackKey
from roomtape.domain.recording_config import Selection
from roomtape.errors import RenderError
from roomtape.media import segment_nut
from roomtape.media.decode_opus import SAMPLE_RATE
from roomtape.media.packet_grid import SoundSpan
from roomtape.render import hls, parallel
from roomtape.render.assemble import assemble, continuous_sound, form_of, outputs
from roomtape.render.composite_audio import AHEAD_US, AudioFeed, mixed, read_for
from roomtape.render.composite_clock import OutputClock, Stretch
from roomtape.render.composite_picture import Painter
from roomtape.render.composite_scene import Scenes
from roomtape.render.findings import Findings
from roomtape.render.job import OUT, Progress, RenderedFile, RenderJob, Wait
from roomtape.render.segments import Segments

SEGMENTS = "segments"
_TALK = TrackKey("", 0)
"""Stands in a segment's note for what loudness decided: who is marked as speaking, and who sits where."""
_APPROACH_US = 60_000_000
UNDECIDED_US = 60_000_000
"""How long after its start a recording waits for what is to become of its watermark."""


def render_composite(
    job: RenderJob, work: Path, timeline: Timeline, wait: Wait, progress: Progress, jobs: int = 1
) -> list[RenderedFile]:
    """Render the composite of `job` into `out/` of `work` and return its files.

    May be called again after being killed at any moment: segments that are whole are kept. With `job.follow` it polls
    `timeline` and calls `wait` until the recording's end is in the log. `jobs` processes share what is left to do then.
    Raises RenderError for an odd size, and when nothing at all was recorded.
    """
    composite = Composite(job, work, timeline)
    done = [work / OUT / output.name for output in outputs(job)]
    while True:
        clock, final = composite.clock()
        if clock is not None and final and done and all(path.exists() for path in done):
            break
        if clock is not None and final and (wrong := composite.misplaced(clock)):
            composite.segments.drop(wrong)
            timeline.reread()
            composite = composite.anew()
        if clock is not None:
            told = progress
            if final and jobs > 1 and parallel.worth_it(composite.segments, composite.count(clock)):
                whole_ms = clock.duration_us // 1000
                parallel.fill(work, composite.segments, composite.count(clock), jobs, _within(progress, whole_ms))
                told = _within(progress, whole_ms, whole_ms)
            composite.render(clock, final, told)
        if final:
            break
        wait()
    if clock is None:
        raise RenderError("nothing was recorded: the capture holds neither packets nor a recorded interval")
    if not all(path.exists() for path in done):
        _amend(composite, clock, timeline, progress)
        composite.segments.findings().write(work)
    files = composite.join(clock)
    composite.segments.remove()
    return files


def _within(progress: Progress, whole_ms: int, least_ms: int = 0) -> Progress:
    """Return a `progress` that never goes beyond the whole, nor back behind `least_ms`."""
    return lambda done_ms, _: progress(max(least_ms, min(done_ms, whole_ms)), whole_ms)


def _amend(composite: Composite, clock: OutputClock, timeline: Timeline, progress: Progress) -> None:
    """Make anew what was rendered without what a track had sent before it seemed silent (docs/capture-log.md).

    Only the tracks that were guessed about are read once more; if a guess was wrong, all of them, for its segments.
    """
    guessed = {key for note in composite.segments.notes().values() for key in note}
    if not guessed:
        return
    timeline.reread(guessed)
    wrong = composite.anew(guessed).refuted(clock)
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
    """What a segment takes from the output: ticks, and sound (from where it is warmed up)."""

    first_tick: int
    end_tick: int
    sound: SoundSpan
    ahead_us: int


class Composite:
    """A composite in the making."""

    def __init__(self, job: RenderJob, work: Path, timeline: Timeline) -> None:
        video = job.config.video
        if video.width % 2 or video.height % 2:
            raise RenderError(f"{video.width}x{video.height} cannot be rendered; choose an even width and height")
        self.form = form_of(job.config)
        self.segments = Segments(work / f"{SEGMENTS}-{segment_nut.fingerprint(self.form)}", self.form.seconds)
        self._continuous = continuous_sound(self.form, self.segments.folder)
        self._job = job
        self._timeline = timeline
        self._scenes = Scenes(timeline, video)
        self._painter = Painter(timeline, self._scenes, video, job.recording_id, self.form.matrix)
        self._sounds: dict[TrackKey, AudioFeed] = {}
        self._work = work
        self._next = 0

    def anew(self, unheard: Container[TrackKey] | None = None) -> Composite:
        """Return one that has read nothing yet, with the same segments.

        With `unheard` it knows of all tracks but those who spoke when, so that only those have to be heard again.
        """
        composite = Composite(self._job, self._work, self._timeline)
        composite._continuous = self._continuous  # one file, one writer
        if unheard is not None:
            composite._scenes.hear_again(self._scenes, unheard)
        return composite

    def clock(self) -> tuple[OutputClock | None, bool]:
        """Read the log; return the clock of what is certain by now (None while nothing is), and whether that is all.

        Nothing is certain of a followed recording while it is not known whether it gets its watermark; that is always
        said within seconds, and it is waited for no longer than UNDECIDED_US.
        """
        # Before the log is read: a process that has to wait in between would take the log to be certain up to later.
        now_us = time.time_ns() // 1000 if self._job.follow else None
        self._timeline.poll()
        intervals = self._timeline.intervals(self._job.recording_id)
        horizon = self._timeline.horizon_us(self._job.recording_id, now_us)
        final = not self._job.follow or (
            self._timeline.ended(self._job.recording_id) and all(i.end_us <= horizon for i in intervals)
        )
        if now_us is not None and self._undecided(now_us, intervals):
            return None, False
        if not final:
            # Near the horizon what follows a sound is not known yet, and it decides how the sound ends.
            horizon -= AHEAD_US
            intervals = [Interval(i.start_us, min(i.end_us, horizon)) for i in intervals if i.start_us < horizon]
        return (OutputClock(intervals, self.form.fps) if intervals else None), final

    def _undecided(self, now_us: int, intervals: Sequence[Interval]) -> bool:
        recording, wanted = self._job.recording_id, self._job.config.video.watermark
        if wanted is None or recording is None or self._timeline.watermark_decided(recording):
            return False
        if self._timeline.selection(recording).page is not None:
            return False
        return not intervals or now_us < intervals[0].start_us + UNDECIDED_US

    def render(self, clock: OutputClock, final: bool, progress: Progress) -> None:
        """Render every segment that `clock` covers wholly and that is not there yet."""
        self._scenes.refresh(self._selection())
        # A segment is rendered early only when something is known to follow it: the last one is made differently.
        count = self.count(clock) if final else (clock.duration_us - 1) // (self.form.seconds * 1_000_000)
        known_ms = clock.duration_us // 1000
        while self._next < count:
            last = final and self._next == count - 1
            self.segments.make(self._next, partial(self._write, clock, self._next, last))
            if self._continuous is not None:
                self._continuous.took(self._next, self.segments.path(self._next))
            self._next += 1
            progress(min(self._next * self.form.seconds * 1000, known_ms), known_ms if final else None)

    def render_part(self, clock: OutputClock, first: int) -> None:
        """Render what is missing from segment `first` on, up to a segment that another process is making."""
        self._scenes.refresh(self._selection())
        count = self.count(clock)
        for index in range(first, count):
            if self.segments.whole(index):
                continue
            with self.segments.claim(index) as mine:
                if not mine:
                    return
                self.segments.make(index, partial(self._write, clock, index, index == count - 1))

    def join(self, clock: OutputClock) -> list[RenderedFile]:
        """Make the finished files of all segments; those that are there already are kept."""
        paths = [self.segments.path(i) for i in range(self.count(clock))]
        messages = self._timeline.messages(self._job.recording_id) if self._job.config.interactive else []
        told = hls.tags(messages, self._timeline.intervals(self._job.recording_id))
        return assemble(self._job, self._work / OUT, clock, paths, self.form, self._continuous, told)

    def _selection(self) -> Selection:
        """Return whom the recording is of: as the log says, or as the job says where the log knows no recording."""
        users = self._job.config.user_ids
        if self._job.recording_id is not None:
            return self._timeline.selection(self._job.recording_id)
        return Selection(None if users is None else frozenset(users))

    def count(self, clock: OutputClock) -> int:
        """Return how many segments the output of `clock` has."""
        return -(-clock.frames // self.form.frames)

    def misplaced(self, clock: OutputClock) -> list[int]:
        """Return the segments that were made before the log told of a pause or the end, for it was late to do so.

        A server that is starved writes down late what happened, and a followed log is not waited for without end.
        """
        last = self.count(clock) - 1
        return [
            index
            for index, place in self.segments.places().items()
            if index > last or self._place(clock, index, index == last) != place
        ]

    def _place(self, clock: OutputClock, index: int, last: bool) -> tuple[int, ...]:
        reach, samples = self._reach(clock, index, last), self.form.seconds * SAMPLE_RATE
        own = clock.stretches(index * samples, clock.samples if last else (index + 1) * samples)
        shown = clock.tick_us(reach.first_tick), clock.tick_us(reach.end_tick - 1)
        return (int(last), *shown, *(number for s in own for number in (s.at, s.start, s.length)))

    def refuted(self, clock: OutputClock) -> list[int]:
        """Return the segments that were made of something else than what the whole log has for them."""
        self._scenes.refresh(self._selection())
        last = self.count(clock) - 1
        wrong = []
        for index, note in self.segments.notes().items():
            reach = self._reach(clock, index, index == last)
            self._read(clock, reach, {*note, *self._speakers()})
            if self._digests(clock, reach, note) != note:
                wrong.append(index)
        return wrong

    def _reach(self, clock: OutputClock, index: int, last: bool) -> _Reach:
        samples = self.form.seconds * SAMPLE_RATE
        first_tick = index * self.form.frames
        end = clock.samples if last else (index + 1) * samples
        return _Reach(
            first_tick,
            clock.frames if last else first_tick + self.form.frames,
            self.form.sound(index * samples, end, last),
            0 if last else AHEAD_US,
        )

    def _write(self, clock: OutputClock, index: int, last: bool, path: Path) -> None:
        reach = self._reach(clock, index, last)
        sound = self._sound(clock, reach, index)  # before the pictures: who speaks decides what they show
        pictures = self._painter.pictures(clock, reach.first_tick, reach.end_tick)
        segment_nut.write(path, self.form, pictures, sound)
        self.segments.find(index, self._findings(), self._place(clock, index, last))
        guessed = [key for key in self._included() if self._timeline.tracks[key].guessed]
        self.segments.note(index, self._digests(clock, reach, [*guessed, _TALK] if guessed else []))

    def _sound(self, clock: OutputClock, reach: _Reach, index: int) -> segment_nut.SegmentAudio:
        for key in self._included():
            self._listen(key)
        span = reach.sound
        self._approach(clock.stretches(span.start, span.end))
        own = range(index * self.form.seconds * SAMPLE_RATE, span.end)
        pcm = mixed(self._sounds.values(), clock, span.start, span.end, self.form.channels, reach.ahead_us, own)
        return segment_nut.SegmentAudio(pcm, span)

    def _approach(self, stretches: Sequence[Stretch]) -> None:
        """Hear all that lies before a segment, minute by minute, so that nothing of it has to be kept."""
        if not stretches:
            return
        target = stretches[0].start
        until_us = target * 125 // 6
        nexts = [us for feed in self._sounds.values() if (us := feed.next_us()) is not None]
        at_us = min(nexts, default=until_us)
        while at_us < until_us:
            at_us = min(at_us + _APPROACH_US, until_us)
            for feed in self._sounds.values():
                feed.read(at_us, target)
            self._scenes.open(at_us)

    def _speakers(self) -> list[TrackKey]:
        return [key for key in self._included() if self._timeline.tracks[key].info.kind == "audio"]

    def _findings(self) -> Findings:
        """Return what the segment that has just been rendered found out."""
        counts = {key: {"damaged_frames": damaged} for key, damaged in self._painter.stage.take_damaged().items()}
        counts |= {key: repairs for key, feed in self._sounds.items() if (repairs := feed.take_repairs())}
        return Findings(self._painter.stage.take_layout(), counts)

    def _read(self, clock: OutputClock, reach: _Reach, keys: Iterable[TrackKey]) -> None:
        """Read what a segment takes of some tracks, rendering nothing."""
        stretches = clock.stretches(reach.sound.start, reach.sound.end)
        ticks = clock.tick_us(reach.first_tick), clock.tick_us(reach.end_tick - 1)
        for key in keys:
            if key not in self._timeline.tracks:
                continue
            self._listen(key)
            if key not in self._sounds:
                self._painter.stage.read(key, *ticks)
        self._approach(stretches)
        for feed in self._sounds.values() if stretches else ():
            read_for(feed, stretches, reach.ahead_us)
        self._scenes.open(ticks[0])

    def _digests(self, clock: OutputClock, reach: _Reach, keys: Iterable[TrackKey]) -> dict[TrackKey, int]:
        """Return what stands for the media of each track, and for what loudness decided, in a segment that was read."""
        stretches = clock.stretches(reach.sound.start, reach.sound.end)
        found = {}
        for key in keys:
            if key == _TALK:
                found[key] = self._scenes.digest(map(clock.tick_us, range(reach.first_tick, reach.end_tick)))
            elif key in self._sounds:
                found[key] = self._sounds[key].digest(stretches)
            else:
                found[key] = self._painter.stage.digest(key)
        return found

    def _listen(self, key: TrackKey) -> None:
        reader = self._timeline.tracks[key]
        if key not in self._sounds and reader.info.kind == "audio":
            # Of a screen's or a page's sound nobody asks who speaks.
            asked = reader.info.source == "peer" and not self._scenes.of_page
            heard = partial(self._scenes.heard, key) if asked else None
            self._sounds[key] = AudioFeed(reader, heard)

    def _takes(self, key: TrackKey) -> bool:
        return self.form.video_codec is not None or self._timeline.tracks[key].info.kind == "audio"

    def _included(self) -> list[TrackKey]:
        peers = self._timeline.peers
        return [
            key
            for key in self._timeline.tracks
            if (peer := peers.get(key.peer_id)) is not None and self._scenes.includes(peer) and self._takes(key)
        ]
