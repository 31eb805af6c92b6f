"""Owns the test picture: a machine-readable counter, a number, a moving bar and a flash on a coloured ground.

The places are fractions of the picture, so that a reader finds them in any tile of a composite. They keep clear of
the edges (a crop from 16:9 to 4:3 leaves them whole) and of the lower left corner (where names are written).
The browser page of the tests draws the same picture from `geometry()`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Plane = NDArray[np.uint8]

ID_BITS, COUNTER_BITS, CHECK_BITS = 6, 10, 4
IDS, COUNTERS = 1 << ID_BITS, 1 << COUNTER_BITS
ROWS, COLUMNS = 2, 12
SYNC = (1, 0)
"""Each row opens with a white and a black cell, which give a reader its threshold."""

FLASH_FRAMES = 2
_WHITE, _BLACK, _GREY = 235, 16, 128


@dataclass(frozen=True)
class Area:
    """A rectangle in fractions of the picture's width and height."""

    x: float
    y: float
    width: float
    height: float

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Return left, top, right, bottom in a picture of `width` x `height`, all even (chroma is subsampled)."""
        left, top = round(self.x * width / 2) * 2, round(self.y * height / 2) * 2
        right = round((self.x + self.width) * width / 2) * 2
        return left, top, right, round((self.y + self.height) * height / 2) * 2


CODE = Area(0.14, 0.12, 0.72, 0.32)
NUMBER = Area(0.14, 0.5, 0.36, 0.28)
FLASH = Area(0.56, 0.5, 0.3, 0.28)
BAR = Area(0.14, 0.84, 0.72, 0.05)

COLOURS: tuple[tuple[int, int, int], ...] = (
    (200, 40, 40),
    (40, 150, 60),
    (50, 80, 210),
    (200, 150, 30),
    (150, 50, 180),
    (30, 150, 170),
    (220, 100, 150),
    (110, 110, 110),
)
"""RGB grounds; participant `identity` has number `identity % 8`."""


def geometry() -> dict[str, Any]:
    """Return the picture's places and code parameters in JSON form, for the page that draws it in a browser."""
    areas = {"code": CODE, "number": NUMBER, "flash": FLASH, "bar": BAR}
    return {name: [a.x, a.y, a.width, a.height] for name, a in areas.items()} | {
        "rows": ROWS,
        "columns": COLUMNS,
        "sync": list(SYNC),
        "idBits": ID_BITS,
        "counterBits": COUNTER_BITS,
        "flashFrames": FLASH_FRAMES,
        "colours": [list(c) for c in COLOURS],
    }


def check(value: int) -> int:
    """Return the 4-bit checksum of the 16 bits of identity and counter: CRC-4-ITU (x^4 + x + 1), initial value 15.

    The initial value makes an all-black or all-white picture invalid.
    """
    crc = 0b1111
    for shift in range(ID_BITS + COUNTER_BITS - 1, -1, -1):
        carry = (crc >> 3) ^ ((value >> shift) & 1)
        crc = ((crc << 1) & 0b1111) ^ (0b0011 if carry else 0)
    return crc


def encode_cells(identity: int, counter: int) -> tuple[int, ...]:
    """Return the 24 cells (1 white, 0 black), row by row: sync, then identity, counter, checksum, high bits first."""
    value = (identity % IDS) << COUNTER_BITS | counter % COUNTERS
    word = value << CHECK_BITS | check(value)
    bits = [(word >> shift) & 1 for shift in range(ID_BITS + COUNTER_BITS + CHECK_BITS - 1, -1, -1)]
    payload = COLUMNS - len(SYNC)
    return tuple(cell for row in range(ROWS) for cell in (*SYNC, *bits[row * payload : (row + 1) * payload]))


def decode_cells(cells: tuple[int, ...]) -> tuple[int, int] | None:
    """Return (identity, counter), or None where sync or checksum do not hold."""
    word = 0
    for row in range(ROWS):
        line = cells[row * COLUMNS : (row + 1) * COLUMNS]
        if line[: len(SYNC)] != SYNC:
            return None
        for cell in line[len(SYNC) :]:
            word = word << 1 | cell
    value, crc = word >> CHECK_BITS, word & ((1 << CHECK_BITS) - 1)
    return (value >> COUNTER_BITS, value & (COUNTERS - 1)) if check(value) == crc else None


def yuv(rgb: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return an RGB colour as Y, U, V of ITU-R BT.601, limited range."""
    r, g, b = (c / 255 for c in rgb)
    y = 0.299 * r + 0.587 * g + 0.114 * b
    return round(16 + 219 * y), round(128 + 224 * (b - y) / 1.772), round(128 + 224 * (r - y) / 1.402)


@dataclass
class TestPicture:
    """Draws frames of one participant; `width` and `height` must be even."""

    __test__ = False

    width: int
    height: int
    fps: int
    identity: int
    colour: tuple[int, int, int]

    def planes(self, counter: int) -> tuple[Plane, Plane, Plane]:
        """Return Y (height x width) and U, V (half of it each way) of frame `counter`; frame 0 begins a second."""
        tone = yuv(self.colour)
        luma = np.full((self.height, self.width), tone[0], np.uint8)
        chroma = [np.full((self.height // 2, self.width // 2), c, np.uint8) for c in tone[1:]]
        for area in (CODE, NUMBER, FLASH, BAR):
            left, top, right, bottom = area.pixels(self.width, self.height)
            luma[top:bottom, left:right] = _BLACK
            for plane in chroma:
                plane[top // 2 : bottom // 2, left // 2 : right // 2] = _GREY
        self._code(luma, counter)
        self._number(luma, counter)
        left, top, right, bottom = FLASH.pixels(self.width, self.height)
        if counter % self.fps < FLASH_FRAMES:
            luma[top:bottom, left:right] = _WHITE
        left, top, right, bottom = BAR.pixels(self.width, self.height)
        thumb = (right - left) // 10
        at = left + (right - left - thumb) * (counter % self.fps) // self.fps
        luma[top:bottom, at : at + thumb] = _WHITE
        return luma, chroma[0], chroma[1]

    def _code(self, luma: Plane, counter: int) -> None:
        left, top, right, bottom = CODE.pixels(self.width, self.height)
        columns = np.linspace(left, right, COLUMNS + 1).round().astype(int)
        rows = np.linspace(top, bottom, ROWS + 1).round().astype(int)
        for i, cell in enumerate(encode_cells(self.identity, counter)):
            row, column = divmod(i, COLUMNS)
            if cell:
                luma[rows[row] : rows[row + 1], columns[column] : columns[column + 1]] = _WHITE

    def _number(self, luma: Plane, counter: int) -> None:
        left, top, right, bottom = NUMBER.pixels(self.width, self.height)
        image = Image.new("L", (right - left, bottom - top), _BLACK)
        text = f"{self.identity}: {counter}"
        ImageDraw.Draw(image).text((4, 2), text, _WHITE, _font(max(8, (right - left) // 6)))
        luma[top:bottom, left:right] = np.asarray(image)


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
