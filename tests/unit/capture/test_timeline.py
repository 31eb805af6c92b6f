import random
from itertools import pairwise
from pathlib import Path

import pytest

from roomtape.capture import events as ev
from roomtape.capture.timeline import EVENT_LAG_US, Timeline
from roomtape.capture.tracks import SILENT_US
from roomtape.capture.values import Frame, Interval, TrackKey
from tests.support.encoded import encoded_video
from tests.support.mjr import Timed, opus_packets, opus_silence, vp8_packets, write_events, write_mjr

T0 = 1_700_000_000_000_000
SEC = 1_000_000
A0, B0, B1 = TrackKey("a", 0), TrackKey("b", 0), TrackKey("b", 1)


def _joined(peer: str, t: int, user: str | None = None) -> ev.PeerJoined:
    return ev.PeerJoined(t, peer, f"part-{peer}", user, peer.upper())


def _opus(seconds: float, **more: object) -> list[Timed]:
    return opus_packets([opus_silence()] * round(seconds * 50), **more)  # type: ignore[arg-type]


def _session(folder: Path) -> None:
    """Ten seconds: a is there all the time, b comes at 3 s with sound and picture and leaves at 8 s."""
    write_mjr(folder / "a-1-audio-0.mjr", "audio", "opus", T0, _opus(10))
    write_mjr(folder / "b-1-audio-0.mjr", "audio", "opus", T0 + 3 * SEC, _opus(5))
    write_mjr(
        folder / "b-1-video-1.mjr", "video", "vp8", T0 + 3 * SEC, vp8_packets(encoded_video("vp8", frames=30) * 5)
    )
    write_events(
        folder,
        [
            ev.SessionStarted(T0 - SEC, "s", "m", "Title"),
            _joined("a", T0, "alice"),
            ev.TrackPublished(T0, "a", 0, "audio", "peer", "opus"),
            ev.TakeStarted(T0, "a", "a-1"),
            ev.RecordingStarted(T0, "r"),
            ev.RecordingStarted(T0 + SEC, "only-a", ("alice",)),
            _joined("b", T0 + 3 * SEC),
            ev.TrackPublished(T0 + 3 * SEC, "b", 0, "audio", "peer", "opus"),
            ev.TrackPublished(T0 + 3 * SEC, "b", 1, "video", "screenshare", "VP8"),
            ev.TakeStarted(T0 + 3 * SEC, "b", "b-1"),
            ev.TrackMuted(T0 + 4 * SEC, "b", 0),
            ev.PeerRenamed(T0 + 5 * SEC, "b", "Bea"),
            ev.TrackUnmuted(T0 + 6 * SEC, "b", 0),
            ev.TakeStopped(T0 + 8 * SEC, "b", "b-1"),
            ev.PeerLeft(T0 + 8 * SEC, "b", "left"),
            ev.RecordingStopped(T0 + 9 * SEC, "only-a"),
            ev.RecordingStopped(T0 + 10 * SEC, "r"),
            ev.TakeStopped(T0 + 10 * SEC, "a", "a-1"),
        ],
    )


def _polled(folder: Path) -> Timeline:
    timeline = Timeline(folder)
    timeline.poll()
    return timeline


def test_tracks_peers_and_moments_of_a_finished_session(tmp_path: Path) -> None:
    _session(tmp_path)
    timeline = _polled(tmp_path)
    assert set(timeline.tracks) == {A0, B0, B1}
    screen = timeline.tracks[B1].info
    assert (screen.kind, screen.source, screen.codec, screen.clock_rate) == ("video", "screenshare", "vp8", 90_000)
    assert [p.peer_id for p in timeline.present_at(T0 + 2 * SEC)] == ["a"]
    assert [p.peer_id for p in timeline.present_at(T0 + 4 * SEC)] == ["a", "b"]
    assert [p.peer_id for p in timeline.present_at(T0 + 8 * SEC)] == ["a"]
    assert timeline.name_at("b", T0 + 4 * SEC) == "B"
    assert timeline.name_at("b", T0 + 5 * SEC) == "Bea"
    assert [timeline.muted_at(B0, T0 + s * SEC) for s in (3, 4, 5, 6)] == [False, True, True, False]
    assert timeline.selection("only-a").includes("part-a", "alice")
    assert not timeline.selection("only-a").includes("part-b", None)
    assert [e.t for e in timeline.events] == sorted(e.t for e in timeline.events)


