"""Owns what a session's events say: who was there, which tracks and takes there were, who was muted, what was recorded.

It is fed events one by one and answers questions about any moment; it reads no files.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TypeVar

from roomtape.capture import events as ev
from roomtape.capture.troubles import Trouble, troubles
from roomtape.capture.values import Interval, PeerSpan, TrackKey
from roomtape.domain.recording_config import Selection

V = TypeVar("V")


class Steps(list[tuple[int, V]]):
    """Values that hold from a time on, in order of time."""

    def put(self, t_us: int, value: V) -> None:
        insort(self, (t_us, value), key=lambda step: step[0])

    def at(self, t_us: int) -> V | None:
        """Return the value that holds at `t_us`, None before the first."""
        index = bisect_right(self, t_us, key=lambda step: step[0])
        return self[index - 1][1] if index else None

    def spans(self, wanted: V) -> list[tuple[int, int | None]]:
        """Return the stretches during which the value was `wanted`; the last one's end may be open (None)."""
        found: list[tuple[int, int | None]] = []
        for index, (start, value) in enumerate(self):
            if value != wanted:
                continue
            end = self[index + 1][0] if index + 1 < len(self) else None
            if found and found[-1][1] == start:
                found[-1] = (found[-1][0], end)
            else:
                found.append((start, end))
        return found


@dataclass
class TakeSpan:
    """When the files of `base` were written, as the log says."""

    peer_id: str
    base: str
    started_us: int
    stopped_us: int | None = None


@dataclass(frozen=True)
class Publication:
    """What was published at an m-line, from when on.

    `extension_id` is that of an audio track's level or a video track's orientation, `capture_time_id` as in the event.
    """

    t: int
    kind: ev.MediaKind
    source: ev.StreamKind
    codec: str
    extension_id: int | None = None
    capture_time_id: int | None = None


