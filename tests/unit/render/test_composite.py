"""Tests of the composite as a whole, by decoding what comes out."""

import hashlib
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

import av
import numpy as np
import pytest

from roomtape.capture.events import (
    Event,
    PeerJoined,
    PeerLeft,
    RecordingPaused,
    RecordingResumed,
    TrackMuted,
    TrackPublished,
    TrackUnmuted,
    WatermarkMissing,
    dump,
)
from roomtape.capture.timeline import Timeline
from roomtape.capture.values import TrackKey
from roomtape.domain.layout import grid
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import AudioConfig, RecordingConfig, VideoConfig, Watermark
from roomtape.errors import RenderError
from roomtape.media.compose import BACKGROUND, planes_of
from roomtape.media.testsignal import video_loop
from roomtape.render import composite
from roomtape.render.composite import render_composite
from roomtape.render.composite_clock import OutputClock
from roomtape.render.findings import Findings
from roomtape.render.job import RenderJob
from tests.support import detect
from tests.support.meeting import EPOCH_US, write_meeting, write_peer
from tests.support.mjr import h264_packets, opus_packets, write_mjr
from tests.support.sound import clicks, opus_tone

WIDTH, HEIGHT = 640, 360
CONFIG = RecordingConfig(video=VideoConfig(width=WIDTH, height=HEIGHT))


def never() -> None:
    raise AssertionError("a finished capture needs no waiting")


def render(
    folder: Path, work: Path, config: RecordingConfig = CONFIG, recording: str | None = "rec"
) -> tuple[Path, list[int]]:
    """Render and return the file and the progress told."""
    told: list[int] = []
    job = RenderJob(str(folder), Kind.COMPOSITE, config, recording)
    (file,) = render_composite(job, work, Timeline(folder), never, lambda done, total: told.append(done))
    path = work / "out" / file.name
    assert file.size == path.stat().st_size
    assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    return path, told


def tiles(count: int) -> list[detect.Rect]:
    return [(r.x, r.y, r.width, r.height) for r in grid(count, WIDTH, HEIGHT)]


def luma_at(path: Path, tick: int) -> np.ndarray:
    with av.open(str(path)) as container:
        for i, frame in enumerate(container.decode(video=0)):
            if i == tick:
                return planes_of(frame)[0].copy()
    raise AssertionError(f"no picture {tick}")


def test_three_people_are_seen_and_heard_at_the_right_times(tmp_path: Path) -> None:
    events = write_peer(tmp_path, "ann", identity=1, tone=400, seconds=8)
    events += write_peer(tmp_path, "bob", identity=2, tone=900, codec="h264", start_s=2, seconds=4)
    events += write_peer(tmp_path, "cid", identity=3, tone=1500, codec="vp9", seconds=8)
    write_meeting(tmp_path, events, 1, 7.5)
    path, told = render(tmp_path, tmp_path / "work")
    assert told[-1] == 6500
    assert detect.durations(path)["video"] == pytest.approx(6.5, abs=0.034)
    assert detect.durations(path)["audio"] == pytest.approx(6.5, abs=0.034)

    ann, cid, bob = tiles(3)
    readings = detect.read_counters(path, [ann, cid, bob])
    for identity, rect_start, first_s, last_s in ((1, 0.0, 0.0, 6.5), (2, 2.0, 1.0, 5.0), (3, 0.0, 0.0, 6.5)):
        mine = [r for r in readings if r.identity == identity and first_s + 0.1 < r.t < last_s - 0.1]
        late = [r.t + 1 - rect_start - r.counter / 30 for r in mine if 1.1 < r.t < 4.9]
        assert len(late) > 100
        assert min(late) > -0.001
        assert max(late) < 0.034
    assert not [r for r in readings if r.identity == 2 and not 0.95 < r.t < 5.05]

    assert detect.tone_present(path, 400, 0.1, 6.4)
    assert detect.tone_present(path, 1500, 0.1, 6.4)
    assert detect.tone_present(path, 900, 1.1, 4.9)
    assert detect.no_tone(path, 900, 0, 0.9)
    assert detect.no_tone(path, 900, 5.1, 6.4)


