"""Owns the reading of the wall clock, so that what is kept in µs and what is kept as datetimes agree to the µs."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now_us() -> int:
    """Wall-clock time in µs since the Unix epoch, the clock of capture logs."""
    return time.time_ns() // 1000


def to_datetime(us: int) -> datetime:
    """The moment `us` as a datetime in UTC, exact to the µs."""
    return _EPOCH + timedelta(microseconds=us)


def to_us(moment: datetime) -> int:
    """Inverse of `to_datetime`."""
    return (moment - _EPOCH) // timedelta(microseconds=1)
