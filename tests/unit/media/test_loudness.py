"""Tests of measuring loudness: in the unit of RFC 6464, and as a sender would say it."""

import numpy as np
import pytest

from roomtape.media.loudness import SILENCE, Loudness
from roomtape.media.testsignal import audio_loop
from tests.support.mjr import opus_silence
from tests.support.sound import opus_tone


@pytest.mark.parametrize(("amplitude", "dbov"), [(0.5, 9), (0.1, 23), (0.01, 43)])
def test_a_tone_has_the_loudness_of_its_power(amplitude: float, dbov: int) -> None:
    meter = Loudness()
    levels = [meter.of(packet) for packet in opus_tone(500, 1, amplitude)]
    assert np.median(levels[10:]) == pytest.approx(dbov, abs=1)


def test_it_says_what_the_sender_would_say() -> None:
    meter, loop = Loudness(), audio_loop(500)
    measured = [meter.of(packet) for packet in loop.packets * 2][50:]
    assert np.abs(np.array(measured) - np.array(loop.levels)).max() <= 2


def test_silence_and_damage_are_silent() -> None:
    meter = Loudness()
    assert [meter.of(data) for data in (b"", b"\xf8", b"\xf8\xff", opus_silence(), b"\xff\xff\xff")] == [SILENCE] * 5
