import random
from pathlib import Path

from roomtape.capture import events as ev
from roomtape.capture.timeline import Timeline
from roomtape.capture.values import Frame, Interval, TrackKey
from tests.support.captures import Capture
from tests.support.encoded import encoded_video
from tests.support.mjr import vp8_packets, write_events, write_mjr
from tests.support.timelines import A0, B0, B1, SEC, T0, joined, log, opus, polled, write_session


def test_tracks_peers_and_moments_of_a_finished_session(tmp_path: Path) -> None:
    write_session(tmp_path)
    timeline = polled(tmp_path)
    assert set(timeline.tracks) == {A0, B0, B1}
    screen = timeline.tracks[B1].info
    assert (screen.kind, screen.source, screen.codec, screen.clock_rate) == ("video", "screenshare", "vp8", 90_000)
    assert [p.peer_id for p in timeline.present_at(T0 + 2 * SEC)] == ["a"]
    assert [p.peer_id for p in timeline.present_at(T0 + 4 * SEC)] == ["a", "b"]
    assert [p.peer_id for p in timeline.present_at(T0 + 8 * SEC)] == ["a"]
    assert timeline.name_at("b", T0 + 4 * SEC) == "B"
    assert timeline.name_at("b", T0 + 5 * SEC) == "Bea"
    assert [timeline.muted_at(B0, T0 + s * SEC) for s in (3, 4, 5, 6)] == [False, True, True, False]
    assert timeline.selection("only-a").includes("part-a", "alice", False)
    assert not timeline.selection("only-a").includes("part-b", None, False)
    assert [e.t for e in timeline.events] == sorted(e.t for e in timeline.events)


def test_frames_lie_where_they_were_sent(tmp_path: Path) -> None:
    write_session(tmp_path)
    timeline = polled(tmp_path)
    audio = timeline.tracks[B0].read(T0 + 100 * SEC)
    assert [f.time_us for f in audio] == [T0 + 3 * SEC + n * 20_000 for n in range(250)]
    video = timeline.tracks[B1].read(T0 + 100 * SEC)
    assert len(video) == 150
    assert all(abs(f.time_us - (T0 + 3 * SEC + n * 33_333)) < 2000 for n, f in enumerate(video))
    assert [n for n, f in enumerate(video) if f.keyframe] == [0, 30, 60, 90, 120]


def test_reading_in_steps_gives_each_frame_once(tmp_path: Path) -> None:
    write_session(tmp_path)
    timeline = polled(tmp_path)
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

    again = polled(tmp_path).tracks[A0]
    again.skip(T0 + 5 * SEC)
    assert again.next_us() == T0 + 5 * SEC
    assert len(again.read(T0 + 100 * SEC)) == 250


