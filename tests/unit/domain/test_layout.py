"""Tests of the composed picture's geometry."""

from itertools import combinations
from typing import get_args

import pytest

from roomtape.domain.layout import GUTTER, MAX_SHARES, MAX_TILES, Places, Rect, arrange, contain, grid
from roomtape.domain.recording_config import LayoutName

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
        assert tile.width / tile.height < 1.9
        assert tile.width / tile.height > 1.65 or size[1] >= size[0]
    for a, b in combinations(tiles, 2):
        apart_x = a.x + a.width + GUTTER <= b.x or b.x + b.width + GUTTER <= a.x
        apart_y = a.y + a.height + GUTTER <= b.y or b.y + b.height + GUTTER <= a.y
        assert apart_x or apart_y


def test_one_fills_a_wide_canvas_and_four_are_two_by_two() -> None:
    assert grid(1, 1280, 720) == [Rect(0, 0, 1280, 720)]
    assert [(t.x, t.y) for t in grid(4, 1280, 720)] == [(0, 0), (642, 0), (0, 362), (642, 362)]


def test_upright_canvases_are_used_in_all_their_height() -> None:
    assert grid(1, 720, 1280) == [Rect(0, 0, 720, 1280)]
    assert grid(2, 720, 1280) == [Rect(0, 0, 720, 638), Rect(0, 642, 720, 638)]
    assert {(t.width, t.height) for t in grid(4, 720, 720)} == {(358, 358)}


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


def rects(places: Places) -> list[Rect]:
    return [*places.shares, *places.people, *([places.more] if places.more else [])]


@pytest.mark.parametrize("layout", get_args(LayoutName))
@pytest.mark.parametrize(
    "size", [*CANVASES, (160, 90), (90, 160), (64, 64), (800, 720), (3840, 2160), (3840, 90), (90, 3840)]
)
def test_every_layout_is_whole_on_every_canvas(size: tuple[int, int], layout: LayoutName) -> None:
    for shares in (0, 1, 2, 5, 12):
        for people in (0, 1, 2, 5, 6, 7, 10, 25, 40):
            places = arrange(layout, shares, people, *size)
            found = rects(places)
            for r in found:
                assert all(v % 2 == 0 for v in (r.x, r.y, r.width, r.height))
                assert min(r.x, r.y) >= 0
                assert min(r.width, r.height) >= 2
                assert r.x + r.width <= size[0]
                assert r.y + r.height <= size[1]
            assert not any(a.within(b) for a, b in combinations(found, 2))
            if layout != "single_speaker":
                assert len(places.shares) == min(shares, MAX_SHARES)
                assert (places.more is not None) == (len(places.people) < people)


def test_the_grid_counts_those_for_whom_there_is_no_tile() -> None:
    assert arrange("auto", 0, 25, 1280, 720) == Places(people=tuple(grid(25, 1280, 720)))
    crowd = arrange("grid", 2, 40, 1280, 720)
    assert [len(crowd.shares), len(crowd.people), len(rects(crowd))] == [2, 22, 25]


def test_a_shared_screen_is_large_with_the_people_at_the_side() -> None:
    places = arrange("auto", 1, 3, 1280, 720)
    assert places == arrange("speaker", 1, 3, 1280, 720)
    (screen,) = places.shares
    assert (screen.x, screen.y, screen.height) == (0, 0, 720)
    assert screen.width > 1000
    assert {t.x + t.width for t in places.people} == {1280}
    assert len(arrange("auto", 1, 5, 1280, 720).people) == 5
    crowd = arrange("auto", 1, 6, 1280, 720)
    assert len(crowd.people) == 4
    assert crowd.more
    alone = arrange("auto", 1, 0, 1280, 720)
    assert alone.shares == (Rect(0, 0, 1280, 720),)


@pytest.mark.parametrize("size", [(720, 1280), (720, 720)])
def test_upright_and_square_canvases_have_the_strip_at_the_bottom(size: tuple[int, int]) -> None:
    places = arrange("speaker", 0, 7, *size)
    large, *strip = places.people
    assert places.large
    assert (large.x, large.y, large.width) == (0, 0, 720)
    assert all(t.y > large.height for t in strip)
    assert len(strip) == 6
    assert max(t.y + t.height for t in strip) == size[1]


def test_several_screens_share_the_large_place() -> None:
    one = arrange("auto", 1, 4, 1280, 720)
    two = arrange("auto", 2, 4, 1280, 720)
    assert two.people == one.people
    assert all(r.within(one.shares[0]) == r for r in two.shares)
    assert len({(r.width, r.height) for r in two.shares}) == 1


def test_the_active_speaker_is_large_or_alone() -> None:
    places = arrange("speaker", 0, 4, 1280, 720)
    assert places.large
    assert places.people[0].width > 3 * places.people[1].width
    assert arrange("speaker", 0, 1, 1280, 720).people == (Rect(0, 0, 1280, 720),)
    assert arrange("single_speaker", 3, 9, 1280, 720) == Places(people=(Rect(0, 0, 1280, 720),), large=True)
    assert arrange("single_speaker", 0, 0, 1280, 720) == Places()


def test_the_part_of_a_rectangle_within_another() -> None:
    assert Rect(0, 0, 10, 10).within(Rect(4, 6, 20, 20)) == Rect(4, 6, 6, 4)
    assert Rect(0, 0, 10, 10).within(Rect(10, 0, 4, 4)) is None
