"""Owns opening picture files that come from outside, PNG, JPEG and WebP: decoded within bounds, or refused."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageMath, ImageOps, UnidentifiedImageError

from roomtape.errors import RenderError

MOST_PIXELS = 20_000_000
"""A file of a few kilobytes can claim any size; this one takes 80 MB of memory."""

_FORMATS = ("PNG", "JPEG", "WEBP")
# What Pillow's decoders raise for damaged files, besides its own OSError and UnidentifiedImageError.
_DAMAGE = (OSError, SyntaxError, ValueError, KeyError, IndexError, EOFError, struct.error, zlib.error, MemoryError)


def check(file: Path) -> None:
    """Decode the whole picture and forget it. Raises RenderError, which says what is wrong with it."""
    with _opened(file) as image:
        image.load()


def decoded(file: Path, at_least: tuple[int, int] | None = None) -> Image.Image:
    """Return the picture upright, as RGB or RGBA; of an animated one the first frame.

    A JPEG may come out smaller than it is, yet `at_least` so large, which saves most of the work. Raises RenderError,
    one sentence that says what is wrong with the file.
    """
    with _opened(file) as image:
        if at_least is not None and image.format == "JPEG":
            image.draft("RGB", (max(at_least), max(at_least)))
        image.load()
        return ImageOps.exif_transpose(_plain(image))


@contextmanager
def _opened(file: Path) -> Iterator[Image.Image]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about broken EXIF and large pictures: our own bounds hold
            with Image.open(file, formats=_FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    size = f"{image.width} x {image.height}"
                    raise RenderError(f"the picture has {size} pixels; give one with {MOST_PIXELS:,} pixels at most")
                yield image
    except Image.DecompressionBombError:
        raise RenderError(f"the picture is too large; give one with {MOST_PIXELS:,} pixels at most") from None
    except UnidentifiedImageError:
        raise RenderError("the file is no picture; give a PNG, JPEG or WebP") from None
    except _DAMAGE as error:
        raise RenderError(f"the picture is damaged and cannot be decoded: {error}") from error


def _plain(image: Image.Image) -> Image.Image:
    """Return RGB, or RGBA if something may be transparent. Pillow would cut 16-bit greys off at 255."""
    clear = image.info.get("transparency")
    if image.mode.startswith("I"):
        deep = image.convert("I")
        plain = deep.point(lambda grey: grey * (1 / 257) + 0).convert("RGB")
        if isinstance(clear, int):
            shown = ImageMath.lambda_eval(
                lambda known: known["convert"]((known["deep"] != clear) * 255, "L"), deep=deep
            )
            plain.putalpha(shown)
    else:
        plain = image.convert("RGBA" if clear is not None or image.has_transparency_data else "RGB")
    plain.info.update({k: v for k, v in image.info.items() if k == "exif"})  # it says which way is up
    return plain
