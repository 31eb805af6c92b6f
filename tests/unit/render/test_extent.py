from __future__ import annotations

from roomtape.capture.values import Interval
from roomtape.render.extent import Extent

EXTENT = Extent([Interval(1_000_000, 2_000_000), Interval(5_000_000, 7_000_000)])


def test_stretches_are_cut_to_the_recorded_time() -> None:
    whole = {"start_us": 1_000_000, "end_us": 7_000_000, "from_ms": 0, "to_ms": 3000}
    assert EXTENT.told(0, 9_000_000) == whole
    assert EXTENT.told(0, None) == whole
    assert EXTENT.told(1_500_000, 6_000_000) == {
        "start_us": 1_500_000, "end_us": 6_000_000, "from_ms": 500, "to_ms": 2000,
    }  # fmt: skip
    assert EXTENT.told(8_000_000, 9_000_000)["start_us"] == 7_000_000


def test_only_what_reaches_into_a_recorded_interval_is_told() -> None:
    spans = [(0, 1_000_000), (2_000_000, 5_000_000), (3_000_000, 5_000_001), (7_000_000, None), (6_999_999, None)]
    assert [(t["start_us"], t["to_ms"]) for t in EXTENT.told_of(spans)] == [(3_000_000, 1000), (6_999_999, 3000)]


def test_nothing_recorded() -> None:
    assert Extent([]).told(5, 9) == {"start_us": 0, "end_us": 0, "from_ms": 0, "to_ms": 0}
    assert Extent([]).told_of([(0, None)]) == []
