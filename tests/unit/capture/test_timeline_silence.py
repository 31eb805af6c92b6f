"""What a track that fell silent may still have to say, and what is done about it."""

from pathlib import Path

from roomtape.capture import events as ev
from roomtape.capture.tracks import SILENT_US
from roomtape.capture.values import Interval
from tests.support.mjr import opus_packets, opus_silence, write_mjr
from tests.support.timelines import A0, SEC, T0, flushed, joined, log, opus, polled


def test_going_on_without_a_silent_track_is_known_as_a_guess_until_it_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a-1-audio-0.mjr"
    content = write_mjr(path, "audio", "opus", T0, opus(5)).read_bytes()
    path.write_bytes(flushed(content, len(content)))
    log(tmp_path, joined("a", T0), ev.TakeStarted(T0, "a", "a-1"), ev.RecordingStarted(T0, "r"))
    timeline = polled(tmp_path)
    track = timeline.tracks[A0]
    timeline.horizon_us("r", T0 + SILENT_US)
    assert not track.guessed
    horizon = timeline.horizon_us("r", T0 + SILENT_US + 20 * SEC)
    assert track.guessed
    assert timeline.guessing("r") == [A0]
    early = track.read(horizon)
    assert 0 < len(early) < 250

    path.write_bytes(content)
    log(tmp_path, ev.TakeStopped(T0 + 100 * SEC, "a", "a-1"), ev.RecordingStopped(T0 + 100 * SEC, "r"))
    timeline.poll()
    assert timeline.guessing("r") == []
    assert track.guessed  # what was read may still be wrong
    timeline.reread()
    assert not track.guessed
    assert len(track.read(horizon)) == 250


def test_a_recording_whose_packets_end_before_a_silence_is_not_in_doubt(tmp_path: Path) -> None:
    write_mjr(tmp_path / "a-1-audio-0.mjr", "audio", "opus", T0, opus(5))
    log(
        tmp_path,
        joined("a", T0),
        ev.TakeStarted(T0, "a", "a-1"),
        *(ev.RecordingStarted(T0, "r"), ev.RecordingStopped(T0 + 4 * SEC, "r")),
        *(ev.RecordingStarted(T0, "s"), ev.RecordingStopped(T0 + 9 * SEC, "s")),
        ev.RecordingStarted(T0, "t"),
    )
    timeline = polled(tmp_path)
    for recording_id in "rst":
        timeline.horizon_us(recording_id, T0 + SILENT_US + 20 * SEC)
    assert timeline.guessing("r") == []
    assert timeline.guessing("s") == timeline.guessing("t") == [A0]


def test_a_short_take_that_was_never_stopped_is_there_when_everything_is_asked_for(tmp_path: Path) -> None:
    write_mjr(tmp_path / "a-1-audio-0.mjr", "audio", "opus", T0, opus(0.3))
    log(tmp_path, joined("a", T0), ev.TakeStarted(T0, "a", "a-1"))
    timeline = polled(tmp_path)
    assert timeline.intervals(None) == [Interval(T0, T0 + 300_000)]
    assert timeline.tracks[A0].next_us() == T0
    assert len(timeline.tracks[A0].read(T0 + SEC)) == 15


def test_the_last_words_before_a_long_silence_are_not_held_back(tmp_path: Path) -> None:
    """Too short a stream to decide its clock, then nothing: once it counts as silent, it is read as it is."""
    path = write_mjr(tmp_path / "a-1-audio-0.mjr", "audio", "opus", T0, opus(0.3))
    log(tmp_path, joined("a", T0), ev.TakeStarted(T0, "a", "a-1"), ev.RecordingStarted(T0, "r"))
    timeline = polled(tmp_path)
    track = timeline.tracks[A0]
    assert track.next_us() is None
    horizon = timeline.horizon_us("r", T0 + SILENT_US + 20 * SEC)
    assert horizon > T0 + SEC
    assert track.next_us() == T0
    assert len(track.read(horizon)) == 15
    more = opus_packets([opus_silence()] * 10, first_seq=16, first_timestamp=100 * 48_000, start_ms=100_000)
    write_mjr(path, "audio", "opus", T0, [*opus(0.3), *more])
    log(tmp_path, ev.TakeStopped(T0 + 101 * SEC, "a", "a-1"))
    timeline.poll()
    assert track.next_us() == T0 + 100 * SEC
    assert len(track.read(T0 + 200 * SEC)) == 10


def test_the_end_of_a_stopped_take_is_known_to_be_next(tmp_path: Path) -> None:
    packets = [*opus(2), *opus_packets([opus_silence()] * 5, first_seq=110, first_timestamp=109 * 960, start_ms=2180)]
    write_mjr(tmp_path / "a-1-audio-0.mjr", "audio", "opus", T0, packets)
    log(tmp_path, joined("a", T0), ev.TakeStarted(T0, "a", "a-1"), ev.TakeStopped(T0 + 3 * SEC, "a", "a-1"))
    track = polled(tmp_path).tracks[A0]
    track.skip(T0 + 2 * SEC)
    assert track.next_us() == T0 + 2_180_000
    assert [f.lost_before for f in track.read(T0 + 9 * SEC)] == [9, 0, 0, 0, 0]
