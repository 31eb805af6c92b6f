"""Owns the pictures of a composite: one canvas that is kept from tick to tick, with what changed drawn over it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from roomtape.capture.timeline import Timeline
from roomtape.domain.layout import Rect
from roomtape.domain.recording_config import VideoConfig
from roomtape.errors import RenderError
from roomtape.media import still
from roomtape.media.avatar import avatar, more
from roomtape.media.compose import (
    BACKGROUND,
    BLACK,
    LETTERBOX,
    MATRIX_BT601,
    Canvas,
    Colour,
    Fitted,
    Picture,
    Stamp,
    VideoFrame,
    Window,
)
from roomtape.media.label import label
from roomtape.media.marks import ring
from roomtape.render.composite_clock import OutputClock
from roomtape.render.composite_scene import Scenes
from roomtape.render.composite_stage import Change, Patch, Stage

_Placed = tuple[Picture, int, int]
"""A picture and where on the canvas its top left corner is."""

_LABEL = 0.6
"""Of the canvas's shorter side: a label is not larger than for a tile of that height, however large its own is."""
_LABELLED = 54
"""Pixels of height from which on a tile has a label: on a lower one it would hide a third of the face."""
_MARGIN = 40
"""A label or watermark keeps this part of the height of its tile, or of the canvas's shorter side, to the edges."""


@dataclass
class _Plate:
    """How a tile is drawn as long as only its picture changes: `under` is painted in the colour of the `bars` before
    the picture, what is `over` it after; the `frame` only when all is drawn."""

    window: Window
    bars: Colour
    under: list[Rect]
    frame: list[Stamp]
    over: list[Stamp]


class Painter:
    """Draws the pictures of a composite, in order, in the colours of `matrix`."""

    def __init__(
        self,
        timeline: Timeline,
        scenes: Scenes,
        video: VideoConfig,
        recording_id: str | None,
        matrix: int = MATRIX_BT601,
    ) -> None:
        self._timeline = timeline
        self._scenes = scenes
        self._video = video
        self._recording_id = recording_id
        self._canvas = Canvas(video.width, video.height, matrix)
        self._watermark: _Placed | None = None
        self._plates: dict[Rect, _Plate] = {}
        self.stage = Stage(timeline, scenes, video, matrix)
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

    @property
    def _ground(self) -> Colour:
        """What lies behind all tiles; beside a page, and before its first picture, is nothing."""
        return BLACK if self._scenes.of_page else BACKGROUND

    def _draw(self, change: Change) -> None:
        canvas = self._canvas
        if change.clear:
            canvas.fill(canvas.whole, self._ground)
            self._plates.clear()
        for patch in change.patches:
            if patch.fitted is not None:
                self._draw_picture(patch, patch.fitted)
            else:
                self._draw_avatar(patch)
            if self._watermark is not None and not change.clear:
                canvas.paste(*self._watermark, within=patch.rect)
        if self._watermark is not None and change.clear:
            canvas.paste(*self._watermark)

    def _draw_avatar(self, patch: Patch) -> None:
        canvas, rect, tile = self._canvas, patch.rect, patch.tile
        if tile is None:
            canvas.paste(more(patch.others, rect.width, rect.height), rect.x, rect.y)
            return
        canvas.paste(avatar(tile.name, tile.peer_id, rect.width, rect.height, tile.picture), rect.x, rect.y)
        inner, frame = self._frame(patch)
        text = self._label(patch)
        for over in (*frame, *([canvas.stamp(*text, within=inner)] if text else [])):
            over.press()

    def _draw_picture(self, patch: Patch, fitted: Fitted) -> None:
        plate = self._plates.get(patch.rect)
        if patch.bare or plate is None or plate.window.shape != fitted.shape:
            plate = self._plates[patch.rect] = self._plate(patch, fitted)
        if patch.bare and fitted.where != patch.rect:
            self._canvas.fill(patch.rect, plate.bars)
        elif not patch.bare:
            for under in plate.under:
                self._canvas.fill(under, plate.bars)
        plate.window.show(fitted)
        if patch.bare:
            for strip in plate.frame:
                strip.press()
        for over in plate.over:
            over.press()

    def _plate(self, patch: Patch, fitted: Fitted) -> _Plate:
        canvas, rect = self._canvas, patch.rect
        inner, frame = self._frame(patch)
        text = self._label(patch)
        marked = self._watermark and _place(self._watermark).within(inner)
        translucent = [place for place in (text and _place(text).within(inner), marked) if place]
        return _Plate(
            # A frame that is there already stays: what lies within it is all that changes.
            canvas.window(fitted, inner),
            self._ground if patch.large else LETTERBOX,
            translucent if fitted.where != rect else [],
            frame,
            [*(frame if marked else []), *([canvas.stamp(*text, within=inner)] if text else [])],
        )

    def _frame(self, patch: Patch) -> tuple[Rect, list[Stamp]]:
        """Return what lies within the frame of who speaks, and the frame; all of the tile and nothing without one."""
        rect = patch.rect
        strips = ring(rect.width, rect.height) if patch.speaking and not (patch.large and patch.fitted) else []
        if not strips:
            return rect, []
        thick = strips[0][0].height
        inner = Rect(rect.x + thick, rect.y + thick, rect.width - 2 * thick, rect.height - 2 * thick)
        return inner, [self._canvas.stamp(strip, rect.x + x, rect.y + y) for strip, x, y in strips]

    def _label(self, patch: Patch) -> _Placed | None:
        rect, tile = patch.rect, patch.tile
        if tile is None or rect.height < _LABELLED:
            return None
        height = min(rect.height, int(min(self._video.width, self._video.height) * _LABEL))
        text = label(tile.name, rect.width, height, tile.muted and tile.source == "peer")
        if text is None:
            return None
        margin = (height // _MARGIN) & ~1
        return text, rect.x + margin, rect.y + rect.height - text.height - margin

    def _find_watermark(self) -> _Placed | None:
        """Return the recording's watermark and its place, None if there is none, or none that can be read.

        A page has none: it is recorded as it is shown.
        """
        wanted, file = self._video.watermark, self._timeline.watermark(self._recording_id)
        if wanted is None or file is None or self._scenes.of_page:
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


def _place(placed: _Placed) -> Rect:
    picture, x, y = placed
    return Rect(x, y, picture.width, picture.height)
