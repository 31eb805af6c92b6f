"""Owns who is to be seen in a composite at a moment: tiles in their order, from the session's events alone."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from roomtape.capture.events import StreamKind, TrackPublished, TrackUnpublished
from roomtape.capture.timeline import Timeline
from roomtape.capture.values import PeerSpan, TrackKey
from roomtape.domain.recording_config import Selection


@dataclass(frozen=True)
class Tile:
    """A place in the picture: a peer's camera (or avatar), or its screen. `tracks` are the video tracks that may fill
    it, those that are muted or unpublished left out."""

    peer_id: str
    source: StreamKind
    name: str
    tracks: tuple[TrackKey, ...]


class Scenes:
    """The tiles at any moment up to the timeline's horizon: screens first, then cameras, in order of joining."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._selection = Selection(frozenset())
        self._changes: list[int] = []
        self._published: dict[TrackKey, list[tuple[int, bool]]] = {}
        self._known: tuple[int, tuple[Tile, ...]] = (-1, ())

    def refresh(self, selection: Selection) -> None:
        """Take in what the timeline has learned since, and whom the recording is of. Before it nobody is there."""
        self._selection = selection
        times = {event.t for event in self._timeline.events}
        for peer in self._timeline.peers.values():
            times.add(peer.joined_us)
            if peer.left_us is not None:
                times.add(peer.left_us)
        self._changes = sorted(times)
        self._published = {}
        for event in self._timeline.events:
            if isinstance(event, TrackPublished | TrackUnpublished):
                key = TrackKey(event.peer_id, event.mindex)
                self._published.setdefault(key, []).append((event.t, isinstance(event, TrackPublished)))
        self._known = (-1, ())

    def includes(self, peer: PeerSpan) -> bool:
        """Tell whether a peer is part of the recording."""
        return not peer.hidden and self._selection.includes(peer.participant_id, peer.custom_participant_id)

    def at(self, t_us: int) -> tuple[Tile, ...]:
        """Return the tiles at session time `t_us`. The same object is returned as long as nothing changes."""
        index = bisect_right(self._changes, t_us)
        if self._known[0] != index:
            tiles = self._tiles(t_us)
            if tiles == self._known[1]:
                tiles = self._known[1]
            self._known = (index, tiles)
        return self._known[1]

    def _tiles(self, t_us: int) -> tuple[Tile, ...]:
        shares, cameras = [], []
        for peer in self._timeline.present_at(t_us):
            if not self.includes(peer):
                continue
            name = self._timeline.name_at(peer.peer_id, t_us)
            screens = self._tracks(peer.peer_id, "screenshare", t_us)
            if screens:
                shares.append(Tile(peer.peer_id, "screenshare", name, screens))
            cameras.append(Tile(peer.peer_id, "peer", name, self._tracks(peer.peer_id, "peer", t_us)))
        return (*shares, *cameras)

    def _tracks(self, peer_id: str, source: StreamKind, t_us: int) -> tuple[TrackKey, ...]:
        return tuple(
            key
            for key, reader in sorted(self._timeline.tracks.items())
            if key.peer_id == peer_id
            and reader.info.kind == "video"
            and reader.info.source == source
            and self._is_published(key, t_us)
            and not self._timeline.muted_at(key, t_us)
        )

    def _is_published(self, key: TrackKey, t_us: int) -> bool:
        steps = self._published.get(key)
        if not steps:
            return True
        index = bisect_right(steps, (t_us, True)) - 1
        return index < 0 or steps[index][1]
