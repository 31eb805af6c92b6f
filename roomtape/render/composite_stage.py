"""Owns what is to be drawn at each moment of a composite: tiles and their pictures, and what of it has changed."""

from __future__ import annotations

from dataclasses import dataclass

from roomtape.capture.timeline import Timeline
from roomtape.capture.values import TrackKey
from roomtape.domain.layout import MAX_SHARES, Places, Rect, arrange
from roomtape.domain.recording_config import VideoConfig
from roomtape.media.compose import MATRIX_BT601, MATRIX_BT709, Fitted, Scaler
from roomtape.render.composite_scene import Scene, Scenes, Tile
from roomtape.render.composite_video import Shown, VideoFeed
from roomtape.render.findings import LayoutChange, Seen

HOLD_CAMERA_US = 10_000_000
"""A camera without any frame for so long shows the avatar: a frozen face would pass for a live one."""
HOLD_SCREEN_US = 60_000_000
"""A screen that does not change may send next to nothing."""
COMING_US = 2_000_000
"""A page is there already when its track begins; its first picture, which comes when it is asked for, is shown from
then on if it takes no longer than this. One that does not change sends a picture a second, and a busy machine late."""

_Live = tuple[TrackKey, Shown]
"""A track and what it shows."""


@dataclass(slots=True)  # not frozen, which makes the making of one cost four times as much
class Patch:
    """A tile to be drawn anew: `fitted` or, without a picture, the avatar of `tile`; without a tile, "+`others`".

    `large` is whether the tile has a large place, `bare` whether what lies beside the picture has to be painted too.
    The picture of a page has no tile.
    """

    rect: Rect
    tile: Tile | None
    fitted: Fitted | None = None
    speaking: bool = False
    large: bool = False
    bare: bool = True
    others: int = 0


@dataclass(frozen=True)
class Change:
    """What differs from the tick before; `clear` when the tiles lie elsewhere now."""

    clear: bool
    patches: list[Patch]


@dataclass
class _Slot:
    """A place in the layout and what was drawn there last."""

    rect: Rect
    large: bool = False
    marks: tuple[Tile | None, bool] | None = None
    picture: tuple[TrackKey, int] | None = None
    where: Rect | None = None


