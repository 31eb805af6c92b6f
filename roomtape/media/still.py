"""Owns still pictures from outside as they are drawn: a watermark to be blended, a photo that fills a square."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageOps

from roomtape.media.compose import Picture
from roomtape.media.picturefile import decoded
from roomtape.media.raster import even, picture

LARGEST_SIDE = 3840
"""Of a watermark, unless its canvas is known to be smaller: the largest canvas there is."""


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
    image = decoded(file).convert("RGBA")
    size = _asked(image.size, width, height)
    shrink = min(1.0, within[0] / size[0], within[1] / size[1])
    size = max(1, round(size[0] * shrink)), max(1, round(size[1] * shrink))
    if image.size != size:
        image = image.resize(size, Image.Resampling.LANCZOS)
    whole = Image.new("RGBA", (even(size[0]), even(size[1])), (0, 0, 0, 0))
    whole.paste(image, (0, 0))
    return picture(whole)


def load_rgb(file: Path, width: int, height: int) -> Image.Image:
    """Return the middle of a picture as RGB, filling `width` by `height` pixels; white where it is transparent.

    Raises RenderError for a file that is no such picture.
    """
    image = decoded(file, at_least=(width, height))
    if image.mode != "RGB":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA")).convert("RGB")
    return ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)


def _asked(own: tuple[int, int], width: int | None, height: int | None) -> tuple[float, float]:
    """Both sides, the one not asked for following the picture's shape."""
    if width is not None:
        return width, height if height is not None else width * own[1] / own[0]
    return (height * own[0] / own[1], height) if height is not None else own
