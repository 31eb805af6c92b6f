"""Owns made-up segments for tests: pictures that tell their tick by their brightness, and a sound given as samples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from roomtape.media import segment_nut
from roomtape.media.compose import Canvas, planes_of
from roomtape.media.segment_nut import SegmentAudio, SegmentFormat

RATE = 48_000


def pictures(form: SegmentFormat, first: int, end: int) -> Iterator[tuple[int, av.VideoFrame]]:
    """Yield (tick, picture) with the brightness of `light`."""
    canvas = Canvas(form.width, form.height)
    for tick in range(first, end):
        canvas.fill(canvas.whole, (light(tick), 128, 128))
        yield tick, canvas.frame


def light(tick: int) -> int:
    """Return the luma of picture `tick`."""
    return 20 + tick * 3 % 200


def write(folder: Path, form: SegmentFormat, frames: int, sound: NDArray[np.float32]) -> list[Path]:
    """Write the segments of `frames` pictures and of `sound` (samples, channels)."""
    paths = []
    count = -(-frames // form.frames)
    piece = form.frames * RATE // form.fps
    for index in range(count):
        last = index == count - 1
        span = form.sound(index * piece, len(sound) if last else (index + 1) * piece, last)
        shown = pictures(form, index * form.frames, min(frames, (index + 1) * form.frames))
        paths.append(folder / f"{index}.nut")
        segment_nut.write(paths[-1], form, shown, SegmentAudio(sound[span.start : span.end], span))
    return paths


def click_track(seconds: float, channels: int = 2, every_s: float = 0.5) -> tuple[NDArray[np.float32], list[int]]:
    """Return faint noise with a click every `every_s`, and at which samples the clicks are."""
    count = round(seconds * RATE)
    noise = np.random.default_rng(1).standard_normal((count, 1)).astype(np.float32) * 0.0005
    sound = np.repeat(noise, channels, axis=1)
    at = list(range(7777, count - 2000, round(every_s * RATE)))
    for sample in at:
        sound[sample] = 0.8
    return sound, at


def clicks_found(samples: NDArray[np.float32], around: list[int], within: int = 2000) -> list[int]:
    """Return at which sample the loudest one is near each of `around`."""
    return [at - within + int(np.argmax(np.abs(samples[at - within : at + within]))) for at in around]


def shown(path: Path) -> list[tuple[float, int]]:
    """Return time in s and luma of each picture of a file."""
    with av.open(str(path)) as container:
        return [(float(f.pts * f.time_base), int(planes_of(f)[0][8, 8])) for f in container.decode(video=0)]