def test_a_steady_tone_crosses_segments_without_a_click(tmp_path: Path) -> None:
    write_mjr(tmp_path / "ann-1-audio-0.mjr", "audio", "opus", EPOCH_US, opus_packets(opus_tone(500, 11)))
    events: list[Event] = [
        PeerJoined(EPOCH_US, "ann", "id", None, "Ann"),
        TrackPublished(EPOCH_US, "ann", 0, "audio", "peer", "opus"),
    ]
    write_meeting(tmp_path, events, 0, 10)
    path, _ = render(tmp_path, tmp_path / "work")
    sound = detect.sound(path).samples[9600 : 9 * 48000]
    assert clicks(sound) < 0.0008
    assert detect.hole(path, 500) == 0


def killed_after(segments: int) -> Callable[[int, int | None], None]:
    def progress(done: int, total: int | None) -> None:
        nonlocal segments
        segments -= 1
        if segments < 0:
            raise KeyboardInterrupt

    return progress


def test_a_killed_render_goes_on_and_gives_the_same_file(tmp_path: Path) -> None:
    events = write_peer(tmp_path, "ann", identity=1, tone=400, seconds=14, lose_video=range(40, 44))
    events += write_peer(tmp_path, "bob", identity=2, tone=900, codec="h264", start_s=1.3, seconds=11, lose_audio=[200])
    events += [
        RecordingPaused(EPOCH_US + 6_100_000, "rec"),
        RecordingResumed(EPOCH_US + 7_000_000, "rec"),
    ]
    write_meeting(tmp_path, events, 0.5, 13.9)
    whole, _ = render(tmp_path, tmp_path / "whole")
    job = RenderJob(str(tmp_path), Kind.COMPOSITE, CONFIG, "rec")
    work = tmp_path / "work"
    for _ in range(4):
        with pytest.raises(KeyboardInterrupt):
            render_composite(job, work, Timeline(tmp_path), never, killed_after(0 if not work.exists() else _))
        (folder,) = work.glob("segments-*")
        (folder / "seg-000003.nut.part").write_bytes(b"half a segment")
    pieces, _ = render(tmp_path, work)
    assert pieces.read_bytes() == whole.read_bytes()
    assert sorted(p.name for p in work.iterdir()) == ["findings.json", "out"]


def test_killed_before_the_result_was_told_the_finished_file_is_kept(tmp_path: Path) -> None:
    events = write_peer(tmp_path, "ann", seconds=1)
    write_meeting(tmp_path, events, 0, 1)
    path, _ = render(tmp_path, tmp_path / "work")
    before = path.stat().st_mtime_ns
    again, _ = render(tmp_path, tmp_path / "work")
    assert again.stat().st_mtime_ns == before


def test_a_pause_is_cut_out_of_picture_and_sound(tmp_path: Path) -> None:
    events = write_peer(tmp_path, "ann", identity=1, tone=400, seconds=7)
    events += [RecordingPaused(EPOCH_US + 2_000_000, "rec"), RecordingResumed(EPOCH_US + 4_000_000, "rec")]
    write_meeting(tmp_path, events, 0, 6)
    path, _ = render(tmp_path, tmp_path / "work")
    assert detect.duration_s(path) == pytest.approx(4, abs=0.034)
    counters = [r.counter for r in detect.read_counters(path)]
    assert counters[:60] == list(range(60))
    assert counters[62:] == list(range(122, 180))
    assert detect.tone_present(path, 400, 0.1, 1.95)
    assert detect.tone_present(path, 400, 2.05, 3.9)
    assert [round(t) for t in detect.beep_times(path)] == [0, 1, 2, 3]


def test_silence_of_the_network_is_a_gap_and_no_shift(tmp_path: Path) -> None:
    # Packets 100 to 199 of the sound, and all pictures from second 2 to 4.
    events = write_peer(tmp_path, "ann", identity=1, tone=400, size=(96, 54), seconds=6, lose_audio=range(100, 200))
    write_meeting(tmp_path, events, 0, 6)
    path, _ = render(tmp_path, tmp_path / "work")
    (before, after) = detect.tone_intervals(path, 400)[:1] + detect.tone_intervals(path, 400)[-1:]
    assert before[0] == pytest.approx(0, abs=0.02)
    assert after[1] == pytest.approx(6, abs=0.03)
    assert detect.no_tone(path, 400, 2.2, 3.9)
    assert detect.tone_present(path, 400, 4.05, 5.9)
    beeps = detect.beep_times(path)
    assert [round(b, 1) for b in beeps] == [0, 1, 4, 5]


