"""Tests of labels and avatars."""

import numpy as np
import pytest

from roomtape.media.avatar import initials
from roomtape.media.overlay import avatar, label


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Ann", "A"), ("ann b. cole", "AC"), ("  Zoë   Ünal ", "ZÜ"), ("", "?"), ("   ", "?"), ("李 雷", "李雷")],
)
def test_initials(name: str, expected: str) -> None:
    assert initials(name) == expected


@pytest.mark.parametrize("size", [(638, 358), (254, 140), (1280, 720), (100, 56)])
@pytest.mark.parametrize("name", ["A", "Ann Cole", "x" * 500, "مرحبا بالعالم", "a\nb\tc", "🎉 Party"])
def test_labels_are_even_and_fit_their_tile(name: str, size: tuple[int, int]) -> None:
    text = label(name, *size)
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
    assert label("Ann", 10, 6) is None


def test_labels_are_made_once() -> None:
    assert label("Ann", 638, 358) is label("Ann", 638, 358)


def test_an_avatar_fills_its_tile_with_a_disc_and_letters() -> None:
    face = avatar("Ann Cole", "peer-1", 638, 358)
    assert (face.width, face.height) == (638, 358)
    luma = face.planes[0]
    assert luma[0, 0] == luma[-1, -1] < 80
    assert (luma[150:210, 250:390] > 220).any()
    other = {avatar("Ann", f"peer-{i}", 64, 36).planes[2].tobytes() for i in range(20)}
    assert len(other) > 3
    assert np.array_equal(face.planes[1], avatar("Ann Cole", "peer-1", 638, 358).planes[1])
