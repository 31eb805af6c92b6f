"""Tests of the canvas: copying, fitting, blending and colours."""

import av
import numpy as np
import pytest

from roomtape.domain.layout import Rect
from roomtape.media.compose import BACKGROUND, Canvas, Colour, Picture, Scaler, planes_of

RED: Colour = (81, 90, 240)


def picture(width: int, height: int, colour: Colour = RED, format: str = "yuv420p") -> av.VideoFrame:
    frame = av.VideoFrame(width, height, format)
    for plane, value in zip(planes_of(frame), colour, strict=True):
        plane[...] = value
    return frame


def at(canvas: Canvas, x: int, y: int) -> tuple[int, ...]:
    luma, u, v = planes_of(canvas.frame)
    return int(luma[y, x]), int(u[y // 2, x // 2]), int(v[y // 2, x // 2])


def test_a_new_canvas_is_background() -> None:
    canvas = Canvas(320, 180)
    assert {at(canvas, 0, 0), at(canvas, 319, 179), at(canvas, 100, 50)} == {BACKGROUND}


def test_a_picture_of_the_right_size_is_copied_pixel_by_pixel() -> None:
    canvas = Canvas(320, 180)
    source = picture(160, 90)
    noise = np.random.default_rng(0).integers(16, 235, (90, 160), np.uint8)
    planes_of(source)[0][...] = noise
    fitted = Scaler().fit(source, Rect(80, 40, 160, 90))
    assert fitted.picture is source
    canvas.show(fitted)
    assert np.array_equal(planes_of(canvas.frame)[0][40:130, 80:240], noise)
    assert at(canvas, 79, 60) == BACKGROUND
    assert at(canvas, 240, 60) == BACKGROUND


def test_a_slightly_larger_picture_is_cut_evenly_and_not_scaled() -> None:
    canvas = Canvas(1280, 720)
    source = picture(640, 360)
    noise = np.random.default_rng(0).integers(16, 235, (360, 640), np.uint8)
    planes_of(source)[0][...] = noise
    canvas.show(Scaler().fit(source, Rect(642, 362, 636, 354)))
    assert np.array_equal(planes_of(canvas.frame)[0][362:716, 642:1278], noise[2:356, 2:638])


@pytest.mark.parametrize(
    ("size", "inside", "beside"),
    [((640, 480), (160, 90), (10, 90)), ((360, 640), (160, 90), (100, 90)), ((1280, 360), (160, 90), (160, 10))],
)
def test_other_shapes_leave_the_canvas_beside_them(
    size: tuple[int, int], inside: tuple[int, int], beside: tuple[int, int]
) -> None:
    canvas = Canvas(320, 180)
    canvas.show(Scaler().fit(picture(*size), canvas.whole))
    assert at(canvas, *inside) == pytest.approx(RED, abs=1)
    assert at(canvas, *beside) == BACKGROUND


def test_odd_sizes_are_taken() -> None:
    canvas = Canvas(320, 180)
    canvas.show(Scaler().fit(picture(321, 181), canvas.whole))
    canvas.show(Scaler().fit(picture(99, 55), canvas.whole))
    assert at(canvas, 160, 90) == pytest.approx(RED, abs=1)


def rgb(planes: tuple[int, ...], kr: float, kb: float) -> tuple[float, float, float]:
    """Limited-range YUV to RGB in 0..255 with the luma weights of a standard."""
    y, u, v = (planes[0] - 16) / 219, (planes[1] - 128) / 224, (planes[2] - 128) / 224
    r, b = y + 2 * (1 - kr) * v, y + 2 * (1 - kb) * u
    return r * 255, (y - kr * r - kb * b) / (1 - kr - kb) * 255, b * 255


def test_bt709_and_full_range_keep_their_colours() -> None:
    tagged: Colour = (60, 110, 200)
    source = picture(320, 180, tagged)
    source.colorspace = 1
    canvas = Canvas(320, 180)
    canvas.show(Scaler().fit(source, canvas.whole))
    shown = rgb(at(canvas, 100, 100), 0.299, 0.114)
    assert shown == pytest.approx(rgb(tagged, 0.2126, 0.0722), abs=4)
    assert at(canvas, 100, 100) != tagged

    full = picture(320, 180, (255, 128, 128), "yuvj420p")
    full.color_range = 2
    canvas.show(Scaler().fit(full, canvas.whole))
    assert at(canvas, 100, 100) == pytest.approx((235, 128, 128), abs=1)


def test_a_translucent_picture_is_blended_and_an_opaque_one_copied() -> None:
    canvas = Canvas(64, 64)
    canvas.fill(canvas.whole, (200, 128, 128))
    half = np.full((8, 8), 128, np.uint16), np.full((4, 4), 128, np.uint16), np.full((4, 4), 128, np.uint16)
    white = np.full((8, 8), 50, np.uint8), np.full((4, 4), 64, np.uint8), np.full((4, 4), 64, np.uint8)
    canvas.paste(Picture(white, half), 16, 16)
    assert at(canvas, 20, 20) == (150, 128, 128)
    canvas.paste(Picture(white), 32, 32)
    assert at(canvas, 36, 36) == (50, 64, 64)
    assert at(canvas, 15, 20) == (200, 128, 128)


@pytest.mark.parametrize(("rotation", "corner"), [(0, (0, 0)), (90, (1, 0)), (180, (1, 1)), (270, (0, 1))])
@pytest.mark.parametrize("size", [(160, 90), (161, 91), (640, 360), (90, 160)])
def test_a_picture_is_turned_clockwise(size: tuple[int, int], rotation: int, corner: tuple[int, int]) -> None:
    source = picture(*size, colour=(50, 100, 110))
    for plane, value in zip(planes_of(source), RED, strict=True):
        plane[: plane.shape[0] // 4, : plane.shape[1] // 4] = value
    canvas = Canvas(320, 180)
    fitted = Scaler().fit(source, canvas.whole, rotation)
    canvas.show(fitted)
    where = fitted.where
    lying = rotation % 180 != 0
    assert (where.width > where.height) == ((size[0] > size[1]) != lying)
    corners = {
        (i, j): (where.x + 4 + i * (where.width - 8), where.y + 4 + j * (where.height - 8))
        for i in (0, 1)
        for j in (0, 1)
    }
    found = {place for place, (x, y) in corners.items() if at(canvas, x, y) == pytest.approx(RED, abs=2)}
    assert found == {corner}


def test_a_turned_picture_of_the_right_size_is_copied_pixel_by_pixel() -> None:
    canvas = Canvas(320, 180)
    source = picture(90, 160)
    noise = np.random.default_rng(0).integers(16, 235, (160, 90), np.uint8)
    planes_of(source)[0][...] = noise
    fitted = Scaler().fit(source, Rect(80, 40, 160, 90), 90)
    assert fitted.picture is source
    canvas.show(fitted)
    assert np.array_equal(planes_of(canvas.frame)[0][40:130, 80:240], np.rot90(noise, -1))


def test_what_lies_outside_is_cut_off() -> None:
    canvas = Canvas(64, 64)
    white = np.full((32, 32), 200, np.uint8), np.full((16, 16), 128, np.uint8), np.full((16, 16), 128, np.uint8)
    canvas.paste(Picture(white), 48, 48)
    assert at(canvas, 63, 63) == (200, 128, 128)
    canvas.paste(Picture(white), 0, 0, within=Rect(8, 4, 10, 10))
    assert [at(canvas, x, y)[0] for x, y in ((7, 5), (8, 4), (17, 13), (18, 13))] == [
        BACKGROUND[0],
        200,
        200,
        BACKGROUND[0],
    ]
    canvas.paste(Picture(white), 100, 100)


def test_a_stamp_and_a_window_are_used_again_and_again() -> None:
    canvas = Canvas(64, 64)
    half = np.full((8, 8), 128, np.uint16), np.full((4, 4), 128, np.uint16), np.full((4, 4), 128, np.uint16)
    white = np.full((8, 8), 100, np.uint8), np.full((4, 4), 64, np.uint8), np.full((4, 4), 64, np.uint8)
    stamp = canvas.stamp(Picture(white, half), 16, 16)
    scaler = Scaler()
    window = canvas.window(scaler.fit(picture(64, 64), canvas.whole), Rect(2, 2, 60, 60))
    for luma in (20, 200):
        fitted = scaler.fit(picture(64, 64, (luma, 128, 128)), canvas.whole)
        assert fitted.shape == window.shape
        window.show(fitted)
        stamp.press()
        assert [at(canvas, x, x)[0] for x in (0, 1, 2, 16, 61, 62)] == [28, 28, luma, 100 + luma // 2, luma, 28]
    assert scaler.fit(picture(64, 32), canvas.whole).shape != window.shape
    outside = canvas.stamp(Picture(white), 100, 100)
    outside.press()
