"""Tests of where audio packets are placed."""

import itertools

import pytest

from roomtape.capture.values import Frame
from roomtape.media.place import MAX_CONCEAL, Placed, Placer, position

START = 1_760_000_000_000_000


def opus(at_us: int, lost: int = 0, ms: int = 20) -> Frame:
    return Frame(START + at_us, 0, 0, b"x", False, ms * 1000, lost)


def run(*frames: Frame) -> list[Placed]:
    placer = Placer()
    return [placer.place(f) for f in frames]


def test_positions_are_48_samples_a_millisecond() -> None:
    assert position(START + 1000) - position(START) == 48
    assert position(START) == START * 6 // 125


def test_packets_with_jitter_follow_one_another_exactly() -> None:
    jitter = [0, 300, -400, 700, -900, 200]
    placed = run(*(opus(20_000 * i + j) for i, j in enumerate(jitter)))
    for a, b in itertools.pairwise(placed):
        assert b.start == a.end
        assert b.joined
        assert not a.tail
        assert b.length == 960


@pytest.mark.parametrize("ppm", [100, -100, 600, -600])
def test_drift_is_followed_sample_by_sample(ppm: int) -> None:
    count = 3000
    placed = run(*(opus(round(20_000 * i * (1 + ppm / 1e6))) for i in range(count)))
    assert all(b.start == a.end for a, b in itertools.pairwise(placed))
    assert all(abs(p.length - 960) <= 2 for p in placed)
    assert abs(placed[-1].start - position(opus(round(20_000 * (count - 1) * (1 + ppm / 1e6))).time_us)) < 260


def test_a_lost_packet_is_concealed_seamlessly() -> None:
    first, second = run(opus(0), opus(40_000, lost=1))
    assert second.conceal == 960
    assert second.begin == first.end
    assert second.joined
    assert not first.tail


def test_a_long_loss_is_silence_with_soft_ends() -> None:
    first, second = run(opus(0), opus(500_000, lost=24))
    assert second.conceal == 0
    assert second.start == position(START + 500_000)
    assert not second.joined
    assert first.tail
    assert MAX_CONCEAL < 24 * 960


def test_a_pause_without_loss_is_silence() -> None:
    first, second = run(opus(0), opus(60_000))
    assert first.tail
    assert not second.joined
    assert second.start - first.end == 40 * 48


def test_a_jump_back_goes_on_where_sound_ended() -> None:
    placed = run(opus(0), opus(20_000), opus(25_000), opus(45_000))
    assert 0 < placed[2].skip < 720
    assert placed[2].end == position(START + 45_000)
    assert placed[3].start == placed[2].end


def test_a_packet_wholly_in_the_past_adds_nothing() -> None:
    placed = run(opus(0, ms=60), opus(0), opus(60_000))
    assert placed[1].length == 0
    assert placed[2].start == placed[0].end
    assert placed[2].joined
