"""Owns measuring recordings of test media by decoding them: tones, beeps, counters and flashes at their true times.

All times are seconds of the file's own clock (presentation time stamps); where no packet covers a stretch there is
silence. Tones should lie at least 100 Hz apart. Amplitudes are those of the sine, full scale 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from roomtape.media.testpicture import FLASH
from roomtape.media.testreading import lumas
from roomtape.media.testreading import read_code as read_code
from roomtape.media.testsignal import BEEP_HZ

Rect = tuple[int, int, int, int]
"""x, y, width, height in pixels of a participant's picture within the frame."""

RATE = 48_000
PRESENT = 0.03
ABSENT = 0.01
_JOIN = 0.003  # WebM rounds to 1 ms: packets this close follow one another
_WINDOW_MS = 20
_STEP_MS = 5
_BLOCK = 4096
_BEEP_WINDOW = RATE * 5 // 1000


@dataclass(frozen=True)
class Sound:
    """Mono samples at 48 kHz from time zero on, and the (start, end) stretches that packets cover."""

    samples: NDArray[np.float32]
    covered: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class ToneProfile:
    """`levels[freq][i]` is the amplitude of `freq` around `times[i]`."""

    times: NDArray[np.float64]
    levels: dict[int, NDArray[np.float64]]


@dataclass(frozen=True)
class Reading:
    """A frame in which a participant's code could be read: when, whose, which number, and whether it flashed."""

    t: float
    identity: int
    counter: int
    flash: bool


def sound(path: Path | str, stream: int = 0) -> Sound:
    """Decode audio stream number `stream`; a file without audio gives no samples."""
    file = Path(path)
    return _sound(str(file), stream, file.stat().st_mtime_ns, file.stat().st_size)


@lru_cache(maxsize=4)
def _sound(path: str, stream: int, _mtime: int, _size: int) -> Sound:
    blocks: list[tuple[int, NDArray[np.float32]]] = []
    covered: list[tuple[float, float]] = []
    with av.open(path) as container:
        if len(container.streams.audio) <= stream:
            return Sound(np.zeros(0, np.float32), ())
        resampler = av.AudioResampler("fltp", "mono", RATE)
        cursor = 0
        for frame in container.decode(container.streams.audio[stream]):
            assert frame.pts is not None
            assert frame.time_base is not None
            at = float(frame.pts * frame.time_base)
            samples = _mono(frame, resampler)
            start = round(at * RATE)
            if covered and abs(start - cursor) <= _JOIN * RATE:
                start = cursor
            cursor = start + len(samples)
            if start < 0:
                samples, start = samples[-start:], 0
            if not len(samples):
                continue
            blocks.append((start, samples))
            if covered and covered[-1][1] * RATE >= start - 1:
                covered[-1] = (covered[-1][0], cursor / RATE)
            else:
                covered.append((start / RATE, cursor / RATE))
    total = max((start + len(s) for start, s in blocks), default=0)
    out = np.zeros(total, np.float32)
    for start, samples in blocks:
        out[start : start + len(samples)] = samples
    return Sound(out, tuple(covered))


def _mono(frame: av.AudioFrame, resampler: av.AudioResampler) -> NDArray[np.float32]:
    if frame.sample_rate == RATE and frame.format.name == "fltp":
        return frame.to_ndarray().mean(axis=0, dtype=np.float32)
    return np.concatenate([f.to_ndarray()[0] for f in resampler.resample(frame)] or [np.zeros(0, np.float32)])


