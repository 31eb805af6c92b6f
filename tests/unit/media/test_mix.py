"""Tests of mixing: no clicks, no wrapping, and the same sound whichever stretch it is rendered in."""

import numpy as np
import pytest

from roomtape.capture.values import Frame
from roomtape.media.mix import BLOCK, KNEE, Repairs, limited, render_track, soften_cut, stretched
from roomtape.media.place import Placed, Placer
from tests.support.sound import clicks, opus_tone

ORIGIN = 1_760_000_000_000_000


def placed(count: int, tone: int = 500, drop: range = range(0), drift: float = 0) -> list[Placed]:
    placer = Placer()
    packets = opus_tone(tone, 10)
    out = []
    lost = 0
    for i in range(count):
        if i in drop:
            lost += 1
            continue
        at = ORIGIN + round(i * 20_000 * (1 + drift))
        out.append(placer.place(Frame(at, 0, i * 960, packets[i], False, 20_000, lost)))
        lost = 0
    return out


def start() -> int:
    return ORIGIN * 6 // 125


def test_steady_packets_make_a_steady_tone() -> None:
    pcm = render_track(placed(100), start() + 9600, start() + 86400)
    assert pcm.shape == (76800, 2)
    # A sine of 500 Hz at 0.1 has 0.0004.
    assert clicks(pcm[:, 0]) < 0.0006


def test_drift_makes_no_click() -> None:
    packets = placed(400, drift=0.0008)
    assert {p.length for p in packets} - {960}
    pcm = render_track(packets, start() + 9600, start() + 380 * 960)
    assert clicks(pcm[:, 0]) < 0.002


@pytest.mark.parametrize("lost", [1, 3, 25])
def test_loss_and_holes_make_no_hard_edge(lost: int) -> None:
    pcm = render_track(placed(100, drop=range(40, 40 + lost)), start() + 9600, start() + 86400)
    assert clicks(pcm[:, 0]) < 0.01
    hole = pcm[(42 * 960 - 9600) : (40 + lost) * 960 - 9600]
    if lost > 5:
        assert np.abs(hole).max() == 0


def test_a_stretch_sounds_the_same_alone_and_as_part_of_a_longer_one() -> None:
    packets = placed(150)
    whole = render_track(packets, start(), start() + 144000)
    part = render_track([p for p in packets if p.end > start() + 96000 - 19200], start() + 96000, start() + 144000)
    assert np.abs(whole[96000:] - part).max() < 1e-4


def test_stretching_keeps_both_ends() -> None:
    pcm = np.random.default_rng(0).random((960, 2), np.float32)
    longer = stretched(pcm, 962)
    assert longer.shape == (962, 2)
    assert np.allclose(longer[[0, -1]], pcm[[0, -1]])


def test_quiet_sound_is_left_alone_and_loud_sound_stays_below_full_scale() -> None:
    clock = np.arange(48000) / 48000
    tone = np.stack([np.sin(2 * np.pi * 300 * clock)] * 2, 1).astype(np.float32)
    assert limited(tone * KNEE * 0.99) is not tone
    assert np.array_equal(limited(tone * KNEE * 0.99), tone * KNEE * 0.99)
    loud = limited(tone * 4)
    assert np.abs(loud).max() <= 1
    # It is turned down, not clipped: the third harmonic stays small.
    steady = loud[9600:, 0]
    third = 2 * abs(np.mean(steady * np.exp(-2j * np.pi * 900 * clock[9600:])))
    assert third < 0.03


def test_the_limiter_does_not_depend_on_where_it_began() -> None:
    random = np.random.default_rng(2)
    sound = (random.standard_normal((96000, 2)) * np.sin(np.arange(96000) / 9000)[:, None]).astype(np.float32)
    cut = 150 * BLOCK
    settled = 32 * BLOCK
    assert np.allclose(limited(sound)[cut + settled :], limited(sound[cut:])[settled:], atol=1e-6)


def test_a_cut_is_softened_on_both_sides() -> None:
    pcm = np.ones((2000, 2), np.float32)
    soften_cut(pcm, 1000)
    assert pcm[1000].max() == 0
    assert pcm[500].min() == 1
    assert np.abs(np.diff(pcm[:, 0])).max() < 0.01
    soften_cut(pcm, -100)
    assert 0 < pcm[0, 0] < 1
    soften_cut(pcm, 5000)
    assert pcm[-1].min() == 1


def test_the_limiters_blocks_are_those_of_the_whole_output() -> None:
    random = np.random.default_rng(2)
    sound = (random.standard_normal((96000, 2)) * np.sin(np.arange(96000) / 9000)[:, None]).astype(np.float32)
    cut, settled = 150 * BLOCK + 100, 32 * BLOCK
    assert np.allclose(limited(sound)[cut + settled :], limited(sound[cut:], cut)[settled:], atol=1e-6)


def test_random_loss_adds_nothing_above_the_sound() -> None:
    random = np.random.default_rng(5)
    lost = set(np.flatnonzero(random.random(400) < 0.1)) - set(range(5))
    placer, packets, found, missing = Placer(), opus_tone(500, 10), [], 0
    for i in range(400):
        if i in lost:
            missing += 1
            continue
        found.append(placer.place(Frame(ORIGIN + i * 20_000, 0, i * 960, packets[i], False, 20_000, missing)))
        missing = 0
    repairs = Repairs(start(), start() + 400 * 960)
    sound = render_track(found, start(), start() + 400 * 960, repairs)[9600:, 0]
    blocks = sound[: len(sound) // 480 * 480].reshape(-1, 480) * np.hanning(480)
    high = np.abs(np.fft.rfft(blocks, axis=1))[:, 80:].max()  # above 8 kHz
    assert high < 0.02  # a cut through the tone has 0.5 and more
    assert repairs.concealed == len([i for i in lost if i < 399]) * 960
    assert repairs.damaged == 0


def test_repairs_are_those_of_their_stretch() -> None:
    packets = placed(100, drop=range(40, 42))
    packets[60].data = b"\xff\xff\xff"
    at = packets[60].start
    found = [Repairs(start(), at), Repairs(at, at + 960), Repairs(at + 960, start() + 96_000)]
    for repairs in found:
        render_track(packets, start(), start() + 96_000, repairs)
    assert [(r.concealed, r.damaged) for r in found] == [(1920, 0), (960, 1), (0, 0)]
