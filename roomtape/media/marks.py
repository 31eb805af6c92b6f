"""Owns the small signs on a tile: the struck-out microphone of who is muted, and the frame of who is speaking."""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageDraw

from roomtape.media.compose import Picture
from roomtape.media.raster import even, picture

_RED = (255, 99, 88, 255)
_SPEAKING = (64, 200, 110)
_SMOOTH = 8
"""Shapes are drawn so many times larger and scaled down: Pillow's have no smooth edges of their own."""


@lru_cache(maxsize=16)
def muted_microphone(size: int) -> Image.Image:
    """Return the sign for a muted microphone, RGBA, `size` pixels each way."""
    side = size * _SMOOTH
    image = Image.new("RGBA", (side, side), (*_RED[:3], 0))
    brush = ImageDraw.Draw(image)

    def at(*tenths: float) -> list[float]:
        return [side * t / 10 for t in tenths]

    line = max(1, side // 11)
    brush.rounded_rectangle(at(3.5, 0.6, 6.5, 6.0), side * 0.15, fill=_RED)
    brush.arc(at(2.0, 1.6, 8.0, 7.8), 0, 180, fill=_RED, width=line)
    brush.line(at(5.0, 7.6, 5.0, 9.4), fill=_RED, width=line)
    brush.line(at(3.2, 9.3, 6.8, 9.3), fill=_RED, width=line)
    brush.line(at(0.2, 1.4, 8.8, 10.0), fill=(*_RED[:3], 0), width=line)  # keeps the stroke apart from the shape
    brush.line(at(1.0, 0.9, 9.4, 9.3), fill=_RED, width=line)
    return image.resize((size, size), Image.Resampling.BOX)


@lru_cache(maxsize=32)
def ring(width: int, height: int) -> list[tuple[Picture, int, int]]:
    """Return the frame of a speaker's tile as strips, each with its offset (x, y) in the tile; all are even.

    `width` and `height` of the tile are even.
    """
    side = min(width, height)
    thick = even(max(side / 70, min(4, side / 24)))  # thinner than 4 pixels it is hardly seen in a small tile
    if min(width, height) <= 2 * thick:
        return []
    across, upright = _strip(width, thick), _strip(thick, height - 2 * thick)
    return [(across, 0, 0), (across, 0, height - thick), (upright, 0, thick), (upright, width - thick, thick)]


def _strip(width: int, height: int) -> Picture:
    return picture(Image.new("RGB", (width, height), _SPEAKING))