def tone_profile(
    path: Path | str, freqs: Sequence[int], step_ms: int = _STEP_MS, window_ms: int = _WINDOW_MS, stream: int = 0
) -> ToneProfile:
    """Return the amplitude of each frequency over time (Hann window of `window_ms` every `step_ms`)."""
    samples = sound(path, stream).samples
    window, step = RATE * window_ms // 1000, RATE * step_ms // 1000
    padded = np.concatenate([np.zeros(window // 2, np.float32), samples, np.zeros(window, np.float32)])
    count = len(samples) // step + 1
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::step][:count]
    shape = np.hanning(window)
    clock = np.arange(window) / RATE
    levels = {}
    for freq in freqs:
        basis = (shape * np.exp(-2j * np.pi * freq * clock) * 2 / shape.sum()).astype(np.complex64)
        blocks = (frames[i : i + _BLOCK] for i in range(0, count, _BLOCK))  # a strided product copies what it is given
        levels[freq] = np.concatenate([np.hypot(b @ basis.real, b @ basis.imag) for b in blocks])
    return ToneProfile(np.arange(count) * step / RATE, levels)


def tone_intervals(
    path: Path | str, freq: int, stream: int = 0, threshold: float = PRESENT
) -> list[tuple[float, float]]:
    """Return the (start, end) stretches in which the tone sounds, true to about 5 ms."""
    profile = tone_profile(path, [freq], stream=stream)
    level = profile.levels[freq]
    loud = level[level >= threshold]
    if not len(loud):
        return []
    # An edge in the middle of the window halves the amplitude.
    on = np.concatenate([[False], level >= max(threshold, float(np.median(loud)) / 2), [False]])
    edges = np.flatnonzero(on[1:] != on[:-1])
    step = profile.times[1] - profile.times[0]
    return [(float(a * step), float((b - 1) * step)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 1]


def tone_present(path: Path | str, freq: int, t0: float, t1: float, threshold: float = PRESENT) -> bool:
    """Tell whether the tone sounds all the time from t0 to t1, without a break."""
    inside = _between(path, freq, t0, t1)
    return len(inside) > 0 and bool((inside >= threshold).all())


def no_tone(path: Path | str, freq: int, t0: float = 0.0, t1: float = 1e9, threshold: float = ABSENT) -> bool:
    """Tell whether the tone is never heard from t0 to t1.

    The window is long (80 ms), so that the hard edge of another tone, which holds all frequencies, is not taken for it.
    """
    return bool((_between(path, freq, t0, t1, window_ms=80) < threshold).all())


def _between(path: Path | str, freq: int, t0: float, t1: float, window_ms: int = _WINDOW_MS) -> NDArray[np.float64]:
    profile = tone_profile(path, [freq], window_ms=window_ms)
    edge = window_ms / 2000
    return profile.levels[freq][(profile.times >= t0 + edge) & (profile.times <= t1 - edge)]


def hole(path: Path | str, freq: int, t0: float = 0.0, t1: float = 1e9) -> float:
    """Return the length of the longest break of the tone between its first and last sound within t0..t1."""
    spans = [(max(a, t0), min(b, t1)) for a, b in tone_intervals(path, freq) if b > t0 and a < t1]
    return max((b[0] - a[1] for a, b in pairwise(spans)), default=0.0)


def beep_times(path: Path | str, freq: int = BEEP_HZ, stream: int = 0, threshold: float = 0.08) -> list[float]:
    """Return when each beep begins, true to about 1 ms. Beeps are at least 0.3 s apart."""
    samples = sound(path, stream).samples
    if not len(samples):
        return []
    width = _BEEP_WINDOW
    samples = np.concatenate([np.zeros(width, np.float32), samples])
    level = np.concatenate(
        [_band(samples[i : i + 10 * RATE + width - 1], freq) for i in range(0, len(samples), 10 * RATE)]
    )
    peak = float(level.max(initial=0))
    if peak < threshold:
        return []
    on = np.flatnonzero((level[1:] >= max(threshold, peak / 2)) & (level[:-1] < max(threshold, peak / 2))) + 1
    times: list[float] = []
    for index in on:
        # The beep's edge rises over 5 ms: half of it is passed 2.5 ms after its start.
        at = (index - width / 2) / RATE - 0.0025
        if not times or at - times[-1] > 0.3:
            times.append(float(at))
    return times


def _band(samples: NDArray[np.float32], freq: int) -> NDArray[np.float64]:
    """Return the amplitude of `freq` in each window of 5 ms that lies within the samples."""
    carrier = samples * np.exp(-2j * np.pi * freq * np.arange(len(samples)) / RATE)
    total = np.concatenate([[0], np.cumsum(carrier)])
    return 2 * np.abs(total[_BEEP_WINDOW:] - total[:-_BEEP_WINDOW]) / _BEEP_WINDOW


def read_counters(path: Path | str, rects: Sequence[Rect] | None = None) -> list[Reading]:
    """Return what can be read in each frame, in the given rectangles (default: the whole picture is one)."""
    readings = []
    for t, luma in lumas(path):
        for rect in rects or [(0, 0, luma.shape[1], luma.shape[0])]:
            if (code := read_code(luma, rect)) is not None:
                readings.append(Reading(t, *code, flash=_flashing(luma, rect)))
    return readings


def flash_times(path: Path | str, rect: Rect | None = None) -> list[float]:
    """Return the presentation time of each flash's first frame."""
    times, before = [], True
    for t, luma in lumas(path):
        now = _flashing(luma, rect or (0, 0, luma.shape[1], luma.shape[0]))
        if now and not before:
            times.append(t)
        before = now
    return times


def _flashing(luma: NDArray[np.uint8], rect: Rect) -> bool:
    x, y, width, height = rect
    top, left = y + (FLASH.y + FLASH.height * 0.3) * height, x + (FLASH.x + FLASH.width * 0.3) * width
    middle = luma[
        round(top) : round(top + FLASH.height * 0.4 * height), round(left) : round(left + FLASH.width * 0.4 * width)
    ]
    return bool(middle.size and middle.mean() > 150)


def frame_at(path: Path | str, t: float) -> NDArray[np.uint8]:
    """Return the picture shown at `t` as height x width x RGB. Raises LookupError when there is none so early."""
    shown = None
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time > t + 1e-6:
                break
            shown = frame
    if shown is None:
        raise LookupError(f"{path} shows nothing at {t} s yet")
    return shown.to_ndarray(format="rgb24")


def durations(path: Path | str) -> dict[str, float]:
    """Return for "audio" and "video", as far as there are any, the end of the last decoded frame."""
    ends: dict[str, float] = {}
    if spans := sound(path).covered:
        ends["audio"] = spans[-1][1]
    with av.open(str(path)) as container:
        last = before = None
        for frame in container.decode(video=0) if container.streams.video else ():
            before, last = last, frame
        if last is not None:
            length = float(last.duration * last.time_base) if last.duration else 0.0
            if not length and before is not None:
                length = last.time - before.time
            ends["video"] = last.time + length
    return ends


def duration_s(path: Path | str) -> float:
    """Return the end of the last decoded frame of all; 0 for a file without any."""
    return max(durations(path).values(), default=0.0)