def test_frames_lie_where_they_were_sent(tmp_path: Path) -> None:
    _session(tmp_path)
    timeline = _polled(tmp_path)
    audio = timeline.tracks[B0].read(T0 + 100 * SEC)
    assert [f.time_us for f in audio] == [T0 + 3 * SEC + n * 20_000 for n in range(250)]
    video = timeline.tracks[B1].read(T0 + 100 * SEC)
    assert len(video) == 150
    assert all(abs(f.time_us - (T0 + 3 * SEC + n * 33_333)) < 2000 for n, f in enumerate(video))
    assert [n for n, f in enumerate(video) if f.keyframe] == [0, 30, 60, 90, 120]


def test_reading_in_steps_gives_each_frame_once(tmp_path: Path) -> None:
    _session(tmp_path)
    timeline = _polled(tmp_path)
    track = timeline.tracks[A0]
    assert track.next_us() == T0
    got: list[Frame] = []
    for until in range(T0, T0 + 11 * SEC, 33_333):
        new = track.read(until)
        assert all(f.time_us < until for f in new)
        got += new
    assert len(got) == 500
    assert track.next_us() is None
    assert track.stats.frames == 500

    again = _polled(tmp_path).tracks[A0]
    again.skip(T0 + 5 * SEC)
    assert again.next_us() == T0 + 5 * SEC
    assert len(again.read(T0 + 100 * SEC)) == 250


def test_intervals_and_horizon_of_stopped_recordings(tmp_path: Path) -> None:
    _session(tmp_path)
    timeline = _polled(tmp_path)
    assert timeline.recording_ids == ["r", "only-a"]
    assert timeline.ended("r")
    assert timeline.horizon_us("r") == T0 + 10 * SEC
    assert timeline.intervals("r") == [Interval(T0, T0 + 10 * SEC)]
    assert timeline.intervals("only-a") == [Interval(T0 + SEC, T0 + 9 * SEC)]
    assert timeline.intervals("unknown") == []
    assert timeline.ended(None)
    (whole,) = timeline.intervals(None)
    assert whole == Interval(T0, T0 + 10 * SEC)


def test_pauses_cut_a_recording_and_takes_continue_the_track(tmp_path: Path) -> None:
    write_mjr(tmp_path / "a-1-audio-0.mjr", "audio", "opus", T0, _opus(3))
    write_mjr(tmp_path / "a-10-audio-0.mjr", "audio", "opus", T0 + 12 * SEC, _opus(1))
    write_mjr(tmp_path / "a-9-audio-0.mjr", "audio", "opus", T0 + 7 * SEC, _opus(3))
    write_events(
        tmp_path,
        [
            _joined("a", T0),
            ev.TakeStarted(T0, "a", "a-1"),
            ev.RecordingStarted(T0, "r"),
            ev.RecordingPaused(T0 + 3 * SEC, "r"),
            ev.TakeStopped(T0 + 3 * SEC, "a", "a-1"),
            ev.TakeStarted(T0 + 7 * SEC, "a", "a-9"),
            ev.RecordingResumed(T0 + 7 * SEC, "r"),
            ev.TakeStopped(T0 + 10 * SEC, "a", "a-9"),
            ev.RecordingStopped(T0 + 10 * SEC, "r"),
            ev.TakeStarted(T0 + 12 * SEC, "a", "a-10"),
            ev.TakeStopped(T0 + 13 * SEC, "a", "a-10"),
            ev.PeerLeft(T0 + 13 * SEC, "a", "left"),
        ],
    )
    timeline = _polled(tmp_path)
    assert timeline.intervals("r") == [Interval(T0, T0 + 3 * SEC), Interval(T0 + 7 * SEC, T0 + 10 * SEC)]
    track = timeline.tracks[A0]
    times = [f.time_us - T0 for f in track.read(T0 + 100 * SEC)]
    expected = [*range(0, 3 * SEC, 20_000), *range(7 * SEC, 10 * SEC, 20_000), *range(12 * SEC, 13 * SEC, 20_000)]
    assert times == expected
    assert [(g.start_us - T0, g.end_us - T0, g.cause.value) for g in track.gaps] == [
        (3 * SEC, 7 * SEC, "paused"),
        (10 * SEC, 12 * SEC, "not_captured"),
    ]


