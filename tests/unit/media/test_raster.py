"""Tests of turning images into planes."""

import numpy as np
import pytest
from PIL import Image

from roomtape.media.raster import even, picture


@pytest.mark.parametrize(
    ("rgb", "yuv"),
    [
        ((0, 0, 0), (16, 128, 128)),
        ((255, 255, 255), (235, 128, 128)),
        ((255, 0, 0), (81, 90, 240)),
        ((0, 255, 0), (145, 54, 34)),
        ((0, 0, 255), (41, 240, 110)),
    ],
)
def test_colours_are_those_of_bt_601(rgb: tuple[int, int, int], yuv: tuple[int, int, int]) -> None:
    made = picture(Image.new("RGB", (4, 2), rgb))
    assert made.opacity is None
    assert [int(p[0, 0]) for p in made.planes] == list(yuv)
    assert [p.shape for p in made.planes] == [(2, 4), (1, 2), (1, 2)]


def test_opaque_and_clear_pixels() -> None:
    image = Image.new("RGBA", (4, 2), (255, 255, 255, 255))
    image.paste((255, 0, 0, 0), (2, 0, 4, 2))
    made = picture(image)
    assert made.opacity is not None
    assert made.planes[0].tolist() == [[235, 235, 0, 0]] * 2
    assert made.opacity[0].tolist() == [[256, 256, 0, 0]] * 2
    assert np.array_equal(made.planes[2], [[128, 0]])


def test_even() -> None:
    assert [even(v) for v in (0, 1, 2, 2.5, 3, 4)] == [2, 2, 2, 2, 4, 4]


def test_pictures_of_any_height_are_whole() -> None:
    for height in (2, 64, 66, 130):
        image = Image.linear_gradient("L").resize((6, height)).convert("RGBA")
        image.putalpha(Image.linear_gradient("L").resize((6, height)))
        made = picture(image)
        assert made.opacity is not None
        assert made.planes[0].shape == made.opacity[0].shape == (height, 6)
        assert made.planes[1].shape == made.opacity[1].shape == (height // 2, 3)
        expected = np.asarray(image)[..., 3].astype(int) * 256 / 255
        assert np.abs(made.opacity[0] - expected).max() <= 1
