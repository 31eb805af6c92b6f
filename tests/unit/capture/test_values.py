from roomtape.capture.values import Interval, TrackKey


def test_intervals_and_keys() -> None:
    assert Interval(1_000, 3_500).duration_us == 2_500
    assert sorted([TrackKey("b", 0), TrackKey("a", 1), TrackKey("a", 0)]) == [
        TrackKey("a", 0),
        TrackKey("a", 1),
        TrackKey("b", 0),
    ]
