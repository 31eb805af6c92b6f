"""Tests of Opus decoding and of what is made up for lost packets."""

import numpy as np
import pytest

from roomtape.media.decode_opus import OpusDecoder, frame_samples
from roomtape.media.testsignal import audio_loop
from tests.support.mjr import opus_silence


def level(pcm: np.ndarray, freq: int) -> float:
    clock = np.arange(len(pcm)) / 48000
    return float(2 * abs(np.mean(pcm[:, 0] * np.exp(-2j * np.pi * freq * clock))))


def test_a_tone_comes_out_in_both_channels() -> None:
    decoder = OpusDecoder()
    pcm = np.concatenate([decoder.decode(p, 960) for p in audio_loop(500).packets])
    assert pcm.shape == (48000, 2)
    assert level(pcm[24000:43200], 500) == pytest.approx(0.1, abs=0.01)
    assert np.array_equal(pcm[:, 0], pcm[:, 1])


def test_a_lost_packet_is_extrapolated_then_fades() -> None:
    decoder = OpusDecoder()
    for packet in audio_loop(500).packets[5:25]:
        decoder.decode(packet, 960)
    first = decoder.conceal(960)
    assert level(first, 500) > 0.05
    later = [decoder.conceal(960) for _ in range(20)][-1]
    assert level(later, 500) < level(first, 500)


@pytest.mark.parametrize("samples", [0, 1, 480, 960, 1000, 4800])
def test_concealment_has_the_length_asked_for(samples: int) -> None:
    decoder = OpusDecoder()
    decoder.decode(audio_loop(500).packets[0], 960)
    assert decoder.conceal(samples).shape == (samples, 2)


def test_before_the_first_packet_there_is_silence() -> None:
    assert not OpusDecoder().conceal(960).any()


@pytest.mark.parametrize("data", [b"", b"\xff\xff\xff", bytes(200)])
def test_damage_gives_sound_of_the_right_length(data: bytes) -> None:
    assert OpusDecoder().decode(data, 960).shape == (960, 2)


@pytest.mark.parametrize("ms", [5, 10, 20])
def test_frame_length_follows_from_the_toc(ms: int) -> None:
    packet = opus_silence(ms)
    assert frame_samples(packet[0]) == ms * 48
    assert len(OpusDecoder().decode(packet, ms * 48)) == ms * 48


def test_what_is_made_up_is_counted() -> None:
    decoder = OpusDecoder()
    decoder.decode(audio_loop(500).packets[0], 960)
    decoder.extrapolate(960)
    assert (decoder.damaged, decoder.concealed) == (0, 0)
    decoder.conceal(1000)
    decoder.decode(b"\xff\xff\xff", 960)
    assert (decoder.damaged, decoder.concealed) == (1, 1960)
