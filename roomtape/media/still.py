"""Owns still pictures that come from outside, PNG, JPEG and WebP: decoded within bounds, or refused in one sentence."""

from __future__ import annotations

import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from roomtape.errors import RenderError
from roomtape.media.compose import Picture
from roomtape.media.raster import even, picture

CONTENT_TYPES = ("image/png", "image/jpeg", "image/webp")
MOST_PIXELS = 20_000_000
"""A file of a few kilobytes can claim any size; this one takes 80 MB of memory at most."""
LARGEST_SIDE = 3840
"""Of a watermark, unless its canvas is known to be smaller: the largest canvas there is."""

_FORMATS = ("PNG", "JPEG", "WEBP")
# What Pillow's decoders raise for damaged files, besides its own OSError and UnidentifiedImageError.
_DAMAGE = (OSError, SyntaxError, ValueError, KeyError, IndexError, EOFError, struct.error, zlib.error, MemoryError)


def check(file: Path) -> None:
    """Decode the whole picture and forget it. Raises RenderError, which says what is wrong with it."""
    _decoded(file)


def watermark(
    file: Path,
    width: int | None = None,
    height: int | None = None,
    within: tuple[int, int] = (LARGEST_SIDE, LARGEST_SIDE),
) -> Picture:
    """Return a picture to be blended, at the size asked for in pixels; one side alone keeps the picture's shape.

    Larger than the canvas `within` (width, height, both even) it is scaled down, in its shape, until it fits. Its sides
    are even: an odd one is filled up with a transparent line. Raises RenderError for a file that is no such picture.
    """
    image = _decoded(file).convert("RGBA")
    size = _asked(image.size, width, height)
    shrink = min(1.0, within[0] / size[0], within[1] / size[1])
    size = max(1, int(size[0] * shrink)), max(1, int(size[1] * shrink))
    if image.size != size:
        image = image.resize(size, Image.Resampling.LANCZOS)
    whole = Image.new("RGBA", (even(size[0]), even(size[1])), (0, 0, 0, 0))
    whole.paste(image, (0, 0))
    return picture(whole)


def load_rgb(file: Path, width: int, height: int) -> Image.Image:
    """Return the middle of a picture as RGB, filling `width` by `height` pixels; white where it is transparent.

    Raises RenderError for a file that is no such picture.
    """
    image = _decoded(file, at_least=(width, height))
    if image.mode != "RGB":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA")).convert("RGB")
    return ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)


def _asked(own: tuple[int, int], width: int | None, height: int | None) -> tuple[float, float]:
    """Both sides, the one not asked for following the picture's shape."""
    if width is not None:
        return width, height if height is not None else width * own[1] / own[0]
    return (height * own[0] / own[1], height) if height is not None else own


def _decoded(file: Path, at_least: tuple[int, int] | None = None) -> Image.Image:
    """Return the picture upright, of 8 bits a channel; of an animated one the first frame.

    A JPEG may come out smaller than it is, yet `at_least` so large, which saves most of the work.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about broken EXIF and large pictures: our own bounds hold
            with Image.open(file, formats=_FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    size = f"{image.width} x {image.height}"
                    raise RenderError(f"the picture has {size} pixels; give one with {MOST_PIXELS:,} pixels at most")
                if at_least is not None and image.format == "JPEG":
                    image.draft("RGB", (max(at_least), max(at_least)))
                image.load()
                return ImageOps.exif_transpose(_shallow(image))
    except Image.DecompressionBombError:
        raise RenderError(f"the picture is too large; give one with {MOST_PIXELS:,} pixels at most") from None
    except UnidentifiedImageError:
        raise RenderError("the file is no picture; give a PNG, JPEG or WebP") from None
    except _DAMAGE as error:
        raise RenderError(f"the picture is damaged and cannot be decoded: {error}") from error


def _shallow(image: Image.Image) -> Image.Image:
    """Pillow cuts 16-bit greys off at 255 where it should scale them."""
    if not image.mode.startswith("I"):
        return image.convert("RGBA") if image.mode in ("P", "PA") or "transparency" in image.info else image.copy()
    deep = np.asarray(image)
    grey = Image.fromarray((np.clip(deep, 0, 65535) >> 8).astype(np.uint8))
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        grey.putalpha(Image.fromarray(np.where(deep == clear, 0, 255).astype(np.uint8)))
    return grey