class SessionLog:
    """The events of one session in order of time, indexed.

    `reasons` says why peers left, the last time that they did. `all_is_there` is set when the reader does not wait for
    anything more, whether or not the log says that it ended.
    """

    def __init__(self) -> None:
        self.events: list[ev.Event] = []
        self.peers: dict[str, PeerSpan] = {}
        self.takes: dict[str, TakeSpan] = {}
        self.recordings: dict[str, Steps[str]] = {}
        self.selections: dict[str, Selection] = {}
        self.watermarks: dict[str, ev.WatermarkStored | ev.WatermarkMissing] = {}
        self.published: dict[TrackKey, Publication] = {}
        self.unpublished: dict[TrackKey, int] = {}
        self.down: list[tuple[int, int]] = []
        self.reasons: dict[str, str] = {}
        self.pages: defaultdict[str, list[ev.PageHappened]] = defaultdict(list)
        self.ended_us: int | None = None
        self.all_is_there = False
        self._muted: defaultdict[TrackKey, Steps[bool]] = defaultdict(Steps)
        self._names: defaultdict[str, Steps[str]] = defaultdict(Steps)
        self._pictures: defaultdict[str, Steps[str]] = defaultdict(Steps)

    def add(self, event: ev.Event) -> None:
        """Take the next event of the log; events need not come in order of time."""
        insort(self.events, event, key=lambda e: e.t)
        match event:
            case ev.SessionEnded():
                self.ended_us = event.t
            case ev.PeerJoined() | ev.PeerLeft() | ev.PeerRenamed():
                self._add_peer_event(event)
            case ev.TrackPublished():
                key = TrackKey(event.peer_id, event.mindex)
                ident = event.audio_level_id if event.kind == "audio" else event.orientation_id
                codec, captured = event.codec.lower(), event.capture_time_id
                made = Publication(event.t, event.kind, event.source, codec, ident, captured)
                self.published.setdefault(key, made)
                self.unpublished.pop(key, None)
            case ev.TrackUnpublished():
                self.unpublished[TrackKey(event.peer_id, event.mindex)] = event.t
            case ev.TrackMuted() | ev.TrackUnmuted():
                self._muted[TrackKey(event.peer_id, event.mindex)].put(event.t, isinstance(event, ev.TrackMuted))
            case ev.TakeStarted():
                self.takes.setdefault(event.base, TakeSpan(event.peer_id, event.base, event.t))
            case ev.TakeStopped():
                take = self.takes.setdefault(event.base, TakeSpan(event.peer_id, event.base, event.t))
                take.stopped_us = event.t
            case ev.PeerPictured():
                self._pictures[event.peer_id].put(event.t, event.file)
            case ev.ServerRecovered():
                self.down.append((event.down_since, event.t))
            case _:
                self._add_recording_event(event)

    def _add_peer_event(self, event: ev.PeerJoined | ev.PeerLeft | ev.PeerRenamed) -> None:
        peer_id = event.peer_id
        known = self.peers.get(peer_id)
        if isinstance(event, ev.PeerJoined) and known is not None and known.left_us is not None:
            away = (*known.away, (known.left_us, event.t))
            self.peers[peer_id] = replace(known, left_us=None, away=away)
            self._names[peer_id].put(event.t, event.name)
        elif isinstance(event, ev.PeerJoined):
            self.peers[peer_id] = PeerSpan(
                peer_id,
                event.participant_id,
                event.custom_participant_id,
                event.name,
                event.picture,
                event.hidden,
                event.t,
                None,
            )
            self._names[peer_id].put(event.t, event.name)
        elif isinstance(event, ev.PeerRenamed):
            self._names[peer_id].put(event.t, event.name)
        elif peer_id in self.peers:
            self.peers[peer_id] = replace(self.peers[peer_id], left_us=event.t)
            self.reasons[peer_id] = event.reason

    def _add_recording_event(self, event: ev.Event) -> None:
        match event:
            case ev.RecordingStarted():
                self.recordings.setdefault(event.recording_id, Steps()).put(event.t, "recording")
                users = event.user_ids
                self.selections[event.recording_id] = Selection(
                    None if users is None else frozenset(users), event.recording_id if event.page else None
                )
            case ev.RecordingPaused():
                self.recordings.setdefault(event.recording_id, Steps()).put(event.t, "paused")
            case ev.RecordingResumed():
                self.recordings.setdefault(event.recording_id, Steps()).put(event.t, "recording")
            case ev.RecordingStopped():
                self.recordings.setdefault(event.recording_id, Steps()).put(event.t, "stopped")
            case ev.PageHappened():
                self.pages[event.recording_id].append(event)
            case ev.WatermarkStored() | ev.WatermarkMissing():
                self.watermarks.setdefault(event.recording_id, event)

    def name_at(self, peer_id: str, t_us: int) -> str:
        """Return the peer's name at a moment; before its coming the one it came with, "" for an unknown peer."""
        steps = self._names.get(peer_id)
        if not steps:
            return ""
        return steps.at(t_us) or steps[0][1]

    def picture_at(self, peer_id: str, t_us: int) -> str | None:
        """Return the file of the peer's picture at a moment, None while there is none."""
        steps = self._pictures.get(peer_id)
        return steps.at(t_us) if steps else None

    def muted_at(self, key: TrackKey, t_us: int) -> bool:
        """Tell whether the track was muted at a moment."""
        steps = self._muted.get(key)
        return bool(steps and steps.at(t_us))

    def muted_spans(self, key: TrackKey) -> list[tuple[int, int | None]]:
        """Return when the track was muted."""
        steps = self._muted.get(key)
        return steps.spans(True) if steps else []

    def paused_spans(self) -> list[tuple[int, int | None]]:
        """Return when some recording was paused."""
        return [span for steps in self.recordings.values() for span in steps.spans("paused")]

    def troubles(self, recording_id: str) -> list[Trouble]:
        """Return what happened to the page of a recording, in order."""
        return troubles(self.pages.get(recording_id, ()))

    def recorded(self, recording_id: str, open_end_us: int) -> list[Interval]:
        """Return the recorded stretches of a recording; one that is open ends at `open_end_us`."""
        steps = self.recordings.get(recording_id)
        if not steps:
            return []
        ends = [(start, open_end_us if end is None else end) for start, end in steps.spans("recording")]
        return [Interval(start, end) for start, end in ends if end > start]

    def stop_us(self, recording_id: str) -> int | None:
        """Return when the recording was stopped, None while it was not."""
        steps = self.recordings.get(recording_id)
        return next((t for t, state in steps if state == "stopped"), None) if steps else None

    def take_end(self, take: TakeSpan) -> int | None:
        """Return when the take ended: by its own stop, or because its peer or the session was gone; None if it runs."""
        if take.stopped_us is not None:
            return take.stopped_us
        peer = self.peers.get(take.peer_id)
        if peer is not None and peer.left_us is not None:
            return max(peer.left_us, take.started_us)
        return self.ended_us
