"""Tests of avatars and of the tile that counts the others."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from roomtape.media.avatar import avatar, initials, more


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ann", "A"),
        ("ann b. cole", "AC"),
        ("  Zoë   Ünal ", "ZÜ"),
        ("Zoë (Ünal)", "ZÜ"),
        ("", "?"),
        ("   ", "?"),
        ("(", "("),
        ("李 雷", "李雷"),
        ("محمد الله", "م\u200cا"),
        ("🎉 Party", "🎉P"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
    ],
)
def test_initials(name: str, expected: str) -> None:
    assert initials(name) == expected


def test_an_avatar_fills_its_tile_with_a_disc_and_letters() -> None:
    face = avatar("Ann Cole", "peer-1", 638, 358)
    assert (face.width, face.height) == (638, 358)
    luma = face.planes[0]
    assert luma[0, 0] == luma[-1, -1] < 80
    assert (luma[150:210, 250:390] > 220).any()
    other = {avatar("Ann", f"peer-{i}", 64, 36).planes[2].tobytes() for i in range(20)}
    assert len(other) > 3
    assert np.array_equal(face.planes[1], avatar("Ann Cole", "peer-1", 638, 358).planes[1])


@pytest.mark.parametrize("size", [(2, 2), (16, 400), (400, 16)])
def test_odd_tiles_have_avatars_too(size: tuple[int, int]) -> None:
    assert (avatar("W W", "x", *size).width, avatar("W W", "x", *size).height) == size


def test_a_photo_stands_round_in_the_middle(tmp_path: Path) -> None:
    file = tmp_path / "face.png"
    Image.new("RGB", (50, 90), (255, 255, 255)).save(file)
    face = avatar("Ann", "p", 638, 358, file)
    assert face.planes[0][179, 319] == 235
    assert face.planes[0][179, 319 - 90] == 235
    assert face.planes[0][179 - 90, 319 - 90] < 80


def test_a_photo_that_cannot_be_read_leaves_the_initials(tmp_path: Path) -> None:
    assert np.array_equal(avatar("Ann", "p", 64, 36, tmp_path / "gone").planes[0], avatar("Ann", "p", 64, 36).planes[0])


def test_the_count_of_the_others() -> None:
    tile = more(7, 316, 178)
    assert (tile.width, tile.height) == (316, 178)
    assert (tile.planes[0] > 220).any()
    assert (more(123456, 64, 36).planes[0][:, :2] < 80).all()