def test_intervals_and_horizon_of_stopped_recordings(tmp_path: Path) -> None:
    write_session(tmp_path)
    timeline = polled(tmp_path)
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
    write_mjr(tmp_path / "a-1-audio-0.mjr", "audio", "opus", T0, opus(3))
    write_mjr(tmp_path / "a-10-audio-0.mjr", "audio", "opus", T0 + 12 * SEC, opus(1))
    write_mjr(tmp_path / "a-9-audio-0.mjr", "audio", "opus", T0 + 7 * SEC, opus(3))
    write_events(
        tmp_path,
        [
            joined("a", T0),
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
    timeline = polled(tmp_path)
    assert timeline.intervals("r") == [Interval(T0, T0 + 3 * SEC), Interval(T0 + 7 * SEC, T0 + 10 * SEC)]
    track = timeline.tracks[A0]
    times = [f.time_us - T0 for f in track.read(T0 + 100 * SEC)]
    expected = [*range(0, 3 * SEC, 20_000), *range(7 * SEC, 10 * SEC, 20_000), *range(12 * SEC, 13 * SEC, 20_000)]
    assert times == expected
    assert [(g.start_us - T0, g.end_us - T0, g.cause.value) for g in track.gaps] == [
        (3 * SEC, 7 * SEC, "paused"),
        (10 * SEC, 12 * SEC, "not_captured"),
    ]


def test_a_folder_of_foreign_files_is_read_by_their_names(tmp_path: Path) -> None:
    write_mjr(tmp_path / "videoroom-7-user-8-99-audio-0.mjr", "audio", "opus", T0, opus(2))
    write_mjr(
        tmp_path / "videoroom-7-user-8-99-video-1.mjr", "video", "vp8", T0, vp8_packets(encoded_video("vp8", frames=30))
    )
    write_mjr(tmp_path / "echo-audio.mjr", "audio", "opus", T0 + SEC, opus(2))
    write_mjr(tmp_path / "plain.mjr", "video", "vp8", T0, vp8_packets(encoded_video("vp8", frames=30)))
    timeline = polled(tmp_path)
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
    write_session(tmp_path)
    log = (tmp_path / "events.jsonl").read_bytes()
    (tmp_path / "events.jsonl").unlink()
    timeline = polled(tmp_path)
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


def test_a_file_before_its_event_and_one_that_belongs_to_nobody(tmp_path: Path) -> None:
    write_mjr(tmp_path / "a-1-audio-0.mjr", "audio", "opus", T0, opus(1))
    stranger = write_mjr(tmp_path / "x-1-audio-0.mjr", "audio", "opus", T0, opus(1))
    log(tmp_path, joined("a", T0), ev.RecordingStarted(T0, "r"))
    timeline = polled(tmp_path)
    assert set(timeline.tracks) == {A0}
    assert timeline.unclaimed == [stranger]
    log(tmp_path, joined("x", T0), ev.TakeStarted(T0, "a", "a-1"), ev.TakeStarted(T0, "x", "x-1"))
    timeline.poll()
    assert set(timeline.tracks) == {A0, TrackKey("x", 0)}
    assert timeline.unclaimed == []
    assert timeline.tracks[A0].takes[0].span is not None


def test_an_empty_folder_and_one_that_is_not_there_hold_nothing(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        timeline = polled(folder)
        assert timeline.intervals(None) == []
        assert timeline.horizon_us(None) == 0
        assert timeline.peers == {}


def test_damaged_folders_never_raise(tmp_path: Path) -> None:
    chance = random.Random(11)
    write_session(tmp_path)
    whole = {p: p.read_bytes() for p in tmp_path.iterdir()}
    for _ in range(40):
        for path, content in whole.items():
            broken = bytearray(content[: chance.randrange(len(content) + 1)])
            for _ in range(chance.randrange(20)):
                if broken:
                    broken[chance.randrange(len(broken))] = chance.randrange(256)
            path.write_bytes(broken)
        timeline = polled(tmp_path)
        for recording_id in (None, "r"):
            timeline.intervals(recording_id)
            timeline.horizon_us(recording_id, T0 + 20 * SEC)
        for track in timeline.tracks.values():
            _ = track.info, track.gaps, track.stats
            track.read(T0 + 20 * SEC)


def test_pictures_and_watermarks_are_files_of_the_assets_folder_only(tmp_path: Path) -> None:
    events: list[ev.Event] = [
        ev.PeerPictured(T0, "ann", "../../etc/passwd"),
        ev.WatermarkStored(T0, "r", "abc"),
        ev.WatermarkMissing(T0, "q", "why"),
    ]
    write_events(tmp_path, events)
    timeline = polled(tmp_path)
    assert timeline.picture_at("ann", T0) == tmp_path / "assets" / "passwd"
    assert timeline.picture_at("ann", T0 - 1) is None
    assert timeline.watermark("r") == tmp_path / "assets" / "abc"
    assert [timeline.watermark_decided(r) for r in ("r", "q", "x", None)] == [True, True, False, False]
    assert timeline.watermark("q") is timeline.watermark(None) is None


def test_only_the_kinds_asked_for_are_read(tmp_path: Path) -> None:
    capture = Capture(tmp_path)
    capture.peer("ann", 0, 3)
    capture.tone("ann", 440, 0, 2)
    capture.picture("ann", "vp8", 0, 2)
    capture.write()
    for kinds, mindices in ((("audio",), [0]), (("video",), [1]), (("audio", "video"), [0, 1])):
        timeline = Timeline(tmp_path, kinds=kinds)
        timeline.poll()
        timeline.poll()
        assert [key.mindex for key in timeline.tracks] == mindices
        assert timeline.unclaimed == []
