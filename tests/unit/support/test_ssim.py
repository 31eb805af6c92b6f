"""The likeness of pictures: what it calls alike, and what it must notice."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.ssim import Image, ssim, worst_block


def picture() -> Image:
    image = np.zeros((90, 160, 3), np.uint8)
    image[...] = np.linspace(40, 200, 160)[None, :, None]
    image[20:60, 30:80] = (200, 40, 40)
    return image


def test_a_picture_is_wholly_like_itself() -> None:
    assert ssim(picture(), picture()).min() == pytest.approx(1)


def test_noise_of_a_codec_is_borne() -> None:
    noise = np.random.default_rng(1).integers(-2, 3, (90, 160, 3))
    noisy = np.clip(picture() + noise, 0, 255).astype(np.uint8)
    assert 0.93 < ssim(picture(), noisy).mean() < 0.999


def test_a_missing_mark_is_seen_where_it_is() -> None:
    marked = picture()
    marked[64:76, 96:108] = 255
    likeness = ssim(picture(), marked)
    assert likeness.mean() > 0.95, "the whole picture hardly tells"
    worst, left, top = worst_block(likeness)
    assert worst < 0.8
    assert left <= 96 < left + 32
    assert top <= 70 < top + 32


def test_another_colour_of_the_same_brightness_is_another_picture() -> None:
    other = picture()
    other[20:60, 30:80] = (40, 110, 60)
    assert worst_block(ssim(picture(), other))[0] < 0.8


def test_different_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        ssim(picture(), picture()[:, :80])
