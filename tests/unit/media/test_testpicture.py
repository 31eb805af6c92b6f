from __future__ import annotations

import random

import numpy as np
import pytest

from roomtape.media import testpicture
from roomtape.media.testpicture import TestPicture, check, decode_cells, encode_cells


@pytest.mark.parametrize(("identity", "counter"), [(0, 0), (63, 1023), (1, 512), (37, 299)])
def test_cells_carry_identity_and_counter(identity: int, counter: int) -> None:
    assert decode_cells(encode_cells(identity, counter)) == (identity, counter)


def test_one_wrong_cell_is_always_noticed() -> None:
    cells = encode_cells(21, 700)
    for i in range(len(cells)):
        wrong = (*cells[:i], 1 - cells[i], *cells[i + 1 :])
        assert decode_cells(wrong) is None


def test_noise_rarely_passes() -> None:
    rng = random.Random(1)
    passed = sum(decode_cells(tuple(rng.randrange(2) for _ in range(24))) is not None for _ in range(4000))
    assert passed < 60  # 2^-8: four sync cells and four check bits


@pytest.mark.parametrize("value", [0x0000, 0x1234, 0xFFFF])
def test_the_checksum_is_the_remainder_of_a_polynomial_division(value: int) -> None:
    number = (value ^ 0xF000) << 4  # a register that starts with ones inverts the message's first four bits
    for shift in range(19, 3, -1):
        if number >> shift & 1:
            number ^= 0b10011 << (shift - 4)
    assert check(value) == number


def test_planes_have_the_ground_colour_and_an_even_layout() -> None:
    luma, u, v = TestPicture(640, 360, 30, 3, (200, 150, 30)).planes(5)
    assert (luma.shape, u.shape, v.shape) == ((360, 640), (180, 320), (180, 320))
    assert (luma[0, 0], u[0, 0], v[0, 0]) == testpicture.yuv((200, 150, 30))


def test_the_flash_lasts_two_frames_of_each_second() -> None:
    picture = TestPicture(320, 180, 10, 0, (0, 0, 0))
    left, top, right, bottom = testpicture.FLASH.pixels(320, 180)
    lit = [bool(picture.planes(n)[0][top:bottom, left:right].min() > 200) for n in range(22)]
    assert [n for n, on in enumerate(lit) if on] == [0, 1, 10, 11, 20, 21]


def test_the_bar_moves_each_frame() -> None:
    picture = TestPicture(640, 360, 30, 0, (0, 0, 0))
    left, top, right, _ = testpicture.BAR.pixels(640, 360)
    places = [int(np.argmax(picture.planes(n)[0][top, left:right])) for n in range(30)]
    assert places == sorted(set(places))


def test_white_and_black_are_bt601() -> None:
    assert testpicture.yuv((255, 255, 255)) == (235, 128, 128)
    assert testpicture.yuv((0, 0, 0)) == (16, 128, 128)
    assert testpicture.yuv((255, 0, 0)) == (81, 90, 240)


def test_the_page_gets_every_place() -> None:
    assert {"code", "number", "flash", "bar", "rows", "columns", "sync"} <= testpicture.geometry().keys()
