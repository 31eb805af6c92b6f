"""Owns the pictures of a composite: what each video track shows at a moment, painted into its tile on the canvas."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import av

from roomtape.capture.timeline import Timeline
from roomtape.capture.tracks import TrackReader
from roomtape.capture.values import Frame, TrackKey
from roomtape.domain.layout import Rect, grid
from roomtape.media.compose import BACKGROUND, Canvas, Scaler
from roomtape.media.decode_video import CODECS, VideoDecoder
from roomtape.media.overlay import avatar, label
from roomtape.render.composite_clock import OutputClock
from roomtape.render.composite_scene import Scenes, Tile

HOLD_CAMERA_US = 10_000_000
"""A camera without any frame for so long shows the avatar: a frozen face would pass for a live one."""
HOLD_SCREEN_US = 60_000_000
"""A screen that does not change may send next to nothing."""
_CHUNK_US = 60_000_000


class VideoFeed:
    """One video track: read as far as needed, decoded only while somebody sees it, from the last keyframe on."""

    def __init__(self, reader: TrackReader) -> None:
        self._reader = reader
        self._decoder: VideoDecoder | None = None
        self._due: deque[Frame] = deque()
        self._skipped: list[Frame] = []
        self.last_us: int | None = None

    def read(self, start_us: int, until_us: int) -> None:
        """Read frames before session time `until_us`; what no moment from `start_us` on needs is thrown away."""
        first = self._reader.next_us()
        while first is not None and first < until_us:
            self._due.extend(self._reader.read(min(until_us, first + _CHUNK_US)))
            self.pass_over(start_us)
            first = self._reader.next_us()

    def pass_over(self, t_us: int) -> None:
        """Go on to session time `t_us` without decoding; what the next picture is predicted from is kept."""
        while self._due and self._due[0].time_us <= t_us:
            frame = self._due.popleft()
            if frame.keyframe:
                self._skipped.clear()
            self._skipped.append(frame)
            self.last_us = frame.time_us

    def show(self, t_us: int, hold_us: int) -> tuple[av.VideoFrame, int] | None:
        """Return the picture at session time `t_us` and its version, None if there is none or it is too old."""
        self.pass_over(t_us)
        if self.last_us is None or t_us - self.last_us >= hold_us:
            return None
        decoder = self._decoder
        if decoder is None:
            # The codec is known only once something of the track has been read.
            codec = self._reader.info.codec
            if codec not in CODECS:
                return None
            decoder = self._decoder = VideoDecoder(codec)
        for frame in self._skipped:
            decoder.decode(frame)
        self._skipped.clear()
        return None if decoder.picture is None else (decoder.picture, decoder.version)


class Painter:
    """Draws the composite of any moment, moments in order; only what changed since the last one is drawn."""

    def __init__(self, timeline: Timeline, scenes: Scenes, width: int, height: int) -> None:
        self._timeline = timeline
        self._scenes = scenes
        self._canvas = Canvas(width, height)
        self._feeds: dict[TrackKey, VideoFeed] = {}
        self._scalers: dict[tuple[str, str], Scaler] = {}
        self._shown: tuple[Tile, ...] | None = None
        self._rects: list[Rect] = []
        self._drawn: list[tuple[TrackKey, int] | None] = []

    def pictures(self, clock: OutputClock, first: int, end: int) -> Iterator[tuple[int, av.VideoFrame]]:
        """Yield (tick, canvas) for the ticks `first` to `end` (excluded). The canvas is drawn over for the next one."""
        start_us, last_us = clock.tick_us(first), clock.tick_us(end - 1)
        for key, reader in self._timeline.tracks.items():
            peer = self._timeline.peers.get(key.peer_id)
            if reader.info.kind == "video" and peer is not None and self._scenes.includes(peer):
                feed = self._feeds.setdefault(key, VideoFeed(reader))
                feed.read(start_us, last_us + 1)
        self._shown = None
        for tick in range(first, end):
            self._draw(clock.tick_us(tick))
            yield tick, self._canvas.frame

    def _draw(self, t_us: int) -> None:
        wanted = self._scenes.at(t_us)
        content = [(tile, self._content(tile, t_us)) for tile in wanted]
        seen = [(tile, what) for tile, what in content if what is not None or tile.source == "peer"]
        tiles = tuple(tile for tile, _ in seen)
        if tiles != self._shown:
            self._lay_out(tiles)
        for i, rect in enumerate(self._rects):
            tile, what = seen[i]
            state = (what[0], what[2]) if what else (TrackKey("", 0), 0)
            if self._drawn[i] == state:
                continue
            self._drawn[i] = state
            if what:
                scaler = self._scalers.setdefault((tile.peer_id, tile.source), Scaler())
                self._canvas.place(what[1], scaler, rect)
            else:
                self._canvas.paste(avatar(tile.name, tile.peer_id, rect.width, rect.height), rect.x, rect.y)
            self._name(tile.name, rect)

    def _content(self, tile: Tile, t_us: int) -> tuple[TrackKey, av.VideoFrame, int] | None:
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

    def _lay_out(self, tiles: tuple[Tile, ...]) -> None:
        whole = self._canvas.whole
        self._canvas.fill(whole, BACKGROUND)
        self._rects = grid(len(tiles), whole.width, whole.height)
        self._drawn = [None] * len(self._rects)
        self._shown = tiles

    def _name(self, name: str, rect: Rect) -> None:
        text = label(name, rect.width, rect.height)
        if text is not None:
            margin = (rect.height // 40) & ~1
            self._canvas.paste(text, rect.x + margin, rect.y + rect.height - text.height - margin)
