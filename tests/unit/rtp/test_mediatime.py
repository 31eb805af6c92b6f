import random
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from roomtape.rtp import mediatime
from roomtape.rtp.mediatime import MediaClock

RATE = 48_000
START_US = 1_700_000_000_000_000
STEP_US = 20_000

Sent = tuple[int, int, int]
"""When it was sent by the true clock (µs), when it arrived (µs), its timestamp (ticks)."""


def _place(packets: list[Sent]) -> list[int]:
    """Run packets through a clock; return the error of each placement against the time it was sent."""
    clock = MediaClock(RATE)
    waiting: list[tuple[int, int]] = []
    placed = []

    def settle() -> None:
        placed.extend(clock.place(ticks) - sent for sent, ticks in waiting)
        waiting.clear()

    for sent, arrival, ticks in packets:
        clock.foresee(arrival, ticks)
        if not clock.held:
            settle()
        clock.push(arrival, ticks)
        waiting.append((sent, ticks))
        if not clock.held:
            settle()
    clock.decide()
    settle()
    assert len(placed) == len(packets)
    return placed


def _stream(
    seconds: float,
    delay: Callable[[float], int],
    ppm: float = 0.0,
    ticks_at: Callable[[float], float] = lambda s: s,
    quiet: Callable[[float], bool] = lambda s: False,
) -> Iterator[Sent]:
    """Packets sent every 20 ms; `delay` (µs), `ticks_at` (seconds on the sender's clock) and `quiet` by seconds."""
    last = 0
    for n in range(int(seconds * 1_000_000 / STEP_US)):
        s = n * STEP_US / 1_000_000
        if quiet(s):
            continue
        sent = START_US + n * STEP_US
        last = max(last, sent + delay(s))
        yield sent, last // 1000 * 1000, int(ticks_at(s) * (1 + ppm / 1_000_000) * RATE)


def test_jitter_vanishes() -> None:
    for seed in range(10):
        chance = random.Random(seed)
        errors = _place(list(_stream(60, lambda s, c=chance: 5000 + int(c.expovariate(1 / 15_000)))))
        assert all(4000 <= e <= 12_000 for e in errors), (seed, min(errors), max(errors))
        assert max(abs(a - b) for a, b in pairwise(errors)) <= 35  # 10 by slewing, 21 by the tick


@pytest.mark.parametrize("ppm", [-200, -50, 50, 200])
def test_drift_is_followed(ppm: int) -> None:
    for seed in range(3):
        chance = random.Random(seed)
        errors = _place(list(_stream(600, lambda s, c=chance: 5000 + int(c.expovariate(1 / 10_000)), ppm=ppm)))
        assert all(0 <= e <= 15_000 for e in errors), (seed, min(errors), max(errors))


@pytest.mark.parametrize("jump_s", [-3600.0, -2.0, -0.5, 0.5, 3.0, 40_000.0])
def test_a_jump_of_the_timestamps_moves_nothing(jump_s: float) -> None:
    chance = random.Random(4)
    packets = list(
        _stream(
            60,
            lambda s: 5000 + int(chance.expovariate(1 / 8000)),
            ticks_at=lambda s: 10_000 + s + (jump_s if s >= 30 else 0),
        )
    )
    errors = _place(packets)
    assert all(0 <= e <= 30_000 for e in errors), (min(errors), max(errors))


@pytest.mark.parametrize("mute_s", [0.4, 2.0, 4.0, 90.0])
def test_a_clock_that_stands_still_while_muted_leaves_a_gap(mute_s: float) -> None:
    """The sender stops for a while and goes on with the next timestamp, as if no time had passed."""
    for seed in range(5):
        chance = random.Random(seed)
        packets = list(
            _stream(
                40 + mute_s,
                lambda s, c=chance: 5000 + int(c.expovariate(1 / 8000)),
                ticks_at=lambda s: s if s < 20 else s - mute_s,
                quiet=lambda s: 20 <= s < 20 + mute_s,
            )
        )
        errors = _place(packets)
        assert all(-1000 <= e <= 30_000 for e in errors), (seed, min(errors), max(errors))


