"""Tests of name labels."""

import numpy as np
import pytest

from roomtape.media.label import label


@pytest.mark.parametrize("size", [(638, 358), (254, 140), (1280, 720), (100, 56), (90, 400)])
@pytest.mark.parametrize("name", ["A", "Ann Cole", "x" * 500, "مرحبا بالعالم", "a\nb\tc", "🎉 Party", "李雷"])
@pytest.mark.parametrize("muted", [False, True])
def test_labels_are_even_and_fit_their_tile(name: str, size: tuple[int, int], muted: bool) -> None:
    text = label(name, *size, muted)
    assert text is not None
    assert text.width % 2 == text.height % 2 == 0
    assert text.width <= size[0]
    assert text.height <= size[1]
    assert text.planes[0].max() > 180


def test_a_label_is_translucent_and_an_empty_name_has_none() -> None:
    text = label("Ann", 638, 358)
    assert text is not None
    assert text.opacity is not None
    assert 0 < text.opacity[0].min() < 256
    assert text.opacity[0].max() == 256
    assert label("  ", 638, 358) is None
    assert label("\u202e\u3164", 638, 358) is None
    assert label("Ann", 10, 6) is None


def test_labels_are_made_once() -> None:
    assert label("Ann", 638, 358) is label("Ann", 638, 358)


def test_who_is_muted_has_a_red_mark_before_the_name() -> None:
    plain, muted, alone = label("Ann", 638, 358), label("Ann", 638, 358, True), label("", 638, 358, True)
    assert plain is not None
    assert muted is not None
    assert alone is not None
    assert muted.width > plain.width
    assert plain.planes[2].max() < 135
    red = np.flatnonzero(muted.planes[2].max(axis=0) > 150) * 2
    assert red.size > 4
    assert red.max() < muted.width / 2
    assert (alone.planes[2] > 150).any()
