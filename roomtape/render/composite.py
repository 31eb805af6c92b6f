"""Owns the composite: one MP4 of a recording, rendered segment by segment from a capture log that may still grow."""

from __future__ import annotations

import hashlib
import time
from functools import partial
from pathlib import Path

from roomtape.capture.timeline import Timeline
from roomtape.capture.values import Interval, TrackKey
from roomtape.domain.recording_config import Selection
from roomtape.errors import RenderError
from roomtape.media import encode_aac, mux_mp4, segment_nut
from roomtape.media.decode_opus import SAMPLE_RATE
from roomtape.render.composite_audio import AHEAD_US, AudioFeed, mixed
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
        composite.join(clock, target)
    composite.segments.remove()
    return [_described(target, clock)]


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
        self._next = 0

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

    def _write(self, clock: OutputClock, index: int, last: bool, path: Path) -> None:
        first = index * self.form.frames
        end = clock.frames if last else first + self.form.frames
        segment_nut.write(path, self.form, self._painter.pictures(clock, first, end), self._sound(clock, index, last))

    def _sound(self, clock: OutputClock, index: int, last: bool) -> segment_nut.SegmentAudio:
        samples = SECONDS * SAMPLE_RATE
        first = encode_aac.packets_within(index * samples)
        end = encode_aac.packets_of(clock.samples) if last else encode_aac.packets_within((index + 1) * samples)
        start, until = encode_aac.first_sample(first), clock.samples if last else (index + 1) * samples
        self._find_sounds()
        ahead_us = 0 if last else AHEAD_US
        pcm = mixed(self._sounds.values(), clock, start, until, self.form.channels, ahead_us)
        return segment_nut.SegmentAudio(pcm, start, first, end)

    def _find_sounds(self) -> None:
        peers = self._timeline.peers
        for key, reader in self._timeline.tracks.items():
            peer = peers.get(key.peer_id)
            if reader.info.kind == "audio" and peer is not None and self._scenes.includes(peer):
                self._sounds.setdefault(key, AudioFeed(reader))


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
