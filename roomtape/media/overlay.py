"""Owns what is drawn with letters: name labels and avatars, made once and kept."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from roomtape.media.compose import Picture

_FONT_FILES = (Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"), Path("DejaVuSans.ttf"))
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
_INK = (255, 255, 255)
_LONGEST_NAME = 80

Real = NDArray[np.floating]


@lru_cache(maxsize=256)
def label(name: str, tile_width: int, tile_height: int) -> Picture | None:
    """Return the name on a dark, translucent ground, sized for a tile; None for an empty name. Its sizes are even.

    A name wider than the tile is shortened, with an ellipsis.
    """
    text = " ".join(name.split())[:_LONGEST_NAME]
    size = max(10, tile_height // 18)
    font = _font(size)
    pad = size // 2
    room = tile_width - 4 * pad
    if not text or room <= 0:
        return None
    if font.getlength(text) > room:
        while text and font.getlength(text + "…") > room:
            text = text[:-1]
        text += "…"
    width, height = _even(int(font.getlength(text)) + 2 * pad), _even(size + pad)
    image = Image.new("RGBA", (min(width, tile_width), min(height, tile_height)), (0, 0, 0, 150))
    ImageDraw.Draw(image).text((pad, image.height // 2), text, fill=(*_INK, 255), font=font, anchor="lm")
    return _translucent(image)


@lru_cache(maxsize=64)
def avatar(name: str, identity: str, width: int, height: int) -> Picture:
    """Return a tile for someone without video: initials on a disc whose colour follows from `identity`."""
    image = Image.new("RGB", (width, height), _TILE)
    radius = min(width, height) * 0.28
    centre_x, centre_y = width / 2, height / 2
    colour = _DISCS[hashlib.sha256(identity.encode()).digest()[0] % len(_DISCS)]
    # Drawn at four times the size and scaled down: Pillow's shapes have no smooth edges of their own.
    side = max(2, int(radius * 2))
    disc = Image.new("L", (side * 4, side * 4), 0)
    ImageDraw.Draw(disc).ellipse((0, 0, side * 4 - 1, side * 4 - 1), fill=255)
    corner = int(centre_x - radius), int(centre_y - radius)
    image.paste(colour, (*corner, corner[0] + side, corner[1] + side), disc.resize((side, side)))
    ImageDraw.Draw(image).text(
        (centre_x, centre_y), initials(name), fill=_INK, font=_font(int(radius * 0.8)), anchor="mm"
    )
    y, u, v = _yuv(np.asarray(image, np.float32))
    return Picture((_whole(y), _whole(u), _whole(v)))


def initials(name: str) -> str:
    """Return up to two initials in capitals: of the first and the last word; `?` for an empty name."""
    words = [w for w in name.split() if w]
    if not words:
        return "?"
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else "")
    return letters.upper()


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for file in _FONT_FILES:
        try:
            return ImageFont.truetype(str(file), max(6, size))
        except OSError:
            continue
    return ImageFont.load_default(max(6, size))


def _translucent(image: Image.Image) -> Picture:
    pixels = np.asarray(image, np.float32)
    alpha = pixels[..., 3] / 255
    half = _halved(alpha)
    y, u, v = _yuv(pixels[..., :3])
    return Picture(
        (_whole(y * alpha), _whole(u * half), _whole(v * half)),
        (_parts(alpha), _parts(half), _parts(half)),
    )


def _yuv(rgb: NDArray[np.float32]) -> tuple[Real, Real, Real]:
    """Y, U, V of ITU-R BT.601-7 (section 2.5), limited range; chroma at half the size as 4:2:0 has it."""
    r, g, b = rgb[..., 0] / 255, rgb[..., 1] / 255, rgb[..., 2] / 255
    y = 16 + 65.481 * r + 128.553 * g + 24.966 * b
    u = 128 - 37.797 * r - 74.203 * g + 112 * b
    v = 128 + 112 * r - 93.786 * g - 18.214 * b
    return y, _halved(u), _halved(v)


def _halved(plane: Real) -> Real:
    """Mean of each 2 x 2 pixels."""
    return np.asarray((plane[0::2, 0::2] + plane[1::2, 0::2] + plane[0::2, 1::2] + plane[1::2, 1::2]) / 4)


def _whole(plane: Real) -> NDArray[np.uint8]:
    return np.round(plane).astype(np.uint8)


def _parts(opacity: Real) -> NDArray[np.uint16]:
    """Opacity in 256ths."""
    return np.ceil(opacity * 256).astype(np.uint16)


def _even(value: int) -> int:
    return (value + 1) & ~1
