"""Owns a session's capture as a whole: its events and tracks on one clock, and how far they are certain."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path

from roomtape.capture.eventlog import EventLogReader
from roomtape.capture.events import Event, MediaKind, WatermarkStored
from roomtape.capture.messages import Message, messages
from roomtape.capture.mjr import MjrReader
from roomtape.capture.paths import ASSETS, EVENTS, TrackFile, foreign_track_file, track_files
from roomtape.capture.sessionlog import SessionLog
from roomtape.capture.tracks import SILENT_US, Take, TrackReader
from roomtape.capture.troubles import Trouble
from roomtape.capture.values import Interval, PeerSpan, TrackKey
from roomtape.domain.recording_config import Selection

EVENT_LAG_US = 1_000_000
"""An event lies in the log at most this long after it happened."""

_TAKE = re.compile(r"(?P<peer>.+)-\d+(\.\d+)?", re.ASCII)
_DIGITS = re.compile(r"(\d+)")


class Timeline:
    """Reads the capture log in `folder`, also while it grows. Nothing in the folder's content makes it raise.

    A folder without events, made by somebody else's Janus, is read too: each common beginning of file names is a peer.
    `beside` is a second event log, with what the folder's disk did not take. Of a folder with events only tracks of
    `kinds` are read: to follow somebody's video costs more than to copy their sound.
    """

    def __init__(
        self, folder: Path, beside: Path | None = None, kinds: Collection[MediaKind] = ("audio", "video")
    ) -> None:
        self.folder = folder
        self.tracks: dict[TrackKey, TrackReader] = {}
        self.unclaimed: list[Path] = []
        self._log = SessionLog()
        self._reader = EventLogReader(folder / EVENTS)
        self._beside = EventLogReader(beside) if beside is not None else None
        self._known: set[Path] = set()
        self._takes: list[Take] = []
        self._bases: dict[Path, str] = {}
        self._named: dict[str, PeerSpan] | None = None
        self._horizons: dict[str | None, int] = {}
        self._foreign = False
        self._kinds = kinds

    @property
    def events(self) -> list[Event]:
        """All events so far, in order of their time."""
        return self._log.events

    @property
    def damaged_events(self) -> int:
        """Lines of the event log that make no event."""
        return self._reader.damaged

    @property
    def recording_ids(self) -> list[str]:
        """The recordings that the log knows, in order of their start."""
        return list(self._log.recordings)

    @property
    def peers(self) -> dict[str, PeerSpan]:
        """All peers so far by their id."""
        if self._log.events:
            return self._log.peers
        if self._named is None:
            self._named = self._peers_by_name()
        return self._named

    def poll(self) -> None:
        """Read new events, find new files, and see how far the running takes have come."""
        for event in self._reader.poll() + (self._beside.poll() if self._beside is not None else []):
            self._log.add(event)
        self._named = None
        if self._foreign and self._log.events:
            self._forget_names()
        self._find_files()
        for take in self._takes:
            if take.span is None:
                take.span = self._log.takes.get(self._bases[take.path])
        for track in self.tracks.values():
            track.follow()

    def name_at(self, peer_id: str, t_us: int) -> str:
        """Return the peer's name at a moment."""
        return self._log.name_at(peer_id, t_us) if self._log.events else peer_id

    def present_at(self, t_us: int) -> list[PeerSpan]:
        """Return the peers that were there at a moment, in order of joining."""
        there = [p for p in self.peers.values() if p.present_at(t_us)]
        return sorted(there, key=lambda p: (p.joined_us, p.peer_id))

    def picture_at(self, peer_id: str, t_us: int) -> Path | None:
        """Return the file with the peer's picture at a moment, None while it had none."""
        file = self._log.picture_at(peer_id, t_us)
        return self._asset(file) if file else None

    def watermark(self, recording_id: str | None) -> Path | None:
        """Return the file with the recording's watermark; None when it has none or does without it."""
        verdict = self._log.watermarks.get(recording_id or "")
        return self._asset(verdict.file) if isinstance(verdict, WatermarkStored) else None

    def watermark_decided(self, recording_id: str | None) -> bool:
        """Tell whether the log says with or without which watermark the recording is made."""
        return (recording_id or "") in self._log.watermarks

    def _asset(self, file: str) -> Path:
        return self.folder / ASSETS / Path(str(file)).name

    def muted_at(self, key: TrackKey, t_us: int) -> bool:
        """Tell whether a track was muted at a moment."""
        return self._log.muted_at(key, t_us)

    def muted_spans(self, key: TrackKey) -> list[tuple[int, int | None]]:
        """Return when a track was muted; an end that is open is None."""
        return self._log.muted_spans(key)

    def troubles(self, recording_id: str) -> list[Trouble]:
        """Return what happened to the page of a recording, in order."""
        return self._log.troubles(recording_id)

    @property
    def down(self) -> list[tuple[int, int]]:
        """When the server was away."""
        return list(self._log.down)

    def intervals(self, recording_id: str | None) -> list[Interval]:
        """Return the recorded stretches; one that is still open ends at the present horizon.

        Without a recording: one stretch from the first frame of all tracks to the end of the last one.
        """
        if recording_id is None:
            whole = self._extent()
            return [whole] if whole else []
        return self._log.recorded(recording_id, self.horizon_us(recording_id))

    def messages(self, recording_id: str | None) -> list[Message]:
        """Return the messages that become tags of a recording, in order; without a recording all of the session."""
        return messages(self._log.events, recording_id, self.intervals(recording_id))

    def ended(self, recording_id: str | None) -> bool:
        """Tell whether the recording's stop is in the log; always true without a recording."""
        return recording_id is None or self._log.stop_us(recording_id) is not None

    def selection(self, recording_id: str | None) -> Selection:
        """Return whose packets the recording may have."""
        return self._log.selections.get(recording_id or "", Selection())

    def horizon_us(self, recording_id: str | None, now_us: int | None = None) -> int:
        """Return a time before which nothing more can turn up for this recording; it never goes back.

        `now_us` is the caller's wall clock: with it, a running track that has shown nothing for SILENT_US counts as
        silent. Without it such a track is waited for until it shows something or its take is stopped. Without a
        recording, what lies there now is all.
        """
        if recording_id is None:
            whole = self._extent()
            return whole.end_us if whole else 0
        limit = self._limit_us(recording_id, now_us)
        selection = self.selection(recording_id)
        for key, track in self.tracks.items():
            peer = self._log.peers.get(key.peer_id)
            if peer and not selection.includes(peer.participant_id, peer.custom_participant_id, peer.hidden):
                continue
            certain = track.certain_us(now_us)
            if certain is not None and certain < limit:
                limit = certain
        horizon = max(limit, self._horizons.get(recording_id, 0))
        self._horizons[recording_id] = horizon
        return horizon

    def guessing(self, recording_id: str) -> list[TrackKey]:
        """Return the tracks whose last words inside the recording may not have come to the disk yet.

        They fell silent before its end, and their take runs on: what they sent shows when it ends.
        """
        intervals = self.intervals(recording_id)
        if not intervals:
            return []
        start, end = intervals[0].start_us, intervals[-1].end_us
        return [
            key
            for key, track in self.tracks.items()
            if track.guessing and (not track.newest_us or start - SILENT_US < track.newest_us < end)
        ]

    def reread(self, keys: Iterable[TrackKey] | None = None) -> None:
        """Have the tracks `keys` (all, if None) read from their beginning again, as if for the first time."""
        for key in self.tracks if keys is None else keys:
            if key in self.tracks:
                self.tracks[key].rewind()

    def _limit_us(self, recording_id: str, now_us: int | None) -> int:
        """Return up to where the event log is certain, the recording's stop at most."""
        stop = self._log.stop_us(recording_id)
        if stop is not None:
            return stop
        if self._log.ended_us is not None:
            return self._log.ended_us
        newest = max((t.newest_us for t in self.tracks.values()), default=0)
        if self._log.events:
            newest = max(newest, self._log.events[-1].t)
        return max(newest, now_us or 0) - EVENT_LAG_US

    def _extent(self) -> Interval | None:
        """Return the stretch from the first frame of all tracks to the end of the last one: nothing is waited for."""
        self._log.all_is_there = True
        stats = [track.stats for track in self.tracks.values()]
        starts = [s.first_us for s in stats if s.first_us is not None]
        ends = [s.last_us for s in stats if s.last_us is not None]
        return Interval(min(starts), max(ends)) if starts and ends else None

    def _forget_names(self) -> None:
        """Take back what the names of the files said: the log has come after them, and it knows."""
        self._foreign = self._log.all_is_there = False
        self.tracks.clear()
        self._known.clear()
        self._takes.clear()
        self._bases.clear()
        self._horizons.clear()

    def _find_files(self) -> None:
        foreign = not self._log.events
        self._foreign = foreign
        if foreign:
            files = [foreign_track_file(p) for p in sorted(self.folder.glob("*.mjr")) if p not in self._known]
        else:
            files = [f for f in track_files(self.folder) if f.path not in self._known and f.kind in self._kinds]
        unclaimed = []
        for file in sorted(files, key=lambda f: _natural(f.path.name)):
            peer_id = file.base if foreign else self._peer_of(file.base)
            if peer_id is None:
                unclaimed.append(file.path)
                continue
            self._known.add(file.path)
            self._add_file(peer_id, _by_header(file) if foreign else file)
        self.unclaimed = unclaimed

    def _peer_of(self, base: str) -> str | None:
        """Return whose take this is; before the log says so, by the form of the name."""
        span = self._log.takes.get(base)
        if span is not None:
            return span.peer_id
        match = _TAKE.fullmatch(base)
        return match["peer"] if match and match["peer"] in self._log.peers else None

    def _add_file(self, peer_id: str, file: TrackFile) -> None:
        key = TrackKey(peer_id, file.mindex)
        track = self.tracks.get(key)
        if track is None:
            track = self.tracks[key] = TrackReader(key, file.kind, self._log)
        take = Take(file.path, self._log.takes.get(file.base))
        self._bases[file.path] = file.base
        self._takes.append(take)
        track.add_take(take)

    def _peers_by_name(self) -> dict[str, PeerSpan]:
        peers: dict[str, PeerSpan] = {}
        for key, track in self.tracks.items():
            stats = track.stats
            if stats.first_us is None or stats.last_us is None:
                continue
            seen = peers.get(key.peer_id)
            joined = stats.first_us if seen is None else min(stats.first_us, seen.joined_us)
            left = stats.last_us if seen is None or seen.left_us is None else max(stats.last_us, seen.left_us)
            peers[key.peer_id] = PeerSpan(key.peer_id, key.peer_id, None, key.peer_id, None, False, joined, left)
        return peers


def _natural(name: str) -> list[tuple[int, str]]:
    """Key by which take 10 comes after take 9."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in _DIGITS.split(name)]


def _by_header(file: TrackFile) -> TrackFile:
    """Return the file with the kind that its own header says, if it says one."""
    reader = MjrReader(file.path)
    reader.poll()
    header = reader.header
    if header is None or header.kind == file.kind or header.kind not in ("audio", "video"):
        return file
    kind: MediaKind = "video" if header.kind == "video" else "audio"
    return TrackFile(file.path, file.base, kind, 1 if file.mindex == 0 and kind == "video" else file.mindex)
