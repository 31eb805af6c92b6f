"""Tests of the output clock."""

import itertools

import pytest

from roomtape.capture.values import Interval
from roomtape.render.composite_clock import OutputClock, Stretch

S = 1_000_000
START = 1_760_000_000 * S


def clock(*spans: tuple[float, float], fps: int = 30) -> OutputClock:
    return OutputClock([Interval(START + round(a * S), START + round(b * S)) for a, b in spans], fps)


def test_one_interval_runs_at_the_frame_rate() -> None:
    one = clock((0, 10))
    assert (one.frames, one.samples, one.duration_us) == (300, 480_000, 10 * S)
    assert one.tick_us(0) == START
    assert one.tick_us(30) == START + S
    assert one.tick_us(1) == START + 33_333


def test_pauses_are_cut_out() -> None:
    cut = clock((0, 2), (5, 6), (9, 10))
    assert cut.frames == 120
    assert cut.tick_us(59) == START + 1_966_666
    assert cut.tick_us(60) == START + 5 * S
    assert cut.tick_us(90) == START + 9 * S
    assert cut.seams == [96_000, 144_000]
    base = START // 125 * 6
    assert cut.stretches(90_000, 150_000) == [
        Stretch(90_000, base + 90_000, 6_000),
        Stretch(96_000, base + 240_000, 48_000),
        Stretch(144_000, base + 432_000, 6_000),
    ]


@pytest.mark.parametrize(("seconds", "frames"), [(0.0, 1), (0.01, 1), (0.034, 2), (4.0, 120), (4.000001, 121)])
def test_each_begun_picture_counts_and_there_is_at_least_one(seconds: float, frames: int) -> None:
    assert clock((0, seconds)).frames == frames
    assert clock((0, seconds)).samples >= 480


def test_beyond_the_end_the_last_moment_is_shown() -> None:
    short = clock((0, 1), (2, 3))
    assert short.session_us(99 * S) == START + 3 * S - 1
    assert short.stretches(90_000, 200_000)[-1].length == 6_000


def test_no_sample_is_lost_or_doubled_at_odd_intervals() -> None:
    odd = clock((0, 1.0000101), (2.0000503, 3.3333333), (4, 4.1234567))
    found = odd.stretches(0, odd.samples)
    assert found[0].at == 0
    for a, b in itertools.pairwise(found):
        assert a.at + a.length == b.at
    assert found[-1].at + found[-1].length == odd.samples


def test_a_clock_needs_an_interval() -> None:
    with pytest.raises(ValueError, match="interval"):
        OutputClock([], 30)
