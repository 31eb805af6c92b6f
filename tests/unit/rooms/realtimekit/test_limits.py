from __future__ import annotations

from roomtape.rooms.realtimekit.limits import Bucket


def test_a_burst_then_the_rate() -> None:
    bucket = Bucket(rate=10, size=5)
    assert [bucket.take(0) for _ in range(6)] == [True] * 5 + [False]
    assert not bucket.take(99)
    assert bucket.take(205)
    assert bucket.take(305)


def test_it_never_holds_more_than_its_size() -> None:
    bucket = Bucket(rate=10, size=2)
    assert bucket.take(0)
    assert [bucket.take(3_600_000) for _ in range(3)] == [True, True, False]


def test_a_clock_that_is_set_back_neither_gives_nor_takes() -> None:
    bucket = Bucket(rate=1, size=2)
    assert bucket.take(10_000)
    assert bucket.take(0)
    assert not bucket.take(0)
    assert bucket.take(1000)
