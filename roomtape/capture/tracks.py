"""Owns reading a track: all its takes one after another as one stream of frames, with what is missing counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from roomtape.capture.events import MediaKind
from roomtape.capture.gaps import AUDIO_US, Circumstances, Hole, Span, matters, name_gaps
from roomtape.capture.sessionlog import SessionLog, TakeSpan
from roomtape.capture.takefile import CODECS, VIDEO_FRAME_US, TakeFile
from roomtape.capture.values import Frame, Gap, SyncError, TrackInfo, TrackKey, TrackStats
from roomtape.rtp.syncerror import percentile_ms

SILENT_US = 75_000_000
"""Janus writes through a buffer of 4096 bytes. The sparsest stream, Opus in silence, sends a packet of at least 23
bytes (with its header in the file) every 400 ms and fills it within 72 s: who shows nothing for longer is silent."""

DELAY_US = 5_000_000
"""A frame is never placed further before its arrival than this (rtp/mediatime.py, MAX_DELAY_US)."""

START_US = 1_000_000
"""The SFU writes packets a little before the log says that it does."""


@dataclass
class Take:
    """One file of a track. `span` is what the log says of it, None for a file that the log does not know."""

    path: Path
    span: TakeSpan | None = None


class _Tally:
    """Counts over the frames that have been passed, and the holes between them."""

    def __init__(self, kind: MediaKind) -> None:
        self.holes: list[Hole] = []
        self.frames = 0
        self.bytes = 0
        self.first_us: int | None = None
        self.last_us: int | None = None
        self.new_take = False
        self._kind = kind

    def add(self, frame: Frame) -> None:
        start = frame.time_us
        last = self.last_us
        if last is None:
            self.first_us = start
        elif start - last > AUDIO_US and (self.new_take or matters(self._kind, start - last, frame.lost_before)):
            self.holes.append(Hole(last, start, frame.lost_before))
        self.new_take = False
        self.frames += 1
        self.bytes += len(frame.data)
        self.last_us = start + (frame.duration_us or VIDEO_FRAME_US)


class _Cursor:
    """A place in the files of a track, and everything counted up to there."""

    def __init__(self, takes: list[Take], kind: MediaKind, extension_ids: tuple[int | None, int | None]) -> None:
        self._takes = takes
        self.extension_ids = extension_ids
        self.files: list[TakeFile] = []
        self.tally = _Tally(kind)

    @property
    def file(self) -> TakeFile | None:
        """The file that is being read."""
        return self.files[-1] if self.files else None

    @property
    def queued(self) -> bool:
        """Tell whether frames are ready to be taken out."""
        return bool(self.files and self.files[-1].frames)

    @property
    def undecided(self) -> bool:
        """Tell whether something has been read that is not placed yet."""
        return bool(self.files and self.files[-1].undecided)

    def pump(self) -> bool:
        """Read on, into the next file if this one is over; False if nothing more lies there now."""
        while True:
            file = self.file
            if file is not None:
                if file.pump():
                    return True
                if len(self.files) >= len(self._takes):
                    return False
                # A peer has one take at a time: that another follows says that this file is complete.
                if file.undecided:
                    file.resolve()
                    return True
                if file.frames:
                    return False
            elif not self._takes:
                return False
            self.tally.new_take = True
            path = self._takes[len(self.files)].path
            self.files.append(TakeFile(path, self.tally.last_us or 0, *self.extension_ids))


class TrackReader:
    """All takes of one m-line of one peer, read as one stream of frames."""

    def __init__(self, key: TrackKey, kind: MediaKind, log: SessionLog) -> None:
        self.key = key
        self.kind = kind
        self.takes: list[Take] = []
        self._log = log
        self._cursor = self._fresh()
        self._scan: _Cursor | None = None
        self._edge: TakeFile | None = None
        self._edge_ids: tuple[int | None, int | None] = (None, None)
        self._silent_until = 0
        self._certain_us = 0
        self._guess_us = 0
        self.guessed = False
        """Whether `certain_us` went on because nothing had come for long, since the track is read: a guess, because
        what was sent right before the silence may still lie in Janus's buffer. What was read since may be wrong."""

    @property
    def info(self) -> TrackInfo:
        """What the track is; `codec` is "" while neither the log nor a file says it."""
        published = self._log.published.get(self.key)
        codec = published.codec if published else ""
        if not codec:
            codec = next((f.header.codec for f in self._cursor.files if f.header), "")
        if not codec and self._cursor.pump():
            codec = next((f.header.codec for f in self._cursor.files if f.header), "")
        module = CODECS.get(codec)
        rate = module.CLOCK_RATE if module else (48_000 if self.kind == "audio" else 90_000)
        return TrackInfo(self.key, self.kind, published.source if published else "peer", codec, rate)

    def add_take(self, take: Take) -> None:
        """Take a further file; files come in the order in which they were begun."""
        self.takes.append(take)

    def read(self, until_us: int) -> list[Frame]:
        """Return the frames with `time_us` before `until_us` that have not been returned, in the order of sending.

        Nothing that lies on disk is held back: beyond the horizon this is what is there now, and it may be placed
        otherwise than when the rest is known. At most a chunk of the file is read ahead.
        """
        out: list[Frame] = []
        self._drain(until_us, out)
        return out

    def skip(self, until_us: int) -> None:
        """Pass over the frames before `until_us` without keeping them."""
        self._drain(until_us, None)

    def next_us(self) -> int | None:
        """Return the time of the frame that `read` would give next, None if none is known yet."""
        while True:
            file = self._cursor.file
            if file is not None and file.frames:
                return file.frames[0].time_us
            if not self._cursor.pump() and not self._settle():
                return None

    def _drain(self, until_us: int, out: list[Frame] | None) -> None:
        cursor = self._cursor
        add = cursor.tally.add
        while True:
            file = cursor.file
            if file is not None:
                frames = file.frames
                while frames and frames[0].time_us < until_us:
                    frame = frames.popleft()
                    add(frame)
                    if out is not None:
                        out.append(frame)
                if frames or (file.released_us is not None and file.released_us >= until_us):
                    return
            if cursor.pump():
                continue
            file = cursor.file
            if file is None or not file.undecided:
                return
            if not self._settle():
                if until_us <= self._certain_us:
                    return
                file.resolve()

    def _settle(self) -> bool:
        """Place what waits at the end of a file that gets no more packets; tell whether that gave frames."""
        file = self._cursor.file
        if file is None or not file.undecided:
            return False
        if self._over():
            file.resolve()
        else:
            file.advance(self._silent_until)
        return bool(file.frames)

    @property
    def stats(self) -> TrackStats:
        """Counts over everything that lies on disk now."""
        cursor = self._complete()
        tally = cursor.tally
        files = cursor.files
        return TrackStats(
            packets=sum(f.order.packets for f in files),
            lost=sum(f.order.lost for f in files),
            late=sum(f.order.late for f in files),
            duplicates=sum(f.order.duplicates for f in files),
            frames=tally.frames,
            dropped=sum(f.dropped for f in files),
            bytes=tally.bytes,
            first_us=tally.first_us,
            last_us=tally.last_us,
            damage=tuple(text for f in files for text in _damage(f, growing=f is files[-1] and not self._over())),
        )

    @property
    def sync(self) -> SyncError:
        """How far what lies on disk now is placed from where it should be."""
        files = self._complete().files
        meters = [file.measured for file in files]
        errors = sum((meter.errors for meter in meters), Counter[int]())
        drift = max(meters, key=lambda meter: meter.drift_s, default=None)
        return SyncError(
            p95_ms=percentile_ms(errors, 0.95),
            max_ms=percentile_ms(errors, 1.0),
            drift_ppm=round(drift.drift_ppm, 1) + 0.0 if drift is not None and drift.drift_ppm is not None else None,
            jumps=sum(file.jumps for file in files),
        )

    @property
    def gaps(self) -> list[Gap]:
        """Every stretch without media inside the peer's presence, up to the last frame or to where the peer left."""
        tally = self._complete().tally
        log = self._log
        holes = list(tally.holes)
        peer = log.peers.get(self.key.peer_id)
        published = log.published.get(self.key)
        if peer is not None:
            start = max(peer.joined_us, published.t if published else 0)
            first = tally.first_us if tally.first_us is not None else self._end_us()
            if first is not None and first > start:
                holes.insert(0, Hole(start, first, 0))
            end = self._end_us()
            if tally.last_us is not None and end is not None and end > tally.last_us:
                holes.append(Hole(tally.last_us, end, 0))
        around = Circumstances(self._take_spans(), log.muted_spans(self.key), log.paused_spans(), list(log.down))
        if peer is not None:
            around.troubles.extend(log.troubles(peer.participant_id))  # who brings a page has its recording's id
        if peer is not None and peer.left_us is not None:
            reason, since = log.reasons.get(self.key.peer_id), (tally.last_us or peer.joined_us, peer.left_us)
            if reason == "media_lost":
                around.vanished.append(since)
            elif reason in ("sfu_lost", "server_down"):
                around.down.append(since)
        return name_gaps(self.kind, holes, around)

    def follow(self) -> None:
        """Read what is new of a running take, so that `certain_us` knows; cheap when nothing is."""
        if self._cursor.extension_ids != self._extension_ids and not self._cursor.tally.frames:
            self._cursor = self._fresh()  # the files were looked into before the log told of the track
        take = self._running()
        if take is None:
            self._edge = None
            return
        if self._edge is None or self._edge.mjr.path != take.path or self._edge_ids != self._extension_ids:
            self._edge_ids = self._extension_ids
            self._edge = TakeFile(take.path, 0, *self._edge_ids)
        while self._edge.pump():
            self._edge.frames.clear()
        self._edge.frames.clear()

    def certain_us(self, now_us: int | None) -> int | None:
        """Return the time before which no further frame can turn up; None if the track gets no more packets.

        With `now_us` a track that has shown nothing for SILENT_US counts as silent; without it is waited for.
        """
        take = self._running()
        if take is None or take.span is None or self._edge is None:
            return None
        edge = self._edge
        silent_until = 0 if now_us is None else now_us - SILENT_US
        if silent_until > (edge.last_arrival_us or take.span.started_us):
            self._guess_us = silent_until
            self.guessed = True
            if edge.last_arrival_us is not None:
                self._silent_until = silent_until
                edge.advance(silent_until)
                edge.frames.clear()
        certain = take.span.started_us - START_US if edge.released_us is None else edge.released_us
        self._certain_us = max(certain, silent_until - DELAY_US, self._certain_us)
        return self._certain_us

    @property
    def guessing(self) -> bool:
        """Tell whether `certain_us` has guessed and nothing has come since: whether it was right is not known yet."""
        take = self._running()
        return take is not None and take.span is not None and self._guess_us > max(self.newest_us, take.span.started_us)

    def rewind(self) -> None:
        """Begin to read again from the first frame on, with what is known of the files now."""
        self._cursor = self._fresh()
        self._scan = None
        self.guessed = self.guessing

    @property
    def _extension_ids(self) -> tuple[int | None, int | None]:
        published = self._log.published.get(self.key)
        return (published.extension_id, published.capture_time_id) if published else (None, None)

    def _fresh(self) -> _Cursor:
        return _Cursor(self.takes, self.kind, self._extension_ids)

    @property
    def newest_us(self) -> int:
        """When the newest packet known of a running take arrived, 0 if none is."""
        return (self._edge.last_arrival_us or 0) if self._edge else 0

    def _over(self) -> bool:
        """Tell whether no more packets are to come, or the caller has said that what is there is all."""
        return self._log.all_is_there or self._running() is None

    def _running(self) -> Take | None:
        """Return the take that may still get packets."""
        if not self.takes:
            return None
        take = self.takes[-1]
        if take.span is None or self._log.take_end(take.span) is not None:
            return None
        return take

    def _end_us(self) -> int | None:
        """Return when the track was over, None while it is not."""
        peer = self._log.peers.get(self.key.peer_id)
        ends = [t for t in (peer.left_us if peer else None, self._log.unpublished.get(self.key)) if t is not None]
        if self._log.ended_us is not None:
            ends.append(self._log.ended_us)
        return min(ends, default=None)

    def _take_spans(self) -> list[Span]:
        log = self._log
        return [(t.span.started_us, log.take_end(t.span)) if t.span else (0, None) for t in self.takes]

    def _complete(self) -> _Cursor:
        """Return a cursor that has passed everything that lies on disk."""
        cursor = self._cursor
        if not cursor.queued and not cursor.pump() and not (cursor.undecided and self._over()):
            self._scan = None
            return cursor
        if self._scan is None:
            self._scan = self._fresh()
        scan = self._scan
        over = self._over()
        more = True
        while more:
            more = scan.pump()
            file = scan.file
            if file is None:
                break
            if not more and file.undecided:
                file.resolve()
                if not over:  # what comes next may decide otherwise: the next question is answered from the beginning
                    self._scan = None
            for frame in file.frames:
                scan.tally.add(frame)
            more = more or bool(file.frames)
            file.frames.clear()
        return scan


def _damage(file: TakeFile, growing: bool) -> list[str]:
    name = file.mjr.path.name
    found = []
    damage = file.mjr.fault if growing else file.mjr.damage
    if damage:
        found.append(f"{name} {damage}")
    if file.header is not None and not file.supported:
        found.append(f"{name} holds {file.header.codec}, which Roomtape does not read")
    if file.malformed:
        found.append(f"{name} holds {file.malformed} packets that are not RTP")
    return found
