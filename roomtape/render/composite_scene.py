"""Owns what is to be seen in a composite at a moment: people in their seats and screens, from events and loudness; or a
page."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

from roomtape.capture.events import (
    MediaKind,
    MessageSent,
    PageHappened,
    StreamKind,
    TrackPublished,
    TrackUnpublished,
)
from roomtape.capture.timeline import Timeline
from roomtape.capture.values import PeerSpan, TrackKey
from roomtape.domain.layout import arrange
from roomtape.domain.recording_config import Selection, VideoConfig
from roomtape.domain.seating import Seats, reseat
from roomtape.domain.speaking import Speaking, Talk

SETTLED_US = 3_000_000
"""Who has published no microphone so long after coming has none: before that it may be about to come."""
_SILENCE = 127
_UNSEEN = (MessageSent, PageHappened)
"""What changes nothing of a scene; there may be a thousand messages a minute."""


@dataclass(frozen=True)
class Tile:
    """A place in the picture: a peer's camera (or avatar), or its screen. `tracks` are the video tracks that may fill
    it, those that are muted or unpublished left out. `muted` is whether the peer cannot be heard, `picture` the file
    with a picture of the peer."""

    peer_id: str
    source: StreamKind
    name: str
    tracks: tuple[TrackKey, ...]
    muted: bool = False
    picture: Path | None = None


@dataclass(frozen=True)
class Scene:
    """The screens that are shared, the people in the order of their seats, and who of them is speaking.

    Of a recorded page there is only `page`: the video tracks that have brought it so far, the newest first.
    """

    shares: tuple[Tile, ...] = ()
    people: tuple[Tile, ...] = ()
    speaking: frozenset[str] = frozenset()
    page: tuple[TrackKey, ...] = ()


@dataclass
class _Published:
    """What an m-line is, and when it was published (True) and unpublished (False)."""

    kind: MediaKind
    source: StreamKind
    steps: list[tuple[int, bool]] = field(default_factory=list)

    def at(self, t_us: int) -> bool:
        index = bisect_right(self.steps, (t_us, True)) - 1
        return self.steps[index][1] if index >= 0 else not self.steps or not self.steps[0][1]


class Scenes:
    """The scene at any moment up to the timeline's horizon. Moments are asked for in order, but for those since the
    time that `open` was told."""

    def __init__(self, timeline: Timeline, video: VideoConfig | None = None) -> None:
        self._timeline = timeline
        self._video = video or VideoConfig()
        self._selection = Selection(frozenset())
        self._changes: list[int] = []
        self._tracks: defaultdict[str, dict[TrackKey, _Published]] = defaultdict(dict)
        self._speaking = Speaking()
        self._seated_us = -1
        self._seat_times: list[int] = [-1]
        self._seats: list[Seats] = [()]
        self._base: tuple[int, Scene] = (-1, Scene())
        self._known: tuple[Scene, Seats, Talk, Scene] | None = None

    def refresh(self, selection: Selection) -> None:
        """Take in what the timeline has learned since, and whom the recording is of. Before it nobody is there."""
        self._selection = selection
        times = {event.t for event in self._timeline.events if not isinstance(event, _UNSEEN)}
        for peer in self._timeline.peers.values():
            times |= {peer.joined_us, peer.joined_us + SETTLED_US}
            if peer.left_us is not None:
                times.add(peer.left_us)
        self._changes = sorted(times)
        self._tracks.clear()
        for event in self._timeline.events:
            if isinstance(event, TrackPublished):
                self._published(event.peer_id, event.mindex, event.kind, event.source).append((event.t, True))
            elif isinstance(event, TrackUnpublished):
                known = self._tracks[event.peer_id].get(TrackKey(event.peer_id, event.mindex))
                if known is not None:
                    known.steps.append((event.t, False))
        for key, reader in self._timeline.tracks.items():
            self._published(key.peer_id, key.mindex, reader.kind, "peer")
        self._base, self._known = (-1, Scene()), None

    @property
    def of_page(self) -> bool:
        """Whether a page is recorded as it is shown: nobody has a seat, and nobody asks who speaks."""
        return self._selection.page is not None

    def includes(self, peer: PeerSpan) -> bool:
        """Tell whether a peer is part of the recording."""
        return self._selection.includes(peer.participant_id, peer.custom_participant_id, peer.hidden)

    def heard(self, key: TrackKey, time_us: int, duration_us: int, level: int) -> None:
        """Take the loudness (in -dBov) of the next packet of an audio track, before moments after it are asked for."""
        known = self._tracks[key.peer_id].get(key)
        if known is not None and known.source == "peer":
            if self._timeline.muted_at(key, time_us):
                level = _SILENCE
            self._speaking.heard(key, key.peer_id, time_us, duration_us, level)

    def hear_again(self, before: Scenes, keys: Container[TrackKey]) -> None:
        """Know of all tracks but `keys` what `before` has heard, so that only those have to be heard again."""
        self._speaking = before._speaking.again(keys)

    def open(self, first_us: int) -> None:
        """Forget what no moment from `first_us` on needs."""
        self._seat(first_us)
        self._speaking.forget(first_us)
        first = bisect_right(self._seat_times, first_us) - 1
        if first > 0:
            del self._seat_times[:first], self._seats[:first]

    def at(self, t_us: int) -> Scene:
        """Return the scene at session time `t_us`. The same object is returned as long as nothing changes."""
        base, talk, seats = self._at(t_us), self._speaking.at(t_us), self._seat(t_us)
        known = self._known
        if known is None or known[0] is not base or known[1] is not seats or known[2] is not talk:
            people = {tile.peer_id: tile for tile in base.people}
            if people.keys() != frozenset(seats):  # an event came late: a server that was down wrote it after its time
                seats = self._take_seats(t_us)
            speaking = frozenset(who for who in talk.speaking if who in people and not people[who].muted)
            scene = Scene(base.shares, tuple(people[who] for who in seats), speaking, base.page)
            if known is not None and known[3] == scene:
                scene = known[3]
            self._known = known = base, seats, talk, scene
        return known[3]

    def digest(self, times_us: Iterable[int]) -> int:
        """Return a number that stands for what was decided by loudness for some moments: who sits where, who speaks."""
        crc, last = 0, None
        for number, t_us in enumerate(times_us):
            scene = self.at(t_us)
            if scene is not last:
                last = scene
                seats = [tile.peer_id for tile in scene.people]
                crc = crc32(repr((number, seats, sorted(scene.speaking))).encode(), crc)
        return crc

    def _published(self, peer_id: str, mindex: int, kind: MediaKind, source: StreamKind) -> list[tuple[int, bool]]:
        return self._tracks[peer_id].setdefault(TrackKey(peer_id, mindex), _Published(kind, source)).steps

    def _at(self, t_us: int) -> Scene:
        """Return the scene as the events alone say it, the people in order of joining."""
        index = bisect_right(self._changes, t_us)
        if self._base[0] != index:
            scene = self._scene(t_us)
            self._base = index, self._base[1] if scene == self._base[1] else scene
        return self._base[1]

    def _seat(self, t_us: int) -> Seats:
        """Return who sits where; every change since the beginning has its say, whichever moments are asked for."""
        if t_us > self._seated_us:
            low, high = bisect_right(self._changes, self._seated_us), bisect_right(self._changes, t_us)
            for moment in sorted({*self._changes[low:high], *self._speaking.changes(self._seated_us, t_us)}):
                self._take_seats(moment)
            self._seated_us = t_us
        return self._seats[max(0, bisect_right(self._seat_times, t_us) - 1)]

    def _take_seats(self, t_us: int) -> Seats:
        base, talk, video = self._at(t_us), self._speaking.at(t_us), self._video
        present = [tile.peer_id for tile in base.people]
        places = arrange(video.layout, len(base.shares), len(present), video.width, video.height)
        first = None
        if video.layout in ("speaker", "single_speaker"):
            there = frozenset(present)
            first = next((who for who in (talk.active, *talk.spoken) if who in there), None)
        seats = reseat(self._seats[-1], present, talk.spoken, len(places.people), first)
        if seats != self._seats[-1]:
            self._seat_times.append(t_us)
            self._seats.append(seats)
        return self._seats[-1]

    def _scene(self, t_us: int) -> Scene:
        if self.of_page:
            return Scene(page=self._bringing(t_us))
        shares, cameras = [], []
        for peer in self._timeline.present_at(t_us):
            if not self.includes(peer):
                continue
            name = self._timeline.name_at(peer.peer_id, t_us)
            screens = self._showing(peer.peer_id, "screenshare", t_us)
            if screens:
                shares.append(Tile(peer.peer_id, "screenshare", name, screens))
            seen = self._showing(peer.peer_id, "peer", t_us)
            muted, picture = self._muted(peer, t_us), self._timeline.picture_at(peer.peer_id, t_us)
            cameras.append(Tile(peer.peer_id, "peer", name, seen, muted, picture))
        return Scene(tuple(shares), tuple(cameras))

    def _bringing(self, t_us: int) -> tuple[TrackKey, ...]:
        """Return the tracks that brought the page up to a moment, also those of a browser that is gone: its last
        picture stays until the next one has one."""
        found = []
        for peer in self._timeline.peers.values():
            if peer.joined_us <= t_us and self.includes(peer):
                for key, track in self._tracks[peer.peer_id].items():
                    since = track.steps[0][0] if track.steps else peer.joined_us
                    if track.kind == "video" and key in self._timeline.tracks and since <= t_us:
                        found.append((since, key))
        return tuple(key for _, key in sorted(found, reverse=True))

    def _showing(self, peer_id: str, source: StreamKind, t_us: int) -> tuple[TrackKey, ...]:
        return tuple(
            key
            for key, track in sorted(self._tracks[peer_id].items(), key=lambda item: item[0])
            if track.kind == "video"
            and track.source == source
            and key in self._timeline.tracks
            and track.at(t_us)
            and not self._timeline.muted_at(key, t_us)
        )

    def _muted(self, peer: PeerSpan, t_us: int) -> bool:
        """Tell whether a peer cannot be heard: its microphones are muted or gone, or it never had one."""
        known = [(k, t) for k, t in self._tracks[peer.peer_id].items() if t.kind == "audio" and t.source == "peer"]
        if any(track.at(t_us) and not self._timeline.muted_at(key, t_us) for key, track in known):
            return False
        if any(not track.steps or track.steps[0][0] <= t_us for _, track in known):
            return True
        return bool(self._timeline.events) and t_us >= peer.joined_us + SETTLED_US
