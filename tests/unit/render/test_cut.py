from __future__ import annotations

from roomtape.capture.values import Interval
from roomtape.render.cut import Cut


def test_pauses_are_cut_out() -> None:
    cut = Cut([Interval(100, 200), Interval(500, 600)])
    assert cut.duration_us == 200
    assert [cut.at(t) for t in (99, 100, 199, 200, 499, 500, 599, 600)] == [None, 0, 99, None, None, 100, 199, None]


def test_what_reaches_into_a_pause_is_left_out() -> None:
    cut = Cut([Interval(100, 200), Interval(500, 600)])
    assert cut.at(180, 20) == 80
    assert cut.at(181, 20) is None


def test_how_much_lies_before_a_moment() -> None:
    cut = Cut([Interval(100, 200), Interval(500, 600)])
    assert [cut.before(t) for t in (50, 150, 300, 550, 900)] == [0, 50, 100, 150, 200]


def test_no_interval_no_output() -> None:
    assert Cut([]).at(5) is None
    assert Cut([]).duration_us == 0
