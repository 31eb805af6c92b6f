from __future__ import annotations

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from roomtape.errors import InvalidRequest
from roomtape.media.testsignal import (
    BEEP_HZ,
    PACKET_SAMPLES,
    SAMPLE_RATE,
    VideoCodec,
    audio_loop,
    tone_samples,
    video_loop,
)
from tests.support.detect import read_code

DECODERS = {"vp8": "vp8", "vp9": "vp9", "h264": "h264"}


def decode_opus(packets: list[bytes]) -> NDArray[np.float32]:
    codec = av.CodecContext.create("libopus", "r")
    codec.sample_rate, codec.layout = SAMPLE_RATE, "mono"
    blocks = [f.to_ndarray() for p in packets for f in codec.decode(av.Packet(p))]
    joined = np.concatenate([b.reshape(1, -1) if b.shape[0] == 1 else b for b in blocks], axis=1)[0]
    return joined.astype(np.float32) / (32768 if joined.dtype.kind == "i" else 1)


def amplitude(samples: NDArray[np.float32], freq: int) -> float:
    t = np.arange(len(samples)) / SAMPLE_RATE
    return float(2 * abs(np.mean(samples * np.hanning(len(samples)) * 2 * np.exp(-2j * np.pi * freq * t))))


def test_the_loop_is_one_second_of_tone_with_a_beep_first() -> None:
    loop = audio_loop(440)
    assert len(loop.packets) == len(loop.levels) == 50
    samples = decode_opus(list(loop.packets) * 2)[SAMPLE_RATE:]  # the second round, with a settled decoder
    assert len(samples) == SAMPLE_RATE
    assert amplitude(samples[: 3 * PACKET_SAMPLES], BEEP_HZ) == pytest.approx(0.4, abs=0.05)
    assert amplitude(samples[4 * PACKET_SAMPLES :], BEEP_HZ) < 0.005
    assert amplitude(samples, 440) == pytest.approx(0.1, abs=0.01)


def test_the_beep_begins_with_the_packet_as_decoded() -> None:
    samples = decode_opus(list(audio_loop(440).packets) * 2)[SAMPLE_RATE // 2 :]
    expected = tone_samples(440, 1)
    part = samples[SAMPLE_RATE // 2 - 480 : SAMPLE_RATE // 2 + 4 * PACKET_SAMPLES]
    template = expected[: 3 * PACKET_SAMPLES]
    offset = int(np.argmax(np.correlate(part, template, "valid"))) - 480
    assert abs(offset) <= 24  # half a millisecond


def test_the_loop_joins_itself_without_a_click() -> None:
    samples = decode_opus(list(audio_loop(440).packets) * 3)
    rest = samples - np.tile(tone_samples(440, 1), 3)
    seam = rest[2 * SAMPLE_RATE - 960 : 2 * SAMPLE_RATE]
    assert np.abs(seam).max() < 0.05


def test_after_a_gap_the_tone_is_at_full_level_within_a_packet() -> None:
    samples = decode_opus(list(audio_loop(440).packets[20:30]))
    levels = np.sqrt(2 * (samples.reshape(-1, PACKET_SAMPLES) ** 2).mean(axis=1))
    assert levels[1:] == pytest.approx([0.1] * 9, rel=0.08)
    assert levels[0] > 0.05


def test_silence_is_tiny_and_silent() -> None:
    silence = audio_loop(440).silence
    assert len(silence) <= 3
    assert np.abs(decode_opus([silence] * 10)).max() < 1e-3


def test_levels_are_minus_dbov() -> None:
    levels = audio_loop(440).levels
    assert levels[10] == 23  # a sine of amplitude 0.1 has an RMS of 0.0707
    assert levels[0] < levels[10]


def test_a_loop_is_made_once() -> None:
    assert audio_loop(523) is audio_loop(523)


@pytest.mark.parametrize("codec", ["vp8", "vp9", "h264"])
def test_each_codec_shows_each_number_once(codec: VideoCodec) -> None:
    loop = video_loop(codec, 320, 180, fps=10, seconds=3, identity=9)
    assert len(loop.frames) == 30
    assert [i for i, key in enumerate(loop.keyframes) if key] == [0, 10, 20]
    decoder = av.CodecContext.create(DECODERS[codec], "r")
    shown = [f for data in loop.frames for f in decoder.decode(av.Packet(data))] + decoder.decode(None)
    codes = [read_code(f.to_ndarray(format="gray"), (0, 0, 320, 180)) for f in shown]
    assert codes == [(9, n) for n in range(30)]


@pytest.mark.parametrize("codec", ["vp8", "vp9", "h264"])
def test_every_keyframe_starts_afresh(codec: VideoCodec) -> None:
    loop = video_loop(codec, 320, 180, fps=10, seconds=3, identity=9)
    decoder = av.CodecContext.create(DECODERS[codec], "r")
    shown = [f for data in loop.frames[20:] for f in decoder.decode(av.Packet(data))] + decoder.decode(None)
    assert read_code(shown[0].to_ndarray(format="gray"), (0, 0, 320, 180)) == (9, 20)


def test_nonsense_is_refused_in_words() -> None:
    with pytest.raises(InvalidRequest, match="picture size"):
        video_loop("vp8", 641, 360)
    with pytest.raises(InvalidRequest, match="1024"):
        video_loop("vp8", fps=60, seconds=60)
    with pytest.raises(InvalidRequest, match="50 to 16000"):
        audio_loop(3)
