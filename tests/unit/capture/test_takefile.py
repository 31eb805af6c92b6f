import random
from pathlib import Path

import pytest

from roomtape.capture.takefile import TakeFile
from roomtape.rtp import audiolevel, capturetime, orientation
from tests.support.mjr import Timed, opus_packets, opus_silence, rtp, write_mjr

T0 = 1_700_000_000_000_000


def _rough(seed: int) -> list[Timed]:
    chance = random.Random(seed)
    packets = [
        (ms + int(chance.expovariate(1 / 25)) + (2000 if ms > 6000 else 0), data)
        for ms, data in opus_packets([opus_silence() + chance.randbytes(n % 30) for n in range(600)])
        if chance.random() > 0.03
    ]
    return sorted(packets, key=lambda p: p[0])


def test_frames_depend_on_the_packets_and_not_on_how_they_are_read(tmp_path: Path) -> None:
    for seed in range(5):
        path = write_mjr(tmp_path / "whole.mjr", "audio", "opus", T0, _rough(seed))
        whole = TakeFile(path)
        while whole.pump():
            pass
        whole.resolve()
        content = path.read_bytes()
        growing = TakeFile(tmp_path / f"growing-{seed}.mjr")
        chance = random.Random(seed)
        for size in [*sorted(chance.sample(range(len(content)), 300)), len(content)]:
            growing.mjr.path.write_bytes(content[:size])
            while growing.pump():
                pass
        growing.resolve()
        assert list(growing.frames) == list(whole.frames)
        assert growing.jumps == whole.jumps == 1  # the clock stood still for two seconds


def test_time_alone_decides_what_waits(tmp_path: Path) -> None:
    packets = opus_packets([opus_silence()] * 10, drop=[5])
    file = TakeFile(write_mjr(tmp_path / "x.mjr", "audio", "opus", T0, packets))
    assert file.pump()
    assert not file.pump()
    assert file.undecided
    assert not file.frames
    file.advance(T0 + 300_000)
    assert file.undecided
    file.advance(T0 + 1_200_000)
    assert not file.undecided
    assert [f.time_us - T0 for f in file.frames] == [n * 20_000 for n in range(10) if n != 5]
    assert file.released_us == T0 + 200_000


def test_nothing_is_placed_before_the_take_before_ended(tmp_path: Path) -> None:
    path = write_mjr(tmp_path / "x.mjr", "audio", "opus", T0, opus_packets([opus_silence()] * 3))
    file = TakeFile(path, floor_us=T0 + 5_000)
    file.pump()
    file.resolve()
    assert [f.time_us - T0 for f in file.frames] == [5_000, 25_000, 45_000]


def test_extensions_are_read_under_the_given_id_or_the_one_in_the_header(tmp_path: Path) -> None:
    packets = opus_packets([opus_silence()] * 3, audio_level=50)
    names = {1: audiolevel.URI, 4: orientation.URI}
    for given, said, level in [(1, {}, 50), (None, names, 50), (2, names, None), (None, {}, None)]:
        path = write_mjr(tmp_path / "x.mjr", "audio", "opus", T0, packets, extensions=said)
        file = TakeFile(path, extension_id=given)
        file.pump()
        file.resolve()
        assert [f.level for f in file.frames] == [level] * 3
    turned = [(20 * n, rtp(n + 1, n * 3000, b"\x10\x00x", marker=True, pt=96, orientation=n)) for n in range(4)]
    file = TakeFile(write_mjr(tmp_path / "v.mjr", "video", "vp8", T0, turned, extensions=names))
    file.pump()
    file.resolve()
    assert [f.rotation for f in file.frames] == [0, 90, 180, 270]


def test_what_a_sender_lost_before_it_counted_is_a_hole_and_no_shift(tmp_path: Path) -> None:
    """From the 101st packet on everything was captured 70 ms later than the timestamps say."""
    packets = [
        (at_ms, rtp(n + 1, n * 960, opus_silence(), captured_ms=at_ms if n % 50 == 0 else None))
        for n in range(300)
        for at_ms in [20 * n + (70 if n >= 100 else 0)]
    ]
    for given, said, lost_ms in [(5, {}, 70), (None, {5: capturetime.URI}, 70), (None, {}, 0)]:
        path = write_mjr(tmp_path / "x.mjr", "audio", "opus", T0, packets, extensions=said)
        file = TakeFile(path, capture_time_id=given)
        while file.pump():
            pass
        file.resolve()
        places = [(f.time_us - T0) / 1000 for f in file.frames]
        assert places[:100] == [20 * n for n in range(100)]
        assert places[100:150] == pytest.approx([20 * n + lost_ms for n in range(100, 150)], abs=0.05)
        assert file.jumps == 0
