"""Owns the geometry of the composed picture: which rectangles a layout has, and how a picture fits in one."""

from __future__ import annotations

from dataclasses import dataclass

from roomtape.domain.recording_config import LayoutName

MAX_TILES = 25
MAX_SHARES = 9
GUTTER = 4
"""Pixels between tiles; half of it on canvases whose shorter side is less than SMALL pixels."""
SMALL = 240
STRIP_TILES = 5
"""Tiles in the strip at the side of a wide canvas."""
STRIP_COLUMNS = 3
"""Tiles in a row of the strip at the bottom of an upright or square canvas."""

_WIDE = 16 / 9
_SLACK = 1.02  # a cell this close to 16:9 is used whole: the eye does not see 2 %, but it sees hairline bars
_STRIP_WIDTH, _STRIP_HEIGHT = 0.25, 0.4  # the most of the canvas that a strip may take
_LEAST = 36  # pixels of height below which a tile in a strip shows nothing


@dataclass(frozen=True)
class Rect:
    """A rectangle in pixels from the top left corner; all four are even, so that it is whole in 4:2:0 chroma too."""

    x: int
    y: int
    width: int
    height: int

    def within(self, other: Rect) -> Rect | None:
        """Return the part that lies in `other`, None if there is none."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        right = min(self.x + self.width, other.x + other.width)
        bottom = min(self.y + self.height, other.y + other.height)
        return Rect(x, y, right - x, bottom - y) if x < right and y < bottom else None


@dataclass(frozen=True)
class Places:
    """The rectangles of a layout: of shared screens, of people in the order of their seats, and of the "+N" tile.

    `large` says that the first of the people is shown large. Whoever has no rectangle is not seen.
    """

    shares: tuple[Rect, ...] = ()
    people: tuple[Rect, ...] = ()
    more: Rect | None = None
    large: bool = False


def arrange(layout: LayoutName, shares: int, people: int, width: int, height: int) -> Places:
    """Return where `shares` screens and `people` persons are on a canvas of `width` by `height` pixels.

    `auto` is `grid` while nothing is shared, else the screens large and the people in a strip, and so is `speaker`,
    which without a screen shows the first person large and the others in a strip. `single_speaker` shows the first
    person and nothing else. A strip stands at the side of a wide canvas and at the bottom of an upright or square one.
    """
    if layout == "single_speaker":
        return Places(people=tuple(grid(min(people, 1), width, height)), large=people > 0)
    if layout == "grid" or (layout == "auto" and not shares):
        return _tiled(min(shares, MAX_SHARES), people, width, height)
    if shares:
        large, strip = _with_strip(people, width, height)
        return _seated(tuple(_split(min(shares, MAX_SHARES), large)), (), strip, people)
    if people <= 1:
        return Places(people=tuple(grid(people, width, height)), large=people > 0)
    large, strip = _with_strip(people - 1, width, height)
    return _seated((), (large,), strip, people - 1)


def grid(n: int, width: int, height: int) -> list[Rect]:
    """Return `n` equal tiles on a canvas of `width` by `height` pixels, row by row, the last row centred.

    The number of columns is the one that shows 16:9 pictures largest; among equals the one that leaves fewer cells
    empty. Tiles are 16:9, but on an upright or square canvas they are as high as there is room: it is made for phones,
    which send upright pictures. The block of tiles is centred. `n` above MAX_TILES gives MAX_TILES tiles, 0 none.
    """
    n = min(n, MAX_TILES)
    if n <= 0:
        return []
    gutter = _gutter(width, height)
    columns = max(range(1, n + 1), key=lambda c: _worth(n, c, width, height))
    rows = -(-n // columns)
    tile_w, tile_h = _tile(columns, rows, width, height)
    if height >= width:
        tile_h = max(tile_h, _even((height - (rows - 1) * gutter) // rows))
    top = _even((height - rows * tile_h - (rows - 1) * gutter) // 2)
    tiles = []
    for row in range(rows):
        in_row = min(columns, n - row * columns)
        left = _even((width - in_row * tile_w - (in_row - 1) * gutter) // 2)
        y = top + row * (tile_h + gutter)
        tiles += [Rect(left + column * (tile_w + gutter), y, tile_w, tile_h) for column in range(in_row)]
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


def _tiled(shares: int, people: int, width: int, height: int) -> Places:
    tiles = tuple(grid(shares + people, width, height))
    if shares + people <= MAX_TILES:
        return Places(tiles[:shares], tiles[shares:])
    return Places(tiles[:shares], tiles[shares:-1], tiles[-1])


def _seated(shares: tuple[Rect, ...], large: tuple[Rect, ...], strip: list[Rect], people: int) -> Places:
    """Put `people` into a strip; the last tile counts those for whom there is none."""
    if people <= len(strip):
        return Places(shares, (*large, *strip), large=bool(large))
    return Places(shares, (*large, *strip[:-1]), strip[-1], large=bool(large))


def _with_strip(people: int, width: int, height: int) -> tuple[Rect, list[Rect]]:
    """Return the large rectangle, and tiles for as many of `people` as a strip has room for."""
    if not people:
        return Rect(0, 0, width, height), []
    if height >= width:
        return _strip_below(people, width, height)
    gutter = _gutter(width, height)
    wanted = max(1, min(STRIP_TILES, (height + gutter) // (_LEAST + gutter)))
    tile_h = (height - (wanted - 1) * gutter) / wanted
    tile_w = max(2, _even(int(min(tile_h * _WIDE, width * _STRIP_WIDTH))))
    tile_h = max(2, _even(int(tile_w / _WIDE)))
    count = min(people, (height + gutter) // (tile_h + gutter))
    top = _even((height - count * tile_h - (count - 1) * gutter) // 2)
    x = width - tile_w
    tiles = [Rect(x, top + i * (tile_h + gutter), tile_w, tile_h) for i in range(count)]
    return Rect(0, 0, _even(x - gutter), height), tiles


def _strip_below(people: int, width: int, height: int) -> tuple[Rect, list[Rect]]:
    gutter = _gutter(width, height)
    tile_w = _even((width - (STRIP_COLUMNS - 1) * gutter) // STRIP_COLUMNS)
    tile_h = max(2, _even(int(tile_w / _WIDE)))
    most = max(1, int(height * _STRIP_HEIGHT) // (tile_h + gutter))
    rows = min(most, -(-people // STRIP_COLUMNS))
    top = _even(height - rows * tile_h - (rows - 1) * gutter)
    tiles = []
    for row in range(rows):
        in_row = min(STRIP_COLUMNS, people - row * STRIP_COLUMNS)
        left = _even((width - in_row * tile_w - (in_row - 1) * gutter) // 2)
        y = top + row * (tile_h + gutter)
        tiles += [Rect(left + column * (tile_w + gutter), y, tile_w, tile_h) for column in range(in_row)]
    return Rect(0, 0, width, _even(top - gutter)), tiles


def _split(n: int, area: Rect) -> list[Rect]:
    """Return `n` tiles in an area; one has all of it, whatever its shape."""
    if n == 1:
        return [area]
    return [Rect(area.x + t.x, area.y + t.y, t.width, t.height) for t in grid(n, area.width, area.height)]


def _worth(n: int, columns: int, width: int, height: int) -> tuple[int, int]:
    rows = -(-n // columns)
    tile_w, tile_h = _tile(columns, rows, width, height)
    return tile_w * tile_h, -(columns * rows - n)


def _tile(columns: int, rows: int, width: int, height: int) -> tuple[int, int]:
    gutter = _gutter(width, height)
    cell_w = (width - (columns - 1) * gutter) / columns
    cell_h = (height - (rows - 1) * gutter) / rows
    if cell_w > cell_h * _WIDE * _SLACK:
        cell_w = cell_h * _WIDE
    elif cell_h > cell_w / _WIDE * _SLACK:
        cell_h = cell_w / _WIDE
    return max(2, _even(int(cell_w))), max(2, _even(int(cell_h)))


def _gutter(width: int, height: int) -> int:
    return GUTTER if min(width, height) >= SMALL else GUTTER // 2


def _even(value: int) -> int:
    return value & ~1
