"""Tests of the composed picture's geometry."""

from itertools import combinations

import pytest

from roomtape.domain.layout import GUTTER, MAX_TILES, Rect, contain, grid

CANVASES = [(1280, 720), (720, 1280), (720, 720), (1920, 1080), (640, 360)]


@pytest.mark.parametrize("size", CANVASES)
@pytest.mark.parametrize("n", range(1, MAX_TILES + 1))
def test_tiles_are_even_inside_apart_and_wide(n: int, size: tuple[int, int]) -> None:
    tiles = grid(n, *size)
    assert len(tiles) == n
    assert len({(t.width, t.height) for t in tiles}) == 1
    for tile in tiles:
        assert all(v % 2 == 0 for v in (tile.x, tile.y, tile.width, tile.height))
        assert tile.x >= 0
        assert tile.y >= 0
        assert tile.x + tile.width <= size[0]
        assert tile.y + tile.height <= size[1]
        assert 1.65 < tile.width / tile.height < 1.9
    for a, b in combinations(tiles, 2):
        apart_x = a.x + a.width + GUTTER <= b.x or b.x + b.width + GUTTER <= a.x
        apart_y = a.y + a.height + GUTTER <= b.y or b.y + b.height + GUTTER <= a.y
        assert apart_x or apart_y


def test_one_fills_a_wide_canvas_and_four_are_two_by_two() -> None:
    assert grid(1, 1280, 720) == [Rect(0, 0, 1280, 720)]
    assert [(t.x, t.y) for t in grid(4, 1280, 720)] == [(0, 0), (642, 0), (0, 362), (642, 362)]


def test_the_last_row_is_centred() -> None:
    first, second, third = grid(3, 1280, 720)
    assert third.x + third.width / 2 == pytest.approx(640, abs=2)
    assert first.y == second.y < third.y


def test_nobody_has_no_tile_and_too_many_are_cut() -> None:
    assert grid(0, 1280, 720) == []
    assert len(grid(40, 1280, 720)) == MAX_TILES


@pytest.mark.parametrize(
    ("source", "within", "expected"),
    [
        ((640, 360), Rect(0, 0, 640, 360), Rect(0, 0, 640, 360)),
        ((640, 360), Rect(642, 0, 638, 358), Rect(642, 0, 638, 358)),
        ((640, 480), Rect(10, 20, 640, 360), Rect(90, 20, 480, 360)),
        ((360, 640), Rect(0, 0, 640, 360), Rect(218, 0, 202, 360)),
        ((1280, 320), Rect(0, 0, 640, 360), Rect(0, 100, 640, 160)),
        ((4000, 2), Rect(0, 0, 640, 360), Rect(0, 178, 640, 2)),
    ],
)
def test_a_picture_is_shown_whole_and_centred(source: tuple[int, int], within: Rect, expected: Rect) -> None:
    assert contain(*source, within) == expected