def test_an_empty_meeting_gives_a_plain_silent_file(tmp_path: Path) -> None:
    write_meeting(tmp_path, [], 0, 2.5)
    path, _ = render(tmp_path, tmp_path / "work")
    assert detect.durations(path)["video"] == pytest.approx(2.5, abs=0.001)
    assert np.abs(detect.sound(path).samples).max() < 1e-4
    assert np.abs(luma_at(path, 30).astype(int) - BACKGROUND[0]).max() <= 1


@pytest.mark.parametrize("seconds", [0.02, 0.3])
def test_recordings_shorter_than_a_second_are_whole(seconds: float, tmp_path: Path) -> None:
    events = write_peer(tmp_path, "ann", identity=1, seconds=2)
    write_meeting(tmp_path, events, 0.5, 0.5 + seconds)
    path, _ = render(tmp_path, tmp_path / "work")
    readings = detect.read_counters(path)
    assert len(readings) == max(1, round(seconds * 30))
    assert readings[0].counter == 15


def test_who_is_hidden_or_not_selected_is_neither_seen_nor_heard(tmp_path: Path) -> None:
    events = write_peer(tmp_path, "ann", identity=1, tone=400, seconds=2)
    events += write_peer(tmp_path, "bot", identity=2, tone=900, seconds=2, hidden=True)
    events += write_peer(tmp_path, "cid", identity=3, tone=1500, seconds=2)
    write_meeting(tmp_path, events, 0, 2, user_ids=("user-ann", "user-bot"))
    path, _ = render(tmp_path, tmp_path / "work")
    assert {r.identity for r in detect.read_counters(path)} == {1}
    assert detect.tone_present(path, 400, 0.1, 1.9)
    assert detect.no_tone(path, 900)
    assert detect.no_tone(path, 1500)


def test_a_muted_camera_shows_the_avatar(tmp_path: Path) -> None:
    events = write_peer(tmp_path, "ann", identity=1, tone=None, seconds=3)
    events += [TrackMuted(EPOCH_US + 1_000_000, "ann", 1), TrackUnmuted(EPOCH_US + 2_000_000, "ann", 1)]
    write_meeting(tmp_path, events, 0, 3)
    path, _ = render(tmp_path, tmp_path / "work")
    times = [r.t for r in detect.read_counters(path)]
    assert [t for t in times if t < 0.99]
    assert not [t for t in times if 1.01 < t < 1.99]
    assert len([t for t in times if t > 2.01]) > 25


def test_a_camera_that_sends_nothing_for_long_shows_the_avatar(tmp_path: Path) -> None:
    events = write_peer(tmp_path, "ann", identity=1, tone=None, seconds=2)
    events = [e for e in events if not isinstance(e, PeerLeft)] + [PeerLeft(EPOCH_US + 14_000_000, "ann", "left")]
    write_meeting(tmp_path, events, 0, 14)
    path, _ = render(tmp_path, tmp_path / "work")
    times = [r.t for r in detect.read_counters(path)]
    assert max(times) == pytest.approx(11.97, abs=0.1)


def test_of_damaged_frames_the_last_good_picture_stays_and_they_are_counted(tmp_path: Path) -> None:
    events = write_peer(tmp_path, "ann", identity=1, tone=None, codec="h264", seconds=6)
    frames = list(islice(cycle(video_loop("h264", 320, 180, identity=1).frames), 180))
    for broken in (40, 119, 120):  # the last one is a keyframe, with which the second segment begins
        half = len(frames[broken]) // 3
        frames[broken] = frames[broken][:half] + bytes(len(frames[broken]) - half)
    write_mjr(tmp_path / "ann-1-video-1.mjr", "video", "h264", EPOCH_US, h264_packets(frames))
    write_meeting(tmp_path, events, 0, 6)
    path, _ = render(tmp_path, tmp_path / "work")
    shown = {round(r.t * 30): r.counter for r in detect.read_counters(path)}
    good = {tick: 39 if 40 <= tick < 60 else 118 if 119 <= tick < 150 else tick for tick in range(180)}
    assert [tick for tick, counter in shown.items() if counter != good[tick]] == []
    assert len(shown) > 170
    assert Findings.read(tmp_path / "work").counts == {TrackKey("ann", 1): {"damaged_frames": 3}}


