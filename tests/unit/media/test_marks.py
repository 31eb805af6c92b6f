"""Tests of the marks on tiles."""

import numpy as np
import pytest

from roomtape.domain.layout import Rect
from roomtape.media.compose import Canvas, planes_of
from roomtape.media.marks import muted_microphone, ring


@pytest.mark.parametrize("size", [(638, 358), (160, 90), (90, 160), (1280, 720), (64, 64)])
def test_a_ring_frames_its_tile_and_leaves_its_inside_alone(size: tuple[int, int]) -> None:
    width, height = size
    canvas = Canvas(width, height)
    canvas.fill(Rect(0, 0, width, height), (30, 128, 128))
    for strip, x, y in ring(width, height):
        assert not (strip.width | strip.height | x | y) % 2
        canvas.paste(strip, x, y)
    luma = planes_of(canvas.frame)[0]
    assert np.concatenate([luma[0], luma[-1], luma[:, 0], luma[:, -1]]).min() > 100
    inner = luma[height // 10 : -height // 10, width // 10 : -width // 10]
    assert (inner == 30).all()


def test_a_tile_without_an_inside_has_no_ring() -> None:
    assert ring(4, 100) == []


def test_the_microphone_is_red_on_nothing() -> None:
    mark = np.asarray(muted_microphone(20))
    assert mark.shape == (20, 20, 4)
    assert 60 < (mark[..., 3] > 128).sum() < 250
    assert mark[mark[..., 3] > 200][:, 0].min() > 200
