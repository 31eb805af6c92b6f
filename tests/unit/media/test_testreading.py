from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from roomtape.media.testpicture import COLOURS, TestPicture
from roomtape.media.testreading import lumas, read_code, shown_per_second


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two seconds at 30 frames a second in which each picture is shown for three frames."""
    picture = TestPicture(320, 180, 30, 7, COLOURS[7])
    path = tmp_path / "shown.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", 30, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for tick in range(60):
            frame = av.VideoFrame(320, 180, "yuv420p")
            for plane, pixels in zip(frame.planes, picture.planes(tick // 3), strict=True):
                np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, -1)[:, : plane.width] = pixels
            frame.pts, frame.time_base = tick, Fraction(1, 30)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def test_pictures_are_told_from_frames(file: Path) -> None:
    read = [(t, read_code(luma, (0, 0, 320, 180))) for t, luma in lumas(file)]
    assert [code for _, code in read] == [(7, tick // 3) for tick in range(60)]
    assert read[30][0] == 1.0
    assert 9 < shown_per_second(file, (0, 0, 320, 180)) < 10.1


def test_what_cannot_be_read_is_no_picture(file: Path) -> None:
    assert shown_per_second(file, (0, 0, 40, 20)) == 0
    assert read_code(np.zeros((180, 320), np.uint8), (0, 0, 320, 180)) is None
    assert read_code(np.zeros((180, 320), np.uint8), (400, 400, 320, 180)) is None
