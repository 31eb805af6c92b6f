import time
from datetime import UTC, datetime

from roomtape import clock


def test_now_is_the_wall_clock() -> None:
    assert abs(clock.now_us() - time.time() * 1e6) < 1e6


def test_datetime_and_microseconds_agree_exactly() -> None:
    us = 1_760_000_000_123_457
    assert clock.to_us(clock.to_datetime(us)) == us
    assert clock.to_datetime(0) == datetime(1970, 1, 1, tzinfo=UTC)
