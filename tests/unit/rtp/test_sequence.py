import random

from roomtape.rtp.sequence import Unwrapper


def test_counts_on_over_wrap_arounds_and_steps_back() -> None:
    unwrap = Unwrapper(16).unwrap
    assert [unwrap(v) for v in (65534, 65535, 0, 65535, 2, 1)] == [65534, 65535, 65536, 65535, 65538, 65537]


def test_a_packet_before_the_first_gets_a_negative_number() -> None:
    unwrap = Unwrapper(16).unwrap
    assert [unwrap(1), unwrap(65535)] == [1, -1]


def test_any_walk_in_steps_under_half_the_range_is_followed() -> None:
    chance = random.Random(2)
    for bits in (16, 32):
        unwrap = Unwrapper(bits).unwrap
        true = first = chance.randrange(1 << bits)
        for _ in range(3000):
            assert unwrap(true % (1 << bits)) - first == true - first
            true += chance.randrange(-(1 << (bits - 1)) + 1, 1 << (bits - 1))
