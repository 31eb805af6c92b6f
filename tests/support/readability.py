"""Owns telling whether a line of text in a recorded picture can be read, letter by letter, without any OCR.

Each letter of the recorded line is compared with all letters of the alphabet as the same browser draws them at the same
place; it is read as the one that it resembles most. So small losses of a codec do no harm, and a letter that is smeared
into its neighbours, or into one of its own kind, is misread.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.async_api import Page

ALPHABET = string.ascii_letters + string.digits
Grey = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """A line as a browser draws it: `letters[c]` is one full of `c`, `edges` are where cells begin."""

    text: str
    true: Grey
    letters: dict[str, Grey]
    edges: tuple[int, ...]


async def drawn(page: Page, text: str, selector: str, width: int, height: int) -> Line:
    """Draw `text` as `page` shows it in the element that `selector` finds, monospaced, in a strip as wide as the page.

    The element lies alone between the left and right edges of the page, and is `height` px high.
    """
    lines = [text, *(c * len(text) for c in ALPHABET)]
    await page.set_viewport_size({"width": width, "height": height * len(lines)})
    left, advance = await page.evaluate(_DRAW, [selector, lines, height])
    whole = grey_png(await page.screenshot())
    strips = [whole[i * height : (i + 1) * height] for i in range(len(lines))]
    edges = tuple(round(left + i * advance) for i in range(len(text) + 1))
    return Line(text, strips[0], dict(zip(ALPHABET, strips[1:], strict=True)), edges)


_DRAW = """([selector, lines, height]) => {
  const first = document.querySelector(selector);
  const all = lines.map((line, i) => {
    const one = first.cloneNode(false);
    one.textContent = line;
    Object.assign(one.style, {position: "absolute", top: `${i * height}px`, bottom: "auto"});
    return one;
  });
  document.body.replaceChildren(...all);
  const range = document.createRange();
  range.selectNodeContents(all[0]);
  const {left, width} = range.getBoundingClientRect();
  return [left, width / lines[0].length];
}"""


def grey_png(png: bytes) -> Grey:
    """Decode a picture into its brightness, 0 to 255."""
    return grey(np.asarray(Image.open(BytesIO(png)).convert("RGB")))


def grey(rgb: NDArray[np.uint8]) -> Grey:
    """Return the brightness of a height x width x RGB picture, 0 to 255."""
    return np.asarray(rgb[..., :3] @ np.array([0.2126, 0.7152, 0.0722]), np.float64)


def read(strip: Grey, line: Line) -> str:
    """Return how the strip of a recorded picture is read; spaces are not looked at."""
    found = []
    for i, true in enumerate(line.text):
        if true == " ":
            found.append(" ")
            continue
        cell = slice(line.edges[i] - 1, line.edges[i + 1] + 1)
        seen = strip[:, cell]
        found.append(max(ALPHABET, key=lambda c: _alike(seen, line.letters[c][:, cell])))
    return "".join(found)


def _alike(one: Grey, other: Grey) -> float:
    a, b = one - one.mean(), other - other.mean()
    return float((a * b).sum() / max(1e-9, float(np.sqrt((a * a).sum() * (b * b).sum()))))


def psnr(strip: Grey, line: Line) -> float:
    """Return the peak signal-to-noise ratio in dB between the recorded strip and the drawn one, where the text lies."""
    where = slice(line.edges[0], line.edges[-1])
    error = float(((strip[:, where] - line.true[:, where]) ** 2).mean())
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def sharpness(strip: Grey, line: Line) -> float:
    """Return how steep the recorded text's edges are beside the drawn one's: 1 is as drawn, blur is less."""
    where = slice(line.edges[0], line.edges[-1])
    return float(_slopes(strip[:, where]) / _slopes(line.true[:, where]))


def _slopes(grey: Grey) -> float:
    return float((np.diff(grey, axis=1) ** 2).mean() ** 0.5)