@pytest.mark.parametrize("rate", [1.2, 2.0, 20.0])
@pytest.mark.parametrize("stall_s", [0.3, 1.0, 3.0])
def test_a_network_that_stands_still_and_then_delivers_moves_nothing(stall_s: float, rate: float) -> None:
    """From 20 s on nothing arrives for a while; then the queue empties `rate` times as fast as it filled."""

    def delay(s: float) -> int:
        return 5000 + max(0, int((stall_s - (s - 20) * (1 - 1 / rate)) * 1_000_000) if s >= 20 else 0)

    errors = _place(list(_stream(60, delay)))
    assert all(4000 <= e <= 16_000 for e in errors), (min(errors), max(errors))


def test_a_gap_with_true_timestamps_stays_as_long_as_it_is() -> None:
    errors = _place(list(_stream(100, lambda s: 5000, quiet=lambda s: 20 <= s < 80)))
    assert all(4000 <= e <= 6000 for e in errors)


def test_a_path_that_becomes_slower_does_not_tear_the_track() -> None:
    """Its queue fills over two seconds; or it is only a little slower, at once."""
    for delay in (
        lambda s: 5000 + int(min(max(s - 30, 0), 2) * 60_000),
        lambda s: 5000 if s < 30 else 75_000,
    ):
        errors = _place(list(_stream(200, delay)))
        assert max(abs(a - b) for a, b in pairwise(errors)) <= 61  # 40 by slewing fast, 21 by the tick
        assert abs(errors[-1] - delay(200)) <= 1000


@pytest.mark.parametrize("stall_s", [0.1, 0.15])
def test_a_clock_that_hiccups_is_set_right_at_once(stall_s: float) -> None:
    """A sender's sound card stalls: packets come later from then on, all by the same time."""
    for seed in range(5):
        chance = random.Random(seed)
        packets = _stream(
            40,
            lambda s, c=chance: 5000 + int(c.expovariate(1 / 8000)),
            ticks_at=lambda s: s if s < 20 else s - stall_s,
            quiet=lambda s: 20 <= s < 20 + stall_s,
        )
        errors = _place(list(packets))
        assert all(-1000 <= e <= 30_000 for e in errors), (seed, min(errors), max(errors))


def test_a_late_beginning_does_not_shift_the_track() -> None:
    """The first packets come in one burst, 300 ms late."""
    errors = _place(list(_stream(10, lambda s: 5000 + max(0, int((0.3 - s) * 1_000_000)))))
    assert all(4000 <= e <= 6000 for e in errors)


def test_nothing_is_placed_before_the_floor() -> None:
    clock = MediaClock(RATE, floor_us=START_US + 50_000)
    clock.push(START_US, 0)
    clock.decide()
    assert clock.place(0) == START_US + 50_000


def test_placement_runs_back_by_a_bounded_time_whatever_arrives() -> None:
    for seed in range(40):
        chance = random.Random(seed)
        clock = MediaClock(RATE)
        arrival, ticks, waiting, placed = START_US, 0, [], []
        for _ in range(2000):
            arrival += int(chance.expovariate(1 / 20_000)) if chance.random() > 0.01 else chance.randrange(3_000_000)
            ticks += 960 if chance.random() > 0.01 else chance.randrange(-500_000, 500_000)
            clock.foresee(arrival, ticks)
            if not clock.held:
                placed += [clock.place(t) for t in waiting]
                waiting = []
            clock.push(arrival, ticks)
            waiting.append(ticks)
        anchors = [b - a for a, b in pairwise(placed)]
        assert min(anchors) >= -(2 * mediatime.MAX_DELAY_US + mediatime.HOLD_US), seed


def test_a_hold_is_bounded_when_arrivals_stand_still() -> None:
    clock = MediaClock(RATE)
    for n in range(mediatime.MAX_HELD + 2):
        clock.push(START_US, n)
    assert not clock.held
