"""How far from the truth packets are placed: senders and networks as bad as they come, each with a measured bound."""

from itertools import pairwise
from pathlib import Path

import pytest

from roomtape.capture import events as ev
from roomtape.capture.sessionlog import SessionLog
from roomtape.capture.tracks import Take, TrackReader
from roomtape.capture.values import TrackKey
from tests.support.mjr import write_mjr
from tests.support.sender import PATH_US, T0, Sender, placed, share

CASES = {
    "a good network": Sender(40),
    "great jitter": Sender(60, jitter_us=25_000),
    "a fast clock": Sender(60, ppm=200),
    "a slow clock": Sender(60, ppm=-200),
    "loss": Sender(40, loss=0.05),
    "loss in bursts": Sender(60, losses_at=[(10, 0.5), (20, 3), (40, 9)]),
    "retransmissions out of order": Sender(40, swap=0.05, loss=0.01),
    "numbers and timestamps that wrap around": Sender(40, first_seq=65_000, first_timestamp=2**32 - 20 * 48_000),
    "a clock that jumps ahead": Sender(60, jumps_at=[(20, 7.5), (40, 0.3)]),
    "a clock that jumps back": Sender(60, jumps_at=[(20, -7.5), (40, -0.3)]),
    "a clock that jumps further than its counter's half": Sender(60, jumps_at=[(20, 50_000.0)]),
    "a clock that stands still in mutes": Sender(90, mutes_at=[(10, 0.3), (20, 2), (30, 30), (70, 5)]),
    "a clock that runs on in mutes": Sender(90, mutes_at=[(10, 0.3), (20, 2), (30, 30), (70, 5)], frozen=False),
    "many short mutes": Sender(90, mutes_at=[(5 + 4 * n, 1.3) for n in range(20)]),
    "everything": Sender(
        120,
        ppm=-150,
        loss=0.02,
        swap=0.02,
        first_seq=63_000,
        first_timestamp=2**32 - 48_000 * 30,
        mutes_at=[(15, 4), (50, 0.5), (52, 1)],
        losses_at=[(25, 1), (53.5, 0.3)],
        jumps_at=[(35, -3), (80, 600)],
        switches_at=[70],
    ),
}


def _marked(packet: bytes, take: int) -> bytes:
    return packet + bytes([take])


@pytest.mark.parametrize("name", CASES)
def test_the_error_of_placement_is_bounded(tmp_path: Path, name: str) -> None:
    sender = CASES[name]
    scale = 2 if sender.jitter_us > 10_000 else 1
    for sender.seed in range(3):
        errors, file = placed(tmp_path / "a.mjr", sender)
        assert share(errors, 0.95) <= 8_000 * scale, (sender.seed, share(errors, 0.95))
        assert max(errors) <= 25_000 * scale, (sender.seed, max(errors))
        assert min(errors) >= -6_000 * scale, (sender.seed, min(errors))
        assert abs(file.order.lost - sender.lost) <= file.order.late + 1


def test_a_new_source_is_placed_as_well_as_the_sfu_counts_it_on(tmp_path: Path) -> None:
    """The SFU adds the time between two arrivals, with their jitter, which is then led back at 2 ms a second."""
    sender = Sender(60, switches_at=[10, 40])
    for sender.seed in range(6):
        errors, file = placed(tmp_path / "a.mjr", sender)
        assert max(abs(e) for e in errors) <= 40_000
        assert share(errors, 0.5) <= 8_000
        assert file.jumps == 0


def test_takes_whose_numbers_begin_anew_go_on_where_they_were_sent(tmp_path: Path) -> None:
    """The SFU begins each file with number 1 and timestamp 0, in the middle of a stream that knows nothing of it."""
    log = SessionLog()
    log.add(ev.PeerJoined(T0, "a", "p", None, "A"))
    track = TrackReader(TrackKey("a", 0), "audio", log)
    truth: dict[bytes, int] = {}
    for number, begin_s in enumerate((0, 20, 21, 60), start=1):
        packets = Sender(20 if begin_s != 20 else 0.9, seed=number, ppm=120).packets()
        at_us = T0 + begin_s * 1_000_000
        timed = [(ms - packets[0][0], _marked(data, number)) for ms, _, data in packets]
        truth |= {_marked(data, number)[12:]: at_us + sent for _, sent, data in packets}
        path = write_mjr(tmp_path / f"a-{number}-audio-0.mjr", "audio", "opus", at_us + packets[0][0] * 1000, timed)
        log.add(ev.TakeStarted(at_us, "a", f"a-{number}"))
        log.add(ev.TakeStopped(at_us + 20_000_000, "a", f"a-{number}"))
        track.add_take(Take(path, log.takes[f"a-{number}"]))
    frames = track.read(2**62)
    assert len(frames) == len(truth) == 3045
    assert max(abs(f.time_us - PATH_US - truth[f.data]) for f in frames) <= 25_000
    assert all(a.time_us < b.time_us for a, b in pairwise(frames))


@pytest.mark.parametrize("ppm", [-200, 200])
def test_four_hours_of_drift_shift_nothing(tmp_path: Path, ppm: int) -> None:
    """A packet every 0.4 s, as in silence: the window holds few packets, which only makes it harder."""
    sender = Sender(4 * 3600, ppm=ppm, step_us=400_000)
    errors, file = placed(tmp_path / "a.mjr", sender)
    minute = 150
    begin, end = errors[:minute], errors[-minute:]
    assert abs(sum(begin) - sum(end)) / minute <= 3_000
    assert share(errors, 0.95) <= 8_000
    assert max(abs(e) for e in errors) <= 15_000
    assert file.jumps == 0
    assert file.measured.drift_ppm == pytest.approx(ppm, abs=1)


@pytest.mark.parametrize("name", ["a good network", "loss", "a fast clock", "retransmissions out of order"])
def test_true_spacing_is_kept_where_nothing_is_wrong_with_the_clock(tmp_path: Path, name: str) -> None:
    errors, _ = placed(tmp_path / "a.mjr", CASES[name])
    assert max(abs(a - b) for a, b in pairwise(errors)) <= 1_100  # 10 per packet by slewing, over a burst of loss
