"""Owns the canvas: one YUV 4:2:0 picture that is kept from tick to tick and on which only what changed is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from roomtape.domain.layout import Rect, contain

VideoFrame = av.VideoFrame
"""A decoded picture, for those who only pass it on."""
Plane = NDArray[np.uint8]
_Parts = NDArray[np.uint16]
Colour = tuple[int, int, int]
"""Y, U, V of ITU-R BT.601, limited range."""

BLACK: Colour = (16, 128, 128)
BACKGROUND: Colour = (28, 128, 128)
LETTERBOX: Colour = (20, 128, 128)
CUT = 8
"""A picture that is at most this much larger than its tile is cut at the edges: sharper than resampling, and free."""

# AVCOL_SPC_* and AVCOL_RANGE_* of libavutil/pixfmt.h, where PyAV has no names for them.
MATRIX_BT709 = 1
MATRIX_BT601 = 6  # AVCOL_SPC_SMPTE170M
RANGE_LIMITED, _RANGE_FULL = 1, 2


@dataclass(frozen=True)
class Picture:
    """Planes of a picture in 4:2:0; Y is height x width, U and V are half of it each way. With `opacity` (each 0 to
    256, one array a plane) it is blended, else copied."""

    planes: tuple[Plane, Plane, Plane]
    opacity: tuple[_Parts, _Parts, _Parts] | None = None

    @property
    def width(self) -> int:
        return int(self.planes[0].shape[1])

    @property
    def height(self) -> int:
        return int(self.planes[0].shape[0])


class Canvas:
    """The picture that is encoded. Colours are BT.601, limited range: what WebRTC's senders deliver, so that their
    pictures need no conversion; sources tagged otherwise are converted. The encoder tags its output accordingly. A page
    comes in BT.709, and is kept so."""

    def __init__(self, width: int, height: int, matrix: int = MATRIX_BT601) -> None:
        self.frame = av.VideoFrame(width, height, "yuv420p")
        self.frame.colorspace = matrix
        self.frame.color_range = RANGE_LIMITED
        self._planes = planes_of(self.frame)
        self.whole = Rect(0, 0, width, height)
        self.fill(self.whole, BACKGROUND)

    def fill(self, rect: Rect, colour: Colour) -> None:
        """Paint `rect` in one colour."""
        for plane, value, (rows, columns) in zip(self._planes, colour, _slices(rect), strict=True):
            plane[rows, columns] = value

    def stamp(self, picture: Picture, x: int, y: int, within: Rect | None = None) -> Stamp:
        """Return what puts a picture with its top left corner at (x, y), both even, as far as it lies in `within`."""
        part = Rect(x, y, picture.width, picture.height).within(within or self.whole)
        stamp = Stamp()
        if part is not None:
            inner = _slices(Rect(part.x - x, part.y - y, part.width, part.height))
            for i, (plane, (rows, columns)) in enumerate(zip(self._planes, _slices(part), strict=True)):
                opacity = None if picture.opacity is None else picture.opacity[i][inner[i]]
                stamp.add(plane[rows, columns], picture.planes[i][inner[i]], opacity)
        return stamp

    def paste(self, picture: Picture, x: int, y: int, within: Rect | None = None) -> None:
        """Put a picture where `stamp` would, once."""
        self.stamp(picture, x, y, within).press()

    def window(self, fitted: Fitted, within: Rect | None = None) -> Window:
        """Return what shows pictures like `fitted` in their place, or in the part of it that lies in `within`."""
        return Window(self._planes, fitted, within or self.whole)

    def show(self, fitted: Fitted) -> None:
        """Copy a fitted picture to its place. What of its rectangle it does not fill stays as it is."""
        self.window(fitted).show(fitted)


class Stamp:
    """A picture made ready to be put on one place of a canvas, again and again."""

    def __init__(self) -> None:
        self._copied: list[tuple[Plane, Plane]] = []
        self._blended: list[tuple[Plane, Plane, _Parts, _Parts]] = []

    def add(self, target: Plane, source: Plane, opacity: _Parts | None) -> None:
        if opacity is None:
            self._copied.append((target, source))
        else:
            self._blended.append((target, source, 256 - opacity, np.empty(target.shape, np.uint16)))

    def press(self) -> None:
        """Put it there."""
        for target, source in self._copied:
            target[...] = source
        for target, source, rest, mixed in self._blended:
            # source is multiplied by its opacity already, so that a blend is one product and one sum.
            np.multiply(target, rest, out=mixed)
            mixed >>= 8
            mixed += source
            target[...] = mixed


@dataclass(slots=True)
class Fitted:
    """A picture made ready for `rect`: turned clockwise by `rotation` degrees it goes to `where`, and is cut evenly at
    its edges where it is larger."""

    picture: av.VideoFrame
    where: Rect
    rect: Rect
    rotation: int = 0

    @property
    def shape(self) -> tuple[Rect, int, int, int]:
        """What two of them have in common that can be shown by one window."""
        return self.where, self.rotation, self.picture.width, self.picture.height


class Window:
    """A place on a canvas where pictures of one shape are shown, one after another."""

    def __init__(self, planes: tuple[Plane, Plane, Plane], fitted: Fitted, within: Rect) -> None:
        self.shape = fitted.shape
        where, self._rotation, width, height = self.shape
        if self._rotation % 180:
            width, height = height, width
        part = where.within(within) or Rect(where.x, where.y, 0, 0)
        left, top = _even_half(width - where.width), _even_half(height - where.height)
        inner = Rect(left + part.x - where.x, top + part.y - where.y, part.width, part.height)
        self._parts = [(p[at], cut) for p, at, cut in zip(planes, _slices(part), _slices(inner), strict=True)]

    def show(self, fitted: Fitted) -> None:
        """Copy a picture of this shape to its place."""
        for (target, cut), source in zip(self._parts, planes_of(fitted.picture), strict=True):
            target[...] = _turned(source, self._rotation)[cut]


class Scaler:
    """Scales and converts the pictures of one tile. It keeps the C context, which is remade when a size changes.

    `matrix` is the canvas's; `sent` that of all that comes, whatever its codec says of it. Without it that is believed,
    and an untagged source counts as BT.601, as browsers take it.
    """

    def __init__(self, matrix: int = MATRIX_BT601, sent: int | None = None) -> None:
        self._matrix = matrix
        self._sent = sent
        self._reformatter = VideoReformatter()

    def fit(self, source: av.VideoFrame, rect: Rect, rotation: int = 0) -> Fitted:
        """Return `source` ready to be shown in `rect`, upright, whole and in its own shape.

        It is scaled first and turned when it is copied, which costs next to nothing.
        """
        lying = rotation % 180 != 0
        width, height = (source.height, source.width) if lying else (source.width, source.height)
        if 0 <= width - rect.width <= CUT and 0 <= height - rect.height <= CUT:
            return Fitted(self.converted(source, source.width, source.height), rect, rect, rotation)
        where = contain(width, height, rect)
        size = (where.height, where.width) if lying else (where.width, where.height)
        return Fitted(self.converted(source, *size), where, rect, rotation)

    def converted(self, source: av.VideoFrame, width: int, height: int) -> av.VideoFrame:
        """Return `source` at that size as limited-range yuv420p; the very same frame where it is that already."""
        full = source.color_range == _RANGE_FULL or source.format.name == "yuvj420p"
        tagged = MATRIX_BT709 if source.colorspace == MATRIX_BT709 else MATRIX_BT601
        matrix = tagged if self._sent is None else self._sent
        if (
            source.width == width
            and source.height == height
            and source.format.name == "yuv420p"
            and not full
            and matrix == self._matrix
        ):
            return source
        return self._reformatter.reformat(
            source,
            width=width,
            height=height,
            format="yuv420p",
            src_colorspace=_SPACES[matrix],
            dst_colorspace=_SPACES[self._matrix],
            src_color_range=ColorRange.JPEG if full else ColorRange.MPEG,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.BILINEAR,
            threads=1,
        )


_SPACES = {MATRIX_BT601: Colorspace.ITU601, MATRIX_BT709: Colorspace.ITU709}


def planes_of(frame: av.VideoFrame) -> tuple[Plane, Plane, Plane]:
    """Return the planes of a yuv420p frame as arrays that share its memory."""
    y, u, v = (np.frombuffer(memoryview(p), np.uint8).reshape(-1, p.line_size) for p in frame.planes)
    half_w, half_h = (frame.width + 1) // 2, (frame.height + 1) // 2
    return y[: frame.height, : frame.width], u[:half_h, :half_w], v[:half_h, :half_w]


def _turned(plane: Plane, rotation: int) -> Plane:
    """Return a view of a plane, turned clockwise by 0, 90, 180 or 270 degrees."""
    return np.rot90(plane, -rotation // 90) if rotation else plane


def _slices(rect: Rect) -> tuple[tuple[slice, slice], ...]:
    luma = slice(rect.y, rect.y + rect.height), slice(rect.x, rect.x + rect.width)
    half = (
        slice(rect.y // 2, (rect.y + rect.height) // 2),
        slice(rect.x // 2, (rect.x + rect.width) // 2),
    )
    return luma, half, half


def _even_half(excess: int) -> int:
    return (max(0, excess) // 2) & ~1
