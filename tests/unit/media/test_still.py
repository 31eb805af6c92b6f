"""Tests of watermarks and photos as they are drawn."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from roomtape.domain.layout import Rect
from roomtape.errors import RenderError
from roomtape.media.compose import Canvas, planes_of
from roomtape.media.still import load_rgb, watermark


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    file = tmp_path / "wide.png"
    Image.new("RGBA", (200, 100), (255, 255, 255, 128)).save(file)
    return file


@pytest.mark.parametrize(
    ("asked", "within", "expected"),
    [
        ((None, None), (1280, 720), (200, 100)),
        ((100, None), (1280, 720), (100, 50)),
        ((None, 50), (1280, 720), (100, 50)),
        ((60, 60), (1280, 720), (60, 60)),
        ((31, 15), (1280, 720), (32, 16)),
        ((1, 1), (1280, 720), (2, 2)),
        ((None, None), (160, 90), (160, 80)),
        ((4000, 1), (1280, 720), (1280, 2)),
        ((3840, None), (160, 90), (160, 80)),
    ],
)
def test_sizes_are_as_asked_even_and_fit(
    wide: Path, asked: tuple[int | None, int | None], within: tuple[int, int], expected: tuple[int, int]
) -> None:
    mark = watermark(wide, *asked, within)
    assert (mark.width, mark.height) == expected
    assert mark.planes[1].shape == (expected[1] // 2, expected[0] // 2)


def test_transparency_is_blended_and_an_odd_side_ends_where_it_should(tmp_path: Path) -> None:
    image = Image.new("RGBA", (5, 4), (255, 0, 0, 255))
    image.paste((0, 255, 0, 0), (0, 0, 2, 4))  # transparent green must not tint its neighbours
    file = tmp_path / "mark.png"
    image.save(file)
    canvas = Canvas(16, 16)
    canvas.fill(Rect(0, 0, 16, 16), (235, 128, 128))
    canvas.paste(watermark(file), 4, 4)
    y, u, v = planes_of(canvas.frame)
    assert np.abs(y[4:8, 4:6].astype(int) - 235).max() <= 1
    assert np.abs(y[4:8, 6:9].astype(int) - 81).max() <= 1
    assert np.abs(y[4:8, 9].astype(int) - 235).max() <= 1
    assert abs(int(v[3, 3]) - 240) <= 1
    assert abs(int(u[2, 2]) - 128) <= 1
    assert abs(int(v[3, 4]) - 184) <= 2


def test_half_opacity_is_half_way(wide: Path) -> None:
    canvas = Canvas(208, 104)
    canvas.fill(Rect(0, 0, 208, 104), (16, 128, 128))
    canvas.paste(watermark(wide), 0, 0)
    assert abs(int(planes_of(canvas.frame)[0][50, 100]) - 126) <= 1


def test_a_photo_fills_its_square_from_the_middle(tmp_path: Path) -> None:
    image = Image.new("RGB", (300, 100), "red")
    image.paste("blue", (100, 0, 200, 100))
    file = tmp_path / "photo.png"
    image.save(file)
    square = load_rgb(file, 50, 50)
    assert square.size == (50, 50)
    assert np.asarray(square)[..., 2].min() > 200
    Image.new("RGBA", (9, 9), (0, 0, 0, 0)).save(file)
    assert load_rgb(file, 4, 4).getpixel((1, 1)) == (255, 255, 255)


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text("no")
    for load in (watermark, lambda f: load_rgb(f, 4, 4)):
        with pytest.raises(RenderError, match="no picture"):
            load(file)
