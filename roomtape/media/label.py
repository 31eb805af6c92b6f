"""Owns the name labels on tiles, made once and kept."""

from __future__ import annotations

from functools import lru_cache

from PIL import Image

from roomtape.media import text
from roomtape.media.compose import Picture
from roomtape.media.marks import muted_microphone
from roomtape.media.raster import even, picture

_GROUND = (0, 0, 0, 150)
_INK = (255, 255, 255, 255)


@lru_cache(maxsize=256)
def label(name: str, tile_width: int, tile_height: int, muted: bool = False) -> Picture | None:
    """Return the name on a dark, translucent ground, sized for a tile, with a struck-out microphone if `muted`.

    Its sizes are even. A name wider than the tile is shortened, with an ellipsis. None for an empty name that is not
    muted, and where the tile has no room.
    """
    shown = text.clean(name)
    size = max(10, min(tile_height // 18, tile_width // 14))
    pad = size // 2
    mark = (size + pad // 2 if shown else size) if muted else 0
    room = tile_width - 4 * pad - mark
    if not (shown or muted) or room <= 0:
        return None
    line = text.shortened(shown, size, room)
    image = Image.new("RGBA", (min(even(line.width + 2 * pad + mark), tile_width), even(size + pad)), _GROUND)
    if muted:
        image.alpha_composite(muted_microphone(size), (pad, (image.height - size) // 2))
    line.draw(image, pad + mark, image.height / 2, _INK)
    return picture(image if image.height <= tile_height else image.crop((0, 0, image.width, tile_height)))
