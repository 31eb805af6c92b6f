"""Tests of the composite's sound: any stretch of output on its own, pauses cut, everybody together."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from roomtape.capture.values import Frame, Interval, TrackInfo, TrackKey
from roomtape.render.composite_audio import AHEAD_US, AudioFeed, mixed, read_for
from roomtape.render.composite_clock import OutputClock
from tests.support.sound import clicks, opus_tone

ORIGIN = 1_760_000_000_000_000
S = 1_000_000


@dataclass
class Reader:
    """Frames as a TrackReader gives them."""

    frames: list[Frame]
    info: TrackInfo = field(default_factory=lambda: TrackInfo(TrackKey("ann", 0), "audio", "peer", "opus", 48_000))

    def next_us(self) -> int | None:
        return self.frames[0].time_us if self.frames else None

    def read(self, until_us: int) -> list[Frame]:
        count = sum(f.time_us < until_us for f in self.frames)
        out, self.frames = self.frames[:count], self.frames[count:]
        return out


def feed(freq: int, seconds: int = 6, drop: Sequence[int] = ()) -> AudioFeed:
    packets = opus_tone(freq, seconds)
    frames = [
        Frame(ORIGIN + i * 20_000, 0, i * 960, data, False, 20_000, int(i - 1 in drop))
        for i, data in enumerate(packets)
        if i not in drop
    ]
    return AudioFeed(Reader(frames))  # type: ignore[arg-type]


def clock(*spans: tuple[float, float]) -> OutputClock:
    return OutputClock([Interval(ORIGIN + round(a * S), ORIGIN + round(b * S)) for a, b in spans], 30)


def level(pcm: np.ndarray, freq: int) -> float:
    at = np.arange(len(pcm)) / 48000
    return float(2 * abs(np.mean(pcm[:, 0] * np.exp(-2j * np.pi * freq * at))))


def test_everybody_is_heard_together() -> None:
    pcm = mixed([feed(400), feed(1000)], clock((1, 4)), 0, 144_000, 2)
    assert pcm.shape == (144_000, 2)
    assert level(pcm, 400) == pytest.approx(0.1, abs=0.01)
    assert level(pcm, 1000) == pytest.approx(0.1, abs=0.01)


def test_one_channel_is_the_mean_of_two() -> None:
    stereo = mixed([feed(400)], clock((1, 4)), 0, 96_000, 2)
    mono = mixed([feed(400)], clock((1, 4)), 0, 96_000, 1)
    assert mono.shape == (96_000, 1)
    assert np.allclose(mono[:, 0], stereo.mean(axis=1), atol=1e-6)


def test_a_stretch_is_the_same_whether_or_not_what_lies_before_was_rendered() -> None:
    whole = clock((0.5, 5.5))
    going = feed(400, drop=[60])
    mixed([going], whole, 0, 96_000, 2)
    after = mixed([going], whole, 96_000, 192_000, 2)
    alone = mixed([feed(400, drop=[60])], whole, 96_000, 192_000, 2)
    assert np.array_equal(after, alone)


def test_stretches_join_to_what_one_would_be() -> None:
    whole = clock((0.5, 5.5))
    one = mixed([feed(400)], whole, 0, 192_000, 2)
    alone = mixed([feed(400)], whole, 100_000, 192_000, 2)
    assert np.abs(one[100_000:] - alone).max() < 1e-4


def test_a_cut_is_soft_and_what_lies_in_the_pause_is_not_heard() -> None:
    quiet = range(100, 200)
    pcm = mixed([feed(400, drop=quiet)], clock((0, 2), (4, 6)), 0, 192_000, 2)
    assert np.abs(pcm[96_000]).max() < 1e-3
    assert clicks(pcm[9600:180_000, 0]) < 0.005
    assert level(pcm[100_000:148_000], 400) == pytest.approx(0.1, abs=0.01)


def test_nobody_is_silence() -> None:
    assert not mixed([], clock((0, 2)), 0, 96_000, 2).any()
    assert not mixed([feed(400, seconds=1)], clock((3, 5)), 0, 96_000, 2).any()


def test_the_digest_tells_other_packets_and_nothing_else() -> None:
    whole = clock((0.5, 5.5))
    stretches = whole.stretches(96_000, 144_000)

    def digest(*drop: int, before: bool = False) -> int:
        one = feed(400, drop=drop)
        if before:
            mixed([one], whole, 0, 96_000, 2)
        read_for(one, stretches, AHEAD_US)
        return one.digest(stretches)

    assert digest() == digest(before=True) == digest(20) == digest(260) != 0
    assert len({digest(), digest(150), digest(110), digest(174, 175)}) == 4
    silent = feed(400, seconds=1)
    read_for(silent, stretches, AHEAD_US)
    assert silent.digest(stretches) == 0


def test_the_file_begins_and_ends_softly() -> None:
    whole = clock((0.505, 5.5))
    pcm = mixed([feed(400)], whole, 0, whole.samples, 2, ahead_us=0)
    assert np.abs(pcm[[0, -1]]).max() < 0.002
    assert clicks(np.concatenate([np.zeros(10, np.float32), pcm[:, 0], np.zeros(10, np.float32)])) < 0.005
    going_on = mixed([feed(400)], whole, 0, whole.samples, 2)
    assert np.abs(going_on[-240:]).max() > 0.08


def test_repairs_are_counted_once() -> None:
    whole, one = clock((0.5, 5.5)), feed(400, drop=[60])
    found = []
    for first in (0, 48_000, 96_000):
        mixed([one], whole, max(0, first - 9216), first + 48_000, 2, counted=range(first, first + 48_000))
        found.append(one.take_repairs())
    assert found == [{"concealed_samples": 960}, {}, {}]
    assert one.take_repairs() == {}


def test_loudness_is_told_of_every_packet_and_measured_where_it_is_not_said() -> None:
    told: list[tuple[int, int, int]] = []
    going = feed(400)
    frames = going._reader.frames  # type: ignore[attr-defined]
    for frame in frames[:100]:
        frame.level = 60
    times = [frame.time_us for frame in frames]
    heard = AudioFeed(going._reader, lambda *packet: told.append(packet))
    heard.read(ORIGIN + 3 * S, 0)
    heard.read(ORIGIN + 4 * S, 0)
    assert [t for t, _, _ in told] == times[:200]
    assert {length for _, length, _ in told} == {20_000}
    assert {level for _, _, level in told[:100]} == {60}
    assert all(22 <= level <= 24 for _, _, level in told[110:])
