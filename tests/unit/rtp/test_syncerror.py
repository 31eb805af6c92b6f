from collections import Counter

import pytest

from roomtape.rtp.syncerror import REACH, SyncMeter, percentile_ms

SEC = 1_000_000


def test_a_second_is_judged_by_the_least_delay_around_it() -> None:
    meter = SyncMeter()
    for n in range(40):
        meter.add(n * SEC, 5_000 if n == 20 else 9_000, 8_000)
    meter.cut()
    near = 2 * REACH + 1  # these see the undelayed packet of second 20
    assert meter.errors == {30: near, 10: 40 - near}


def test_seconds_before_a_jump_say_nothing_of_those_after_it() -> None:
    meter = SyncMeter()
    for n in range(8):
        meter.add(n * SEC, 5_000, 5_000)
    meter.cut()
    for n in range(8, 11):
        meter.add(n * SEC, 900_000, 900_300)
    meter.cut()
    assert meter.errors == {0: 8, 3: 3}


@pytest.mark.parametrize("ppm", [-200, -7, 0, 200])
def test_drift_is_the_slope_of_the_longest_stretch(ppm: int) -> None:
    meter = SyncMeter()
    for start, length, slope in ((0, 100, 5), (1000, 600, ppm), (3000, 50, -90)):
        for n in range(length):
            meter.add((start + n) * SEC, 5_000 + 700 * (n % 3) - slope * n, 5_000)
        meter.cut()
    assert meter.drift_ppm is not None
    assert abs(meter.drift_ppm - ppm) < 1
    assert meter.drift_s == 599


def test_a_short_track_tells_no_drift() -> None:
    meter = SyncMeter()
    for n in range(50):
        meter.add(n * SEC, 5_000, 5_000)
    meter.cut()
    assert meter.drift_ppm is None


def test_memory_does_not_grow_with_time() -> None:
    meter = SyncMeter()
    for n in range(20_000):
        meter.add(n * SEC, 5_000 + n % 50, 5_000)
    assert len(meter._around) <= 2 * REACH + 1
    assert len(meter.errors) < 10


def test_percentiles() -> None:
    assert percentile_ms(Counter(), 0.95) is None
    errors = Counter({0: 90, 12: 6, 400: 4})
    assert (percentile_ms(errors, 0.9), percentile_ms(errors, 0.95), percentile_ms(errors, 1.0)) == (0.0, 1.2, 40.0)
