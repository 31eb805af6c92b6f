"""Owns the geometry of the composed picture: how many tiles become which rectangles, and how a picture fits in one."""

from __future__ import annotations

from dataclasses import dataclass

MAX_TILES = 25
GUTTER = 4
_WIDE = 16 / 9
_SLACK = 1.02  # a cell this close to 16:9 is used whole: the eye does not see 2 %, but it sees hairline bars


@dataclass(frozen=True)
class Rect:
    """A rectangle in pixels from the top left corner; all four are even, so that it is whole in 4:2:0 chroma too."""

    x: int
    y: int
    width: int
    height: int


def grid(n: int, width: int, height: int) -> list[Rect]:
    """Return `n` equal tiles on a canvas of `width` by `height` pixels, row by row, the last row centred.

    The number of columns is the one that shows 16:9 pictures largest; among equals the one that leaves fewer cells
    empty. The block of tiles is centred. `n` above MAX_TILES gives MAX_TILES tiles, 0 gives none.
    """
    n = min(n, MAX_TILES)
    if n <= 0:
        return []
    columns = max(range(1, n + 1), key=lambda c: _worth(n, c, width, height))
    rows = -(-n // columns)
    tile_w, tile_h = _tile(columns, rows, width, height)
    top = _even((height - rows * tile_h - (rows - 1) * GUTTER) // 2)
    tiles = []
    for row in range(rows):
        in_row = min(columns, n - row * columns)
        left = _even((width - in_row * tile_w - (in_row - 1) * GUTTER) // 2)
        y = top + row * (tile_h + GUTTER)
        tiles += [Rect(left + column * (tile_w + GUTTER), y, tile_w, tile_h) for column in range(in_row)]
    return tiles


def contain(source_width: int, source_height: int, within: Rect) -> Rect:
    """Return the largest rectangle of the source's shape inside `within`, centred.

    A source whose shape differs by less than 2 % gets all of `within`.
    """
    source, target = source_width / source_height, within.width / within.height
    if source > target * _SLACK:
        height = max(2, _even(round(within.width / source)))
        return Rect(within.x, within.y + _even((within.height - height) // 2), within.width, height)
    if target > source * _SLACK:
        width = max(2, _even(round(within.height * source)))
        return Rect(within.x + _even((within.width - width) // 2), within.y, width, within.height)
    return within


def _worth(n: int, columns: int, width: int, height: int) -> tuple[int, int]:
    rows = -(-n // columns)
    tile_w, tile_h = _tile(columns, rows, width, height)
    return tile_w * tile_h, -(columns * rows - n)


def _tile(columns: int, rows: int, width: int, height: int) -> tuple[int, int]:
    cell_w = (width - (columns - 1) * GUTTER) / columns
    cell_h = (height - (rows - 1) * GUTTER) / rows
    if cell_w > cell_h * _WIDE * _SLACK:
        cell_w = cell_h * _WIDE
    elif cell_h > cell_w / _WIDE * _SLACK:
        cell_h = cell_w / _WIDE
    return max(2, _even(int(cell_w))), max(2, _even(int(cell_h)))


def _even(value: int) -> int:
    return value & ~1
