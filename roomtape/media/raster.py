"""Owns the way from a Pillow image to planes that can be pasted on a canvas."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from roomtape.media.compose import Picture

_Real = NDArray[np.floating]
_Plane = NDArray[np.uint8]
_Parts = NDArray[np.uint16]
_BAND = 64
"""Rows that are worked on at once: in floating point a 4K picture takes 300 MB, its planes 12."""


def picture(image: Image.Image) -> Picture:
    """Return an RGB image as a picture that is copied, an RGBA image as one that is blended. Both its sides are even.

    What is transparent has no say in the colour of its neighbours, whatever colour lies under it.
    """
    pixels = np.asarray(image)
    bands = [_band(pixels[top : top + _BAND].astype(np.float32)) for top in range(0, image.height, _BAND)]
    y, u, v = (np.concatenate(planes) for planes in zip(*(colours for colours, _ in bands), strict=True))
    clear = [opacity for _, opacity in bands if opacity is not None]
    if not clear:
        return Picture((y, u, v))
    alpha, half = (np.concatenate(planes) for planes in zip(*clear, strict=True))
    return Picture((y, u, v), (alpha, half, half))


def _band(pixels: _Real) -> tuple[tuple[_Plane, _Plane, _Plane], tuple[_Parts, _Parts] | None]:
    """Return Y, U, V and, for RGBA, the opacity at full and at half size."""
    y, u, v = _yuv(pixels)
    if pixels.shape[2] == 3:
        return (_whole(y), _whole(_halved(u)), _whole(_halved(v))), None
    alpha = pixels[..., 3] / 255
    colours = _whole(y * alpha), _whole(_halved(u * alpha)), _whole(_halved(v * alpha))
    return colours, (_parts(alpha), _parts(_halved(alpha)))


def even(value: float) -> int:
    """Return the even number that is next above a length in pixels, 2 at least."""
    return max(2, (int(value) + 1) & ~1)


def _yuv(rgb: _Real) -> tuple[_Real, _Real, _Real]:
    """Y, U, V of ITU-R BT.601-7 (section 2.5), limited range, each at full size."""
    r, g, b = rgb[..., 0] / 255, rgb[..., 1] / 255, rgb[..., 2] / 255
    y = 16 + 65.481 * r + 128.553 * g + 24.966 * b
    u = 128 - 37.797 * r - 74.203 * g + 112 * b
    v = 128 + 112 * r - 93.786 * g - 18.214 * b
    return y, u, v


def _halved(plane: _Real) -> _Real:
    """Mean of each 2 x 2 pixels: chroma as 4:2:0 has it."""
    return np.asarray((plane[0::2, 0::2] + plane[1::2, 0::2] + plane[0::2, 1::2] + plane[1::2, 1::2]) / 4)


def _whole(plane: _Real) -> _Plane:
    return np.round(plane).astype(np.uint8)


def _parts(opacity: _Real) -> _Parts:
    """Opacity in 256ths."""
    return np.ceil(opacity * 256).astype(np.uint16)
