"""Owns the tiles that stand for people without a picture of their own: avatars, and the count of those not shown."""

from __future__ import annotations

import hashlib
import unicodedata
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw

from roomtape.errors import RenderError
from roomtape.media import still, text
from roomtape.media.compose import Picture
from roomtape.media.raster import picture as planes

_DISCS = (
    (92, 107, 192),
    (38, 166, 154),
    (239, 83, 80),
    (171, 71, 188),
    (66, 165, 245),
    (141, 110, 99),
    (102, 187, 106),
)
_TILE = (48, 48, 52)
_INK = (255, 255, 255, 255)
_RADIUS = 0.28
"""Of the disc, in parts of the tile's shorter side."""


@lru_cache(maxsize=64)
def avatar(name: str, identity: str, width: int, height: int, picture: Path | None = None) -> Picture:
    """Return a tile for someone without video; `width` and `height` are even.

    On a disc lies `picture`, cut round; without one, or where it cannot be read, the initials, on a colour that follows
    from `identity`.
    """
    image = Image.new("RGB", (width, height), _TILE)
    side = max(2, int(min(width, height) * _RADIUS * 2))
    face = _photo(picture, side) if picture is not None else None
    image.paste(face or _initialled(name, identity, side), _centred(side, width, height), _disc(side))
    return planes(image)


@lru_cache(maxsize=16)
def more(count: int, width: int, height: int) -> Picture:
    """Return the tile that says how many others there are (`+7`); `width` and `height` are even."""
    image = Image.new("RGB", (width, height), _TILE)
    _write(image, f"+{count}", int(min(width, height) * _RADIUS), width * 0.9)
    return planes(image)


def initials(name: str) -> str:
    """Return up to two initials in capitals: of the first and the last word; `?` for an empty name."""
    words = [parts for word in text.clean(name).split() if (parts := _letters(word))]
    if not words:
        return "?"
    if len(words) == 1:
        return words[0][0].upper()
    apart = "\u200c" if unicodedata.bidirectional(words[0][0][0]) == "AL" else ""  # or Arabic letters would join
    return f"{words[0][0]}{apart}{words[-1][0]}".upper()


def _letters(word: str) -> list[str]:
    """The characters of a word from its first letter or symbol on: a bracket is no initial."""
    parts = text.clusters(word)
    while len(parts) > 1 and not (parts[0][0].isalnum() or ord(parts[0][0]) > 0x2000):
        parts = parts[1:]
    return parts


def _initialled(name: str, identity: str, side: int) -> Image.Image:
    colour = _DISCS[hashlib.sha256(identity.encode()).digest()[0] % len(_DISCS)]
    image = Image.new("RGB", (side, side), colour)
    _write(image, initials(name), int(side * 0.4), side * 0.8)
    return image


def _write(image: Image.Image, words: str, size: int, room: float) -> None:
    line = text.laid_out(words, max(6, size))
    if line.width > room:
        line = text.laid_out(words, max(6, int(size * room / line.width)))
    line.draw(image, (image.width - line.width) / 2, image.height / 2, _INK)


def _photo(file: Path, side: int) -> Image.Image | None:
    try:
        return still.load_rgb(file, side, side)
    except RenderError:
        return None


def _disc(side: int) -> Image.Image:
    """Drawn at four times the size and scaled down: Pillow's shapes have no smooth edges of their own."""
    disc = Image.new("L", (side * 4, side * 4), 0)
    ImageDraw.Draw(disc).ellipse((0, 0, side * 4 - 1, side * 4 - 1), fill=255)
    return disc.resize((side, side))


def _centred(side: int, width: int, height: int) -> tuple[int, int, int, int]:
    left, top = (width - side) // 2, (height - side) // 2
    return left, top, left + side, top + side