def test_mono_and_other_rates(tmp_path: Path) -> None:
    events = write_peer(tmp_path, "ann", identity=1, tone=400, seconds=5)
    write_meeting(tmp_path, events, 0, 4.5)
    config = RecordingConfig(video=VideoConfig(width=320, height=180, fps=25), audio=AudioConfig(channel="mono"))
    path, _ = render(tmp_path, tmp_path / "work", config)
    with av.open(str(path)) as container:
        assert container.streams.audio[0].codec_context.channels == 1
        assert container.streams.video[0].average_rate == 25
        assert sum(1 for _ in container.decode(video=0)) == 113
    assert detect.tone_present(path, 400, 0.1, 4.4)


def test_a_folder_without_events_is_rendered_from_first_to_last_packet(tmp_path: Path) -> None:
    write_peer(tmp_path, "ann", identity=1, tone=400, seconds=3)
    path, _ = render(tmp_path, tmp_path / "work", recording=None)
    assert detect.duration_s(path) == pytest.approx(3, abs=0.05)
    assert detect.tone_present(path, 400, 0.1, 2.9)
    assert len(detect.read_counters(path)) > 80


def test_a_growing_log_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = write_peer(tmp_path, "ann", identity=1, tone=400, seconds=11)
    write_meeting(tmp_path, events, 0, 10.5)
    reference, _ = render(tmp_path, tmp_path / "reference")
    live = tmp_path / "live"
    live.mkdir()
    log = (tmp_path / "events.jsonl").read_bytes().splitlines(keepends=True)
    final = {b"take_stopped", b"peer_left", b"recording_stopped", b"session_ended"}
    early = [line for line in log if not any(name in line for name in final)]
    (live / "events.jsonl").write_bytes(b"".join(early))
    files = {path.name: path.read_bytes() for path in tmp_path.glob("*.mjr")}
    step = 0
    told: list[tuple[int, int | None]] = []

    def grow() -> None:
        nonlocal step
        step += 1
        assert step < 40
        for name, data in files.items():
            (live / name).write_bytes(data[: len(data) * step // 10])
        if step == 12:
            with (live / "events.jsonl").open("ab") as out:
                out.write(b"".join(line for line in log if line not in early))

    monkeypatch.setattr(composite.time, "time_ns", lambda: EPOCH_US * 1000)
    job = RenderJob(str(live), Kind.COMPOSITE, CONFIG, "rec", follow=True)
    work = tmp_path / "work"
    render_composite(job, work, Timeline(live), grow, lambda *now: told.append(now))
    assert told[0] == (4000, None)
    assert told[-1] == (10500, 10500)
    assert (work / "out" / "out.mp4").read_bytes() == reference.read_bytes()


def test_nothing_at_all_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="nothing was recorded"):
        render(tmp_path, tmp_path / "work", recording=None)


@pytest.mark.parametrize(
    "config",
    [
        RecordingConfig(video=VideoConfig(width=321)),
    ],
)
def test_what_cannot_be_made_is_refused(config: RecordingConfig, tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="choose"):
        render(tmp_path, tmp_path / "work", config)


def test_a_live_render_waits_for_its_watermark_but_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_meeting(tmp_path, write_peer(tmp_path, "ann", seconds=9), 1, 8)
    config = RecordingConfig(video=VideoConfig(width=320, height=180, watermark=Watermark("https://example.com/a.png")))

    def clock(after_s: float, follow: bool = True) -> OutputClock | None:
        monkeypatch.setattr(composite.time, "time_ns", lambda: EPOCH_US * 1000 + round(after_s * 1e9))
        timeline = Timeline(tmp_path)
        timeline.poll()
        job = RenderJob(str(tmp_path), Kind.COMPOSITE, config, "rec", follow=follow)
        return composite.Composite(job, tmp_path / "work", timeline).clock()[0]

    assert clock(20) is None
    assert clock(20, follow=False) is not None
    assert clock(62) is not None
    with (tmp_path / "events.jsonl").open("ab") as log:
        log.write(dump(WatermarkMissing(EPOCH_US + 2_000_000, "rec", "not found")))
    assert clock(20) is not None