class Stage:
    """Decides what is to be drawn: decodes and scales. Moments are asked for in order."""

    def __init__(self, timeline: Timeline, scenes: Scenes, video: VideoConfig, matrix: int = MATRIX_BT601) -> None:
        self._timeline = timeline
        self._scenes = scenes
        self._video = video
        self._matrix = matrix
        self._feeds: dict[TrackKey, VideoFeed] = {}
        self._scalers: dict[TrackKey, Scaler] = {}
        self._counts: tuple[int, int] | None = None
        self._last_us = 0
        self._places = Places()
        self._slots: list[_Slot] = []
        self._changes: list[LayoutChange] = []
        self._told: tuple[tuple[str, str], ...] | None = None
        self._told_of: Scene | None = None

    def open(self, first_us: int, last_us: int) -> None:
        """Read what the moments from `first_us` to `last_us` need; the next change draws everything."""
        self._scenes.open(first_us)
        peers = self._timeline.peers
        for key, reader in self._timeline.tracks.items():
            peer = peers.get(key.peer_id)
            if reader.info.kind == "video" and peer is not None and self._scenes.includes(peer):
                self.read(key, first_us, last_us)
        self._counts = self._told = self._told_of = None
        self._last_us = last_us

    def read(self, key: TrackKey, first_us: int, last_us: int) -> None:
        """Read what the moments need of one track alone."""
        self._feeds.setdefault(key, VideoFeed(self._timeline.tracks[key])).read(first_us, last_us + 1)

    def digest(self, key: TrackKey) -> int:
        """Return a number that stands for what a track gave for the moments opened or read last; 0 for nothing."""
        feed = self._feeds.get(key)
        return feed.digest() if feed else 0

    def take_damaged(self) -> dict[TrackKey, int]:
        """Return for each track that has any how many frames could not be decoded since this was asked last."""
        return {key: damaged for key, feed in self._feeds.items() if (damaged := feed.take_damaged())}

    def take_layout(self) -> tuple[LayoutChange, ...]:
        """Return how the layout changed since this was asked last; a stretch that was opened begins with a change."""
        found, self._changes = tuple(self._changes), []
        return found

    def change(self, t_us: int) -> Change:
        """Return what to draw at session time `t_us` over what was drawn before."""
        scene = self._scenes.at(t_us)
        if self._scenes.of_page:
            return self._page(scene.page, t_us)
        shares = self._shared(scene, t_us)
        counts = len(shares), len(scene.people)
        clear = counts != self._counts
        if clear:
            self._lay_out(counts)
        people = scene.people[: len(self._places.people)]
        content: list[tuple[Tile, _Live | None]] = [*shares, *((tile, self._live(tile, t_us)) for tile in people)]
        if clear or shares or scene is not self._told_of:
            self._tell(t_us, content)
            self._told_of = scene
        patches = []
        for slot, (tile, live) in zip(self._slots, content, strict=True):
            speaking = tile.source == "peer" and tile.peer_id in scene.speaking
            marks, picture = (tile, speaking), live and (live[0], live[1].version)
            if marks != slot.marks or picture != slot.picture:
                patches.append(self._patch(slot, tile, live, speaking))
                slot.marks, slot.picture = marks, picture
        if clear and self._places.more is not None:
            patches.append(Patch(self._places.more, None, others=counts[1] - len(people)))
        return Change(clear, patches)

    def _page(self, tracks: tuple[TrackKey, ...], t_us: int) -> Change:
        """Return the newest picture of a page, all over the canvas. Before the first there is none, so that the canvas
        stays as it was cleared."""
        clear = self._counts is None
        if clear:
            self._counts = 0, 0
            self._slots = [_Slot(Rect(0, 0, self._video.width, self._video.height), True)]
        slot, live = self._slots[0], self._newest(tracks, t_us)
        shown = ((live[0].peer_id, self._timeline.tracks[live[0]].info.source),) if live else ()
        if shown != self._told:
            self._told = shown
            seen = tuple(Seen(*who) for who in shown)
            self._changes.append(LayoutChange(t_us, "page", seen, seen))
        if live is None or (picture := (live[0], live[1].version)) == slot.picture:
            return Change(clear, [])
        patch = self._patch(slot, None, live, False)
        slot.marks, slot.picture = (None, False), picture
        return Change(clear, [patch])

    def _newest(self, tracks: tuple[TrackKey, ...], t_us: int) -> _Live | None:
        """Return the first of `tracks` that has a picture, however old. While none has, the first one coming."""
        feeds = [(key, self._feeds[key]) for key in tracks if key in self._feeds]
        for key, feed in feeds:
            shown = feed.show(t_us)
            if shown is not None:
                return key, shown
        # No further than the segment reaches: what comes after it is not read, and not known yet of one that is live.
        until_us = min(t_us + COMING_US, self._last_us)
        for key, feed in feeds:
            coming_us = feed.next_keyframe_us()
            if coming_us is not None and coming_us <= until_us and (shown := feed.show(coming_us)) is not None:
                return key, shown
        return None

    def _lay_out(self, counts: tuple[int, int]) -> None:
        video = self._video
        self._counts = counts
        self._places = places = arrange(video.layout, *counts, video.width, video.height)
        strip = bool(places.shares) and video.layout != "grid"
        self._slots = [_Slot(rect, strip) for rect in places.shares]
        self._slots += [_Slot(rect, places.large and i == 0) for i, rect in enumerate(places.people)]

    def _patch(self, slot: _Slot, tile: Tile | None, live: _Live | None, speaking: bool) -> Patch:
        if live is None:
            slot.where = slot.rect
            return Patch(slot.rect, tile, None, speaking, slot.large)
        key, shown = live
        scaler = self._scalers.get(key)
        if scaler is None:
            # A browser captures its tabs in BT.709; VP8 cannot say so.
            sent = MATRIX_BT709 if self._scenes.of_page else None
            scaler = self._scalers[key] = Scaler(self._matrix, sent)
        fitted = scaler.fit(shown.picture, slot.rect, shown.rotation)
        bare = fitted.where != slot.where or (tile, speaking) != slot.marks
        slot.where = fitted.where
        return Patch(slot.rect, tile, fitted, speaking, slot.large, bare)

    def _shared(self, scene: Scene, t_us: int) -> list[tuple[Tile, _Live | None]]:
        """Return the screens to be seen: those that have a picture."""
        found: list[tuple[Tile, _Live | None]] = []
        for tile in scene.shares if self._video.layout != "single_speaker" else ():
            live = self._live(tile, t_us)
            if live is not None and len(found) < MAX_SHARES:
                found.append((tile, live))
        return found

    def _live(self, tile: Tile, t_us: int) -> _Live | None:
        hold = HOLD_CAMERA_US if tile.source == "peer" else HOLD_SCREEN_US
        feeds = [(key, self._feeds[key]) for key in tile.tracks if key in self._feeds]
        if len(feeds) > 1:
            # A camera that was published anew is another track: the one that sent last is the live one.
            for _, feed in feeds:
                feed.pass_over(t_us)
            feeds.sort(key=lambda f: f[1].last_us or 0, reverse=True)
        for key, feed in feeds:
            shown = feed.show(t_us, hold)
            if shown is not None:
                return key, shown
        return None

    def _tell(self, t_us: int, content: list[tuple[Tile, _Live | None]]) -> None:
        shown = tuple((tile.peer_id, tile.source) for tile, _ in content)
        if shown == self._told:
            return
        self._told = shown
        places, layout = self._places, self._video.layout
        tiles = tuple(Seen(*who) for who in shown)
        large = tuple(tile for tile, slot in zip(tiles, self._slots, strict=True) if slot.large)
        name = "screen" if any(slot.large for slot in self._slots[: len(places.shares)]) else layout
        hidden = (self._counts or (0, 0))[1] - len(places.people)
        self._changes.append(LayoutChange(t_us, "grid" if name == "auto" else name, large, tiles, hidden))
