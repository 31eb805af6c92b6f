"""Owns the pictures of a composite: one canvas that is kept from tick to tick, with what changed drawn over it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from roomtape.capture.timeline import Timeline
from roomtape.domain.layout import Rect
from roomtape.domain.recording_config import VideoConfig
from roomtape.errors import RenderError
from roomtape.media import still
from roomtape.media.avatar import avatar, more
from roomtape.media.compose import BACKGROUND, LETTERBOX, Canvas, Picture, VideoFrame
from roomtape.media.label import label
from roomtape.media.marks import ring
from roomtape.render.composite_clock import OutputClock
from roomtape.render.composite_scene import Scenes, Tile
from roomtape.render.composite_stage import Change, Patch, Stage

_Placed = tuple[Picture, int, int]
"""A picture and where on the canvas its top left corner is."""

_LABEL = 0.6
"""Of the canvas's shorter side: a label is not larger than for a tile of that height, however large its own is."""
_LABELLED = 54
"""Pixels of height from which on a tile has a label: on a lower one it would hide a third of the face."""
_MARGIN = 40
"""A label or watermark keeps this part of the height of its tile, or of the canvas's shorter side, to the edges."""


class Painter:
    """Draws the pictures of a composite, in order."""

    def __init__(self, timeline: Timeline, scenes: Scenes, video: VideoConfig, recording_id: str | None) -> None:
        self._timeline = timeline
        self._video = video
        self._recording_id = recording_id
        self._canvas = Canvas(video.width, video.height)
        self._watermark: _Placed | None = None
        self.stage = Stage(timeline, scenes, video)
        # Decodes and scales the next picture while this one is encoded: the same work, on the other core.
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="stage")

    def pictures(self, clock: OutputClock, first: int, end: int) -> Iterator[tuple[int, VideoFrame]]:
        """Yield (tick, canvas) for the ticks `first` to `end` (excluded). The canvas is drawn over for the next one."""
        self._watermark = self._watermark or self._find_watermark()
        self.stage.open(clock.tick_us(first), clock.tick_us(end - 1))
        coming = self._worker.submit(self.stage.change, clock.tick_us(first))
        for tick in range(first, end):
            change = coming.result()
            if tick + 1 < end:
                coming = self._worker.submit(self.stage.change, clock.tick_us(tick + 1))
            self._draw(change)
            yield tick, self._canvas.frame

    def _draw(self, change: Change) -> None:
        canvas = self._canvas
        if change.clear:
            canvas.fill(canvas.whole, BACKGROUND)
        for patch in change.patches:
            self._draw_patch(patch)
            if self._watermark is not None and not change.clear:
                canvas.paste(*self._watermark, within=patch.rect)
        if self._watermark is not None and change.clear:
            canvas.paste(*self._watermark)

    def _draw_patch(self, patch: Patch) -> None:
        canvas, rect, tile = self._canvas, patch.rect, patch.tile
        if tile is None:
            canvas.paste(more(patch.others, rect.width, rect.height), rect.x, rect.y)
            return
        framed = patch.speaking and (patch.fitted is None or not patch.large)
        strips = ring(rect.width, rect.height) if framed else []
        inner = _inset(rect, strips[0][0].height) if strips else rect
        text = self._label(patch, tile)
        if patch.fitted is not None:
            self._make_bars(patch, inner, [text] if text else [])
            # A frame that is there already stays: what lies within it is all that changes.
            canvas.show(patch.fitted, inner)
        else:
            canvas.paste(avatar(tile.name, tile.peer_id, rect.width, rect.height, tile.picture), rect.x, rect.y)
        if patch.bare or self._marked(rect):
            for strip, x, y in strips:
                canvas.paste(strip, rect.x + x, rect.y + y)
        if text is not None:
            canvas.paste(*text, within=inner)

    def _make_bars(self, patch: Patch, inner: Rect, over: list[_Placed]) -> None:
        """Paint what the picture does not fill; once it is painted, only where something translucent lies over it."""
        assert patch.fitted is not None
        rect = patch.rect
        if patch.fitted.where == rect:
            return
        colour = BACKGROUND if patch.large else LETTERBOX
        if patch.bare:
            self._canvas.fill(rect, colour)
            return
        for picture, x, y in over if self._watermark is None else (*over, self._watermark):
            under = Rect(x, y, picture.width, picture.height).within(inner)
            if under is not None:
                self._canvas.fill(under, colour)

    def _label(self, patch: Patch, tile: Tile) -> _Placed | None:
        rect = patch.rect
        if rect.height < _LABELLED:
            return None
        height = min(rect.height, int(min(self._video.width, self._video.height) * _LABEL))
        text = label(tile.name, rect.width, height, tile.muted and tile.source == "peer")
        if text is None:
            return None
        margin = (height // _MARGIN) & ~1
        return text, rect.x + margin, rect.y + rect.height - text.height - margin

    def _marked(self, rect: Rect) -> bool:
        """Tell whether the watermark lies over a part of `rect`."""
        if self._watermark is None:
            return False
        mark, x, y = self._watermark
        return Rect(x, y, mark.width, mark.height).within(rect) is not None

    def _find_watermark(self) -> _Placed | None:
        """Return the recording's watermark and its place, None if there is none, or none that can be read."""
        wanted, file = self._video.watermark, self._timeline.watermark(self._recording_id)
        if wanted is None or file is None:
            return None
        width, height = self._video.width, self._video.height
        try:
            mark = still.watermark(file, wanted.width, wanted.height, (width, height))
        except RenderError:
            return None
        margin = (min(width, height) // _MARGIN) & ~1
        # One that fills the canvas from side to side leaves no margin.
        left, top = max(0, width - mark.width), max(0, height - mark.height)
        x = min(margin, left) if "left" in wanted.position else max(0, left - margin)
        y = min(margin, top) if "top" in wanted.position else max(0, top - margin)
        return mark, x, y


def _inset(rect: Rect, by: int) -> Rect:
    return Rect(rect.x + by, rect.y + by, rect.width - 2 * by, rect.height - 2 * by)
