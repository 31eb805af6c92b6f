"""Text that is as it was drawn is read; the same text, blurred, is not, or is known to be blurred."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from tests.support.readability import ALPHABET, Grey, Line, psnr, read, sharpness

TEXT = "plain l1I O0 8B rn m S5 Z2 words"
WIDTH, HEIGHT, ADVANCE, LEFT = 320, 24, 9, 8


def strip(text: str) -> Grey:
    """Draw 14 px letters, each in a cell of its own."""
    picture = Image.new("L", (WIDTH, HEIGHT), 20)
    draw, font = ImageDraw.Draw(picture), ImageFont.truetype("DejaVuSansMono.ttf", 14)
    for i, letter in enumerate(text):
        draw.text((LEFT + i * ADVANCE, 4), letter, fill=240, font=font)
    return np.asarray(picture, np.float64)


def smaller_and_back(grey: Grey, by: float) -> Grey:
    picture = Image.fromarray(grey.astype(np.uint8))
    small = picture.resize((round(WIDTH * by), round(HEIGHT * by)), Image.Resampling.LANCZOS)
    return np.asarray(small.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC), np.float64)


@pytest.fixture(scope="module")
def line() -> Line:
    letters = {c: strip(c * len(TEXT)) for c in ALPHABET}
    return Line(TEXT, strip(TEXT), letters, tuple(LEFT + i * ADVANCE for i in range(len(TEXT) + 1)))


def test_what_is_drawn_is_read_also_with_some_noise(line: Line) -> None:
    noise = np.random.default_rng(1).normal(0, 12, line.true.shape)
    assert read(line.true + noise, line) == TEXT
    assert sharpness(line.true, line) == 1
    assert psnr(line.true + noise, line) == pytest.approx(26.5, abs=0.5)


def test_darker_text_is_read_too(line: Line) -> None:
    assert read(line.true * 0.6 + 16, line) == TEXT


def test_blurred_text_is_known(line: Line) -> None:
    slightly, much = smaller_and_back(line.true, 0.75), smaller_and_back(line.true, 1 / 3)
    assert sharpness(slightly, line) < 0.75
    assert read(much, line) != TEXT


def test_another_letter_is_told(line: Line) -> None:
    assert read(strip(TEXT.replace("O0", "OO")), line) == TEXT.replace("O0", "OO")
