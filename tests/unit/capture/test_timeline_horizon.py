"""How far a growing log is certain."""

import random
from itertools import pairwise
from pathlib import Path

import pytest

from roomtape.capture import events as ev
from roomtape.capture.timeline import EVENT_LAG_US, Timeline
from roomtape.capture.tracks import SILENT_US
from roomtape.capture.values import Frame, Interval
from tests.support.mjr import Timed, opus_packets, opus_silence, write_events, write_mjr
from tests.support.timelines import A0, SEC, T0, flushed, joined, log, opus, polled


def test_a_running_take_is_certain_as_far_as_it_is_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "a-1-audio-0.mjr"
    content = write_mjr(path, "audio", "opus", T0, opus(30)).read_bytes()
    path.write_bytes(b"")
    log(tmp_path, joined("a", T0), ev.TakeStarted(T0, "a", "a-1"), ev.RecordingStarted(T0, "r"))
    timeline = polled(tmp_path)
    assert timeline.tracks[A0].info.codec == ""
    assert timeline.horizon_us("r", T0 + 10 * SEC) <= T0
    assert not timeline.ended("r")

    path.write_bytes(flushed(content, 20_000))
    timeline.poll()
    horizon = timeline.horizon_us("r", T0 + 60 * SEC)
    read = timeline.tracks[A0].read(horizon)
    assert read
    assert horizon == read[-1].time_us + 20_000
    assert timeline.intervals("r") == [Interval(T0, horizon)]

    path.write_bytes(content)
    log(tmp_path, ev.RecordingStopped(T0 + 30 * SEC, "r"))
    timeline.poll()
    before_stop = timeline.horizon_us("r", T0 + 31 * SEC)
    assert horizon < before_stop <= T0 + 30 * SEC
    log(tmp_path, ev.TakeStopped(T0 + 30 * SEC, "a", "a-1"))
    timeline.poll()
    assert timeline.horizon_us("r") == T0 + 30 * SEC
    rest = timeline.tracks[A0].read(T0 + 30 * SEC)
    assert len(read) + len(rest) == 1500


def test_a_silent_track_is_waited_for_only_so_long_and_only_with_a_clock(tmp_path: Path) -> None:
    write_mjr(tmp_path / "a-1-audio-0.mjr", "audio", "opus", T0, opus(5))
    (tmp_path / "b-1-audio-0.mjr").write_bytes(b"")
    log(
        tmp_path,
        joined("a", T0),
        joined("b", T0),
        ev.TakeStarted(T0, "a", "a-1"),
        ev.TakeStarted(T0, "b", "b-1"),
        ev.RecordingStarted(T0, "r"),
    )
    timeline = polled(tmp_path)
    assert timeline.horizon_us("r") <= T0
    assert timeline.horizon_us("r", T0 + SILENT_US) <= T0
    much_later = T0 + SILENT_US + 60 * SEC
    horizon = timeline.horizon_us("r", much_later)
    assert much_later - SILENT_US - 10 * SEC < horizon <= much_later - SILENT_US
    assert timeline.horizon_us("r") == horizon  # never back


def test_peers_outside_the_selection_do_not_hold_a_recording_up(tmp_path: Path) -> None:
    write_mjr(tmp_path / "a-1-audio-0.mjr", "audio", "opus", T0, opus(5))
    (tmp_path / "b-1-audio-0.mjr").write_bytes(b"")
    log(
        tmp_path,
        joined("a", T0, "alice"),
        joined("b", T0),
        ev.TakeStarted(T0, "a", "a-1"),
        ev.TakeStarted(T0, "b", "b-1"),
        ev.RecordingStarted(T0, "r", ("alice",)),
    )
    timeline = polled(tmp_path)
    assert timeline.horizon_us("r", T0 + 8 * SEC) == T0 + 5 * SEC


def test_without_running_takes_the_event_log_says_how_far(tmp_path: Path) -> None:
    log(tmp_path, joined("a", T0), ev.RecordingStarted(T0, "r"))
    timeline = polled(tmp_path)
    assert timeline.horizon_us("r", T0 + 9 * SEC) == T0 + 9 * SEC - EVENT_LAG_US
    log(tmp_path, ev.SessionEnded(T0 + 9 * SEC))
    timeline.poll()
    assert timeline.horizon_us("r") == T0 + 9 * SEC


def test_a_peer_that_left_without_its_take_being_stopped_is_certain(tmp_path: Path) -> None:
    write_mjr(tmp_path / "a-1-audio-0.mjr", "audio", "opus", T0, opus(5))
    log(tmp_path, joined("a", T0), ev.TakeStarted(T0, "a", "a-1"), ev.RecordingStarted(T0, "r"))
    log(tmp_path, ev.PeerLeft(T0 + 6 * SEC, "a", "sfu_lost"), ev.RecordingStopped(T0 + 20 * SEC, "r"))
    assert polled(tmp_path).horizon_us("r") == T0 + 20 * SEC


def _rough(chance: random.Random, seconds: int) -> list[Timed]:
    """An Opus stream with jitter, losses, reordering, a pause in which the sender's clock stands, and silence."""
    packets = opus_packets([opus_silence() + chance.randbytes(n % 40) for n in range(seconds * 50)])
    out = []
    for n, (ms, data) in enumerate(packets):
        if chance.random() < 0.02 or 300 <= n < 340:
            continue
        late = 0 if n < 500 else 3000
        out.append((ms + late + int(chance.expovariate(1 / 30)), data))
    return sorted(out, key=lambda p: p[0])


@pytest.mark.parametrize("seed", range(8))
def test_a_growing_capture_read_up_to_its_horizon_gives_what_the_finished_one_gives(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    packets = _rough(chance, 20)
    path = tmp_path / "a-1-audio-0.mjr"
    content = write_mjr(path, "audio", "opus", T0, packets).read_bytes()
    log = [joined("a", T0), ev.TakeStarted(T0, "a", "a-1"), ev.RecordingStarted(T0, "r")]
    end = [ev.TakeStopped(T0 + 40 * SEC, "a", "a-1"), ev.RecordingStopped(T0 + 40 * SEC, "r")]
    write_events(tmp_path, [*log, *end])
    finished = polled(tmp_path)
    expected = finished.tracks[A0].read(T0 + 40 * SEC)
    assert len(expected) == len(packets)

    write_events(tmp_path, log)
    timeline = Timeline(tmp_path)
    got: list[Frame] = []
    horizons = []
    for size in range(0, len(content), 300):
        path.write_bytes(content[:size] if seed % 2 else flushed(content, size))
        timeline.poll()
        horizons.append(timeline.horizon_us("r"))
        if chance.random() < 0.5:
            got += timeline.tracks[A0].read(horizons[-1])
    path.write_bytes(content)
    write_events(tmp_path, [*log, *end])
    timeline.poll()
    got += timeline.tracks[A0].read(timeline.horizon_us("r"))
    assert got == expected
    assert all(a <= b for a, b in pairwise(horizons))
    assert len(set(horizons)) > 3