def _log(folder: Path, *events: ev.Event) -> None:
    with (folder / "events.jsonl").open("ab") as out:
        for event in events:
            out.write(ev.dump(event))


def _flushed(content: bytes, arrived: int) -> bytes:
    """What of a file is on the disk when `arrived` bytes went through a buffer of 4096."""
    return content[: arrived // 4096 * 4096]


def test_a_running_take_is_certain_as_far_as_it_is_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "a-1-audio-0.mjr"
    content = write_mjr(path, "audio", "opus", T0, _opus(30)).read_bytes()
    path.write_bytes(b"")
    _log(tmp_path, _joined("a", T0), ev.TakeStarted(T0, "a", "a-1"), ev.RecordingStarted(T0, "r"))
    timeline = _polled(tmp_path)
    assert timeline.tracks[A0].info.codec == ""
    assert timeline.horizon_us("r", T0 + 10 * SEC) <= T0
    assert not timeline.ended("r")

    path.write_bytes(_flushed(content, 20_000))
    timeline.poll()
    horizon = timeline.horizon_us("r", T0 + 60 * SEC)
    read = timeline.tracks[A0].read(horizon)
    assert read
    assert horizon == read[-1].time_us + 20_000
    assert timeline.intervals("r") == [Interval(T0, horizon)]

    path.write_bytes(content)
    _log(tmp_path, ev.RecordingStopped(T0 + 30 * SEC, "r"))
    timeline.poll()
    before_stop = timeline.horizon_us("r", T0 + 31 * SEC)
    assert horizon < before_stop <= T0 + 30 * SEC
    _log(tmp_path, ev.TakeStopped(T0 + 30 * SEC, "a", "a-1"))
    timeline.poll()
    assert timeline.horizon_us("r") == T0 + 30 * SEC
    rest = timeline.tracks[A0].read(T0 + 30 * SEC)
    assert len(read) + len(rest) == 1500


def test_a_silent_track_is_waited_for_only_so_long_and_only_with_a_clock(tmp_path: Path) -> None:
    write_mjr(tmp_path / "a-1-audio-0.mjr", "audio", "opus", T0, _opus(5))
    (tmp_path / "b-1-audio-0.mjr").write_bytes(b"")
    _log(
        tmp_path,
        _joined("a", T0),
        _joined("b", T0),
        ev.TakeStarted(T0, "a", "a-1"),
        ev.TakeStarted(T0, "b", "b-1"),
        ev.RecordingStarted(T0, "r"),
    )
    timeline = _polled(tmp_path)
    assert timeline.horizon_us("r") <= T0
    assert timeline.horizon_us("r", T0 + SILENT_US) <= T0
    much_later = T0 + SILENT_US + 60 * SEC
    horizon = timeline.horizon_us("r", much_later)
    assert much_later - SILENT_US - 10 * SEC < horizon <= much_later - SILENT_US
    assert timeline.horizon_us("r") == horizon  # never back


def test_peers_outside_the_selection_do_not_hold_a_recording_up(tmp_path: Path) -> None:
    write_mjr(tmp_path / "a-1-audio-0.mjr", "audio", "opus", T0, _opus(5))
    (tmp_path / "b-1-audio-0.mjr").write_bytes(b"")
    _log(
        tmp_path,
        _joined("a", T0, "alice"),
        _joined("b", T0),
        ev.TakeStarted(T0, "a", "a-1"),
        ev.TakeStarted(T0, "b", "b-1"),
        ev.RecordingStarted(T0, "r", ("alice",)),
    )
    timeline = _polled(tmp_path)
    assert timeline.horizon_us("r", T0 + 8 * SEC) == T0 + 5 * SEC


def test_without_running_takes_the_event_log_says_how_far(tmp_path: Path) -> None:
    _log(tmp_path, _joined("a", T0), ev.RecordingStarted(T0, "r"))
    timeline = _polled(tmp_path)
    assert timeline.horizon_us("r", T0 + 9 * SEC) == T0 + 9 * SEC - EVENT_LAG_US
    _log(tmp_path, ev.SessionEnded(T0 + 9 * SEC))
    timeline.poll()
    assert timeline.horizon_us("r") == T0 + 9 * SEC


def test_a_peer_that_left_without_its_take_being_stopped_is_certain(tmp_path: Path) -> None:
    write_mjr(tmp_path / "a-1-audio-0.mjr", "audio", "opus", T0, _opus(5))
    _log(tmp_path, _joined("a", T0), ev.TakeStarted(T0, "a", "a-1"), ev.RecordingStarted(T0, "r"))
    _log(tmp_path, ev.PeerLeft(T0 + 6 * SEC, "a", "sfu_lost"), ev.RecordingStopped(T0 + 20 * SEC, "r"))
    assert _polled(tmp_path).horizon_us("r") == T0 + 20 * SEC


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
    log = [_joined("a", T0), ev.TakeStarted(T0, "a", "a-1"), ev.RecordingStarted(T0, "r")]
    end = [ev.TakeStopped(T0 + 40 * SEC, "a", "a-1"), ev.RecordingStopped(T0 + 40 * SEC, "r")]
    write_events(tmp_path, [*log, *end])
    finished = _polled(tmp_path)
    expected = finished.tracks[A0].read(T0 + 40 * SEC)
    assert len(expected) == len(packets)

    write_events(tmp_path, log)
    timeline = Timeline(tmp_path)
    got: list[Frame] = []
    horizons = []
    for size in range(0, len(content), 300):
        path.write_bytes(content[:size] if seed % 2 else _flushed(content, size))
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


def test_a_folder_of_foreign_files_is_read_by_their_names(tmp_path: Path) -> None:
    write_mjr(tmp_path / "videoroom-7-user-8-99-audio-0.mjr", "audio", "opus", T0, _opus(2))
    write_mjr(
        tmp_path / "videoroom-7-user-8-99-video-1.mjr", "video", "vp8", T0, vp8_packets(encoded_video("vp8", frames=30))
    )
    write_mjr(tmp_path / "echo-audio.mjr", "audio", "opus", T0 + SEC, _opus(2))
    write_mjr(tmp_path / "plain.mjr", "video", "vp8", T0, vp8_packets(encoded_video("vp8", frames=30)))
    timeline = _polled(tmp_path)
    assert set(timeline.tracks) == {
        TrackKey("videoroom-7-user-8-99", 0),
        TrackKey("videoroom-7-user-8-99", 1),
        TrackKey("echo", 0),
        TrackKey("plain", 1),
    }
    echo = timeline.peers["echo"]
    assert (echo.name, echo.joined_us, echo.left_us) == ("echo", T0 + SEC, T0 + 3 * SEC)
    assert timeline.tracks[TrackKey("plain", 1)].info.kind == "video"
    (whole,) = timeline.intervals(None)
    assert abs(whole.start_us - T0) < 1000  # 30 frames a second do not fall on whole milliseconds
    assert whole.end_us == T0 + 3 * SEC
    assert timeline.horizon_us(None) == whole.end_us
    assert timeline.name_at("echo", T0) == "echo"


def test_a_log_that_appears_after_the_files_is_believed(tmp_path: Path) -> None:
    _session(tmp_path)
    log = (tmp_path / "events.jsonl").read_bytes()
    (tmp_path / "events.jsonl").unlink()
    timeline = _polled(tmp_path)
    assert set(timeline.peers) == {"a-1", "b-1"}
    assert timeline.intervals(None)
    (tmp_path / "events.jsonl").write_bytes(log[: log.index(b"recording_started")])
    timeline.poll()
    assert set(timeline.tracks) == {A0}
    assert timeline.tracks[A0].certain_us(None) is not None  # its take runs: more is waited for again
    (tmp_path / "events.jsonl").write_bytes(log)
    timeline.poll()
    assert set(timeline.tracks) == {A0, B0, B1}
    assert set(timeline.peers) == {"a", "b"}
    assert timeline.intervals("r") == [Interval(T0, T0 + 10 * SEC)]
    assert len(timeline.tracks[A0].read(T0 + 100 * SEC)) == 500


def test_going_on_without_a_silent_track_is_known_as_a_guess_until_it_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a-1-audio-0.mjr"
    content = write_mjr(path, "audio", "opus", T0, _opus(5)).read_bytes()
    path.write_bytes(_flushed(content, len(content)))
    _log(tmp_path, _joined("a", T0), ev.TakeStarted(T0, "a", "a-1"), ev.RecordingStarted(T0, "r"))
    timeline = _polled(tmp_path)
    track = timeline.tracks[A0]
    timeline.horizon_us("r", T0 + SILENT_US)
    assert not track.guessed
    horizon = timeline.horizon_us("r", T0 + SILENT_US + 20 * SEC)
    assert track.guessed
    assert timeline.guessing("r") == [A0]
    early = track.read(horizon)
    assert 0 < len(early) < 250

    path.write_bytes(content)
    _log(tmp_path, ev.TakeStopped(T0 + 100 * SEC, "a", "a-1"), ev.RecordingStopped(T0 + 100 * SEC, "r"))
    timeline.poll()
    assert timeline.guessing("r") == []
    assert track.guessed  # what was read may still be wrong
    timeline.reread()
    assert not track.guessed
    assert len(track.read(horizon)) == 250


def test_a_recording_whose_packets_end_before_a_silence_is_not_in_doubt(tmp_path: Path) -> None:
    write_mjr(tmp_path / "a-1-audio-0.mjr", "audio", "opus", T0, _opus(5))
    _log(
        tmp_path,
        _joined("a", T0),
        ev.TakeStarted(T0, "a", "a-1"),
        *(ev.RecordingStarted(T0, "r"), ev.RecordingStopped(T0 + 4 * SEC, "r")),
        *(ev.RecordingStarted(T0, "s"), ev.RecordingStopped(T0 + 9 * SEC, "s")),
        ev.RecordingStarted(T0, "t"),
    )
    timeline = _polled(tmp_path)
    for recording_id in "rst":
        timeline.horizon_us(recording_id, T0 + SILENT_US + 20 * SEC)
    assert timeline.guessing("r") == []
    assert timeline.guessing("s") == timeline.guessing("t") == [A0]


def test_a_short_take_that_was_never_stopped_is_there_when_everything_is_asked_for(tmp_path: Path) -> None:
    write_mjr(tmp_path / "a-1-audio-0.mjr", "audio", "opus", T0, _opus(0.3))
    _log(tmp_path, _joined("a", T0), ev.TakeStarted(T0, "a", "a-1"))
    timeline = _polled(tmp_path)
    assert timeline.intervals(None) == [Interval(T0, T0 + 300_000)]
    assert timeline.tracks[A0].next_us() == T0
    assert len(timeline.tracks[A0].read(T0 + SEC)) == 15


def test_the_last_words_before_a_long_silence_are_not_held_back(tmp_path: Path) -> None:
    """Too short a stream to decide its clock, then nothing: once it counts as silent, it is read as it is."""
    path = write_mjr(tmp_path / "a-1-audio-0.mjr", "audio", "opus", T0, _opus(0.3))
    _log(tmp_path, _joined("a", T0), ev.TakeStarted(T0, "a", "a-1"), ev.RecordingStarted(T0, "r"))
    timeline = _polled(tmp_path)
    track = timeline.tracks[A0]
    assert track.next_us() is None
    horizon = timeline.horizon_us("r", T0 + SILENT_US + 20 * SEC)
    assert horizon > T0 + SEC
    assert track.next_us() == T0
    assert len(track.read(horizon)) == 15
    more = opus_packets([opus_silence()] * 10, first_seq=16, first_timestamp=100 * 48_000, start_ms=100_000)
    write_mjr(path, "audio", "opus", T0, [*_opus(0.3), *more])
    _log(tmp_path, ev.TakeStopped(T0 + 101 * SEC, "a", "a-1"))
    timeline.poll()
    assert track.next_us() == T0 + 100 * SEC
    assert len(track.read(T0 + 200 * SEC)) == 10


def test_the_end_of_a_stopped_take_is_known_to_be_next(tmp_path: Path) -> None:
    packets = [*_opus(2), *opus_packets([opus_silence()] * 5, first_seq=110, first_timestamp=109 * 960, start_ms=2180)]
    write_mjr(tmp_path / "a-1-audio-0.mjr", "audio", "opus", T0, packets)
    _log(tmp_path, _joined("a", T0), ev.TakeStarted(T0, "a", "a-1"), ev.TakeStopped(T0 + 3 * SEC, "a", "a-1"))
    track = _polled(tmp_path).tracks[A0]
    track.skip(T0 + 2 * SEC)
    assert track.next_us() == T0 + 2_180_000
    assert [f.lost_before for f in track.read(T0 + 9 * SEC)] == [9, 0, 0, 0, 0]


def test_a_file_before_its_event_and_one_that_belongs_to_nobody(tmp_path: Path) -> None:
    write_mjr(tmp_path / "a-1-audio-0.mjr", "audio", "opus", T0, _opus(1))
    stranger = write_mjr(tmp_path / "x-1-audio-0.mjr", "audio", "opus", T0, _opus(1))
    _log(tmp_path, _joined("a", T0), ev.RecordingStarted(T0, "r"))
    timeline = _polled(tmp_path)
    assert set(timeline.tracks) == {A0}
    assert timeline.unclaimed == [stranger]
    _log(tmp_path, _joined("x", T0), ev.TakeStarted(T0, "a", "a-1"), ev.TakeStarted(T0, "x", "x-1"))
    timeline.poll()
    assert set(timeline.tracks) == {A0, TrackKey("x", 0)}
    assert timeline.unclaimed == []
    assert timeline.tracks[A0].takes[0].span is not None


def test_an_empty_folder_and_one_that_is_not_there_hold_nothing(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        timeline = _polled(folder)
        assert timeline.intervals(None) == []
        assert timeline.horizon_us(None) == 0
        assert timeline.peers == {}


def test_damaged_folders_never_raise(tmp_path: Path) -> None:
    chance = random.Random(11)
    _session(tmp_path)
    whole = {p: p.read_bytes() for p in tmp_path.iterdir()}
    for _ in range(40):
        for path, content in whole.items():
            broken = bytearray(content[: chance.randrange(len(content) + 1)])
            for _ in range(chance.randrange(20)):
                if broken:
                    broken[chance.randrange(len(broken))] = chance.randrange(256)
            path.write_bytes(broken)
        timeline = _polled(tmp_path)
        for recording_id in (None, "r"):
            timeline.intervals(recording_id)
            timeline.horizon_us(recording_id, T0 + 20 * SEC)
        for track in timeline.tracks.values():
            _ = track.info, track.gaps, track.stats
            track.read(T0 + 20 * SEC)
