"""Owns reading test pictures back: whose picture, and which of its frames, is in a rectangle of a decoded video."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from roomtape.media.testpicture import CODE, COLUMNS, ROWS, SYNC, decode_cells

_CONTRAST = 60


def read_code(luma: NDArray[np.uint8], rect: tuple[int, int, int, int]) -> tuple[int, int] | None:
    """Return (identity, counter) of the picture in `rect` (x, y, width, height in pixels) of a luma plane.

    None where none can be read for certain.
    """
    x, y, width, height = rect
    cell_w, cell_h = CODE.width * width / COLUMNS, CODE.height * height / ROWS
    means = np.empty((ROWS, COLUMNS))
    for row in range(ROWS):
        for column in range(COLUMNS):
            left, top = x + CODE.x * width + column * cell_w, y + CODE.y * height + row * cell_h
            cell = luma[
                round(top + cell_h * 0.3) : max(round(top + cell_h * 0.7), round(top + cell_h * 0.3) + 1),
                round(left + cell_w * 0.3) : max(round(left + cell_w * 0.7), round(left + cell_w * 0.3) + 1),
            ]
            if not cell.size:
                return None
            means[row, column] = cell.mean()
    white, black = means[:, SYNC.index(1)].mean(), means[:, SYNC.index(0)].mean()
    if white - black < _CONTRAST:
        return None
    return decode_cells(tuple(int(m > (white + black) / 2) for m in means.ravel()))


def lumas(path: Path | str) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Yield the time in s and the luma plane of each frame of a file's video; nothing for a file without one."""
    with av.open(str(path)) as container:
        if not container.streams.video:
            return
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for frame in container.decode(stream):
            assert frame.pts is not None
            assert frame.time_base is not None
            planar = frame if frame.format.name.startswith("yuv") else frame.reformat(format="yuv420p")
            plane = planar.planes[0]
            luma = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
            yield float(frame.pts * frame.time_base), luma[:, : plane.width]


def shown_per_second(path: Path | str, rect: tuple[int, int, int, int]) -> float:
    """Return how many different pictures a second the test picture in `rect` shows; 0 where none can be read."""
    changes, before, first, last = 0, None, None, 0.0
    for t, luma in lumas(path):
        code = read_code(luma, rect)
        if code is None:
            continue
        first = t if first is None else first
        changes += before is not None and code != before
        before, last = code, t
    return changes / (last - first) if first is not None and last > first else 0.0
