from roomtape.bench.figure import Spread, alone, compared, percentile, spread


def test_a_spread_has_the_median_and_the_extremes() -> None:
    assert spread([3.0, 1.0, 2.5]) == Spread(2.5, 1.0, 3.0, 3)


def test_ratios_are_those_of_pairs_and_not_of_medians() -> None:
    figure = compared("n", "what", "s", "ffmpeg", [(2, 1), (3, 3), (8, 2)])
    assert figure.ours.median == 3
    assert figure.beside == Spread(2, 1, 3, 3)
    assert figure.ratio == Spread(2, 1, 4, 3)
    assert figure.runs == ((2, 1), (3, 3), (8, 2))


def test_beside_nothing_there_is_no_ratio() -> None:
    assert compared("n", "what", "%", "off", [(2, 0)]).ratio is None
    figure = alone("n", "what", "ms", [4, 2])
    assert (figure.beside, figure.ratio, figure.ours.median) == (None, None, 3)


def test_percentiles_are_measured_values() -> None:
    values = [float(v) for v in range(20, 0, -1)]
    assert percentile(values, 95) == 19
    assert percentile(values, 50) == 10
    assert percentile([7.0], 95) == 7
