"""Owns the pictures of a composite: the tiles of each moment, drawn on one canvas that is kept from tick to tick."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from roomtape.capture.timeline import Timeline
from roomtape.capture.values import TrackKey
from roomtape.domain.layout import MAX_TILES, Rect, grid
from roomtape.media.compose import BACKGROUND, Canvas, Fitted, Scaler, VideoFrame
from roomtape.media.overlay import avatar, label
from roomtape.render.composite_clock import OutputClock
from roomtape.render.composite_scene import Scenes, Tile
from roomtape.render.composite_video import VideoFeed

HOLD_CAMERA_US = 10_000_000
"""A camera without any frame for so long shows the avatar: a frozen face would pass for a live one."""
HOLD_SCREEN_US = 60_000_000
"""A screen that does not change may send next to nothing."""

_Shown = tuple[TrackKey, VideoFrame, int]
"""A track, its picture and the picture's version."""


@dataclass(frozen=True)
class _Patch:
    """A tile to be drawn: its picture, or None for the avatar."""

    tile: Tile
    rect: Rect
    fitted: Fitted | None


@dataclass(frozen=True)
class _Change:
    """What differs from the tick before; `clear` when the tiles lie elsewhere now."""

    clear: bool
    patches: list[_Patch]


class Stage:
    """Decides what is to be drawn: decodes and scales. Moments are asked for in order."""

    def __init__(self, timeline: Timeline, scenes: Scenes, width: int, height: int) -> None:
        self._timeline = timeline
        self._scenes = scenes
        self._size = width, height
        self._feeds: dict[TrackKey, VideoFeed] = {}
        self._scalers: dict[TrackKey, Scaler] = {}
        self._tiles: tuple[Tile, ...] | None = None
        self._rects: list[Rect] = []
        self._drawn: list[tuple[TrackKey, int] | None] = []

    def open(self, first_us: int, last_us: int) -> None:
        """Read what the moments from `first_us` to `last_us` need; the next change draws everything."""
        peers = self._timeline.peers
        for key, reader in self._timeline.tracks.items():
            peer = peers.get(key.peer_id)
            if reader.info.kind == "video" and peer is not None and self._scenes.includes(peer):
                self.read(key, first_us, last_us)
        self._tiles = None

    def read(self, key: TrackKey, first_us: int, last_us: int) -> None:
        """Read what the moments need of one track alone."""
        self._feeds.setdefault(key, VideoFeed(self._timeline.tracks[key])).read(first_us, last_us + 1)

    def digest(self, key: TrackKey) -> int:
        """Return a number that stands for what a track gave for the moments opened or read last; 0 for nothing."""
        feed = self._feeds.get(key)
        return feed.digest() if feed else 0

    def take_damaged(self) -> dict[TrackKey, int]:
        """Return how many frames of each track could not be decoded since this was asked last."""
        return {key: damaged for key, feed in self._feeds.items() if (damaged := feed.take_damaged())}

    def change(self, t_us: int) -> _Change:
        """Return what to draw at session time `t_us` over what was drawn before."""
        seen = self._seen(t_us)
        tiles = tuple(tile for tile, _ in seen)
        clear = tiles != self._tiles
        if clear:
            self._tiles = tiles
            self._rects = grid(len(tiles), *self._size)
            self._drawn = [None] * len(tiles)
        patches = []
        for i, (tile, shown) in enumerate(seen):
            state = (shown[0], shown[2]) if shown else (TrackKey("", 0), 0)
            if self._drawn[i] != state:
                self._drawn[i] = state
                fitted = self._scaler(shown[0]).fit(shown[1], self._rects[i]) if shown else None
                patches.append(_Patch(tile, self._rects[i], fitted))
        return _Change(clear, patches)

    def _seen(self, t_us: int) -> list[tuple[Tile, _Shown | None]]:
        seen: list[tuple[Tile, _Shown | None]] = []
        for tile in self._scenes.at(t_us):
            if len(seen) == MAX_TILES:
                break
            shown = self._shown(tile, t_us)
            if shown is not None or tile.source == "peer":
                seen.append((tile, shown))
        return seen

    def _shown(self, tile: Tile, t_us: int) -> _Shown | None:
        hold = HOLD_CAMERA_US if tile.source == "peer" else HOLD_SCREEN_US
        feeds = [(key, self._feeds[key]) for key in tile.tracks if key in self._feeds]
        for _, feed in feeds:
            feed.pass_over(t_us)
        # A camera that was published anew is another track: the one that sent last is the live one.
        for key, feed in sorted(feeds, key=lambda f: f[1].last_us or 0, reverse=True):
            shown = feed.show(t_us, hold)
            if shown is not None:
                return key, *shown
        return None

    def _scaler(self, key: TrackKey) -> Scaler:
        return self._scalers.setdefault(key, Scaler())


class Painter:
    """Draws the pictures of a composite, in order."""

    def __init__(self, timeline: Timeline, scenes: Scenes, width: int, height: int) -> None:
        self._canvas = Canvas(width, height)
        self.stage = Stage(timeline, scenes, width, height)
        # Decodes and scales the next picture while this one is encoded: the same work, on the other core.
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="stage")

    def pictures(self, clock: OutputClock, first: int, end: int) -> Iterator[tuple[int, VideoFrame]]:
        """Yield (tick, canvas) for the ticks `first` to `end` (excluded). The canvas is drawn over for the next one."""
        self.stage.open(clock.tick_us(first), clock.tick_us(end - 1))
        coming = self._worker.submit(self.stage.change, clock.tick_us(first))
        for tick in range(first, end):
            change = coming.result()
            if tick + 1 < end:
                coming = self._worker.submit(self.stage.change, clock.tick_us(tick + 1))
            self._draw(change)
            yield tick, self._canvas.frame

    def _draw(self, change: _Change) -> None:
        if change.clear:
            self._canvas.fill(self._canvas.whole, BACKGROUND)
        for patch in change.patches:
            tile, rect = patch.tile, patch.rect
            if patch.fitted is not None:
                self._canvas.show(patch.fitted)
            else:
                self._canvas.paste(avatar(tile.name, tile.peer_id, rect.width, rect.height), rect.x, rect.y)
            text = label(tile.name, rect.width, rect.height)
            if text is not None:
                margin = (rect.height // 40) & ~1
                self._canvas.paste(text, rect.x + margin, rect.y + rect.height - text.height - margin)
