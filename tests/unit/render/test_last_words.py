"""Tests of what a sender says right before it sends nothing more: it stays in Janus's buffer, and comes in the end."""

import os
import random
import signal
import subprocess
import sys
from itertools import cycle, islice
from pathlib import Path

import pytest

from roomtape.capture import tracks as capture_tracks
from roomtape.capture.events import Event, PeerJoined, PeerLeft, TakeStarted, TakeStopped, TrackPublished
from roomtape.capture.timeline import Timeline
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import Layer, RecordingConfig, VideoConfig
from roomtape.media.testsignal import audio_loop, video_loop
from roomtape.render.composite import Composite, render_composite
from roomtape.render.composite_clock import OutputClock
from roomtape.render.job import Progress, RenderedFile, RenderJob
from roomtape.render.segments import Segments
from roomtape.render.tracks import render_tracks
from tests.support.detect import tone_present
from tests.support.growing import Growing
from tests.support.meeting import EPOCH_US, write_meeting, write_peer
from tests.support.mjr import Timed, opus_packets, opus_silence, vp8_packets, write_mjr

S = 1_000_000
END_S = 21
CONFIG = RecordingConfig(
    video=VideoConfig(width=320, height=180, fps=10), layers=(Layer(), Layer("video", "cam", "video"))
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ann speaks and is seen from 0 to 5.5 s and from 13 to 15.3 s, and sends nothing in between; Bob all the time."""
    folder = tmp_path_factory.mktemp("whole")
    events: list[Event] = write_peer(folder, "bob", identity=2, tone=900, size=(96, 54), seconds=END_S)
    sound = list(islice(cycle(audio_loop(400).packets), END_S * 50))
    pictures = list(islice(cycle(video_loop("vp8", 96, 54, 10, 4, identity=1).frames), END_S * 10))
    audio: list[Timed] = []
    video: list[Timed] = []
    seqs = 1, 1
    for start, end in ((0.0, 5.5), (13.0, 15.3)):
        a = opus_packets(
            sound[round(start * 50) : round(end * 50)],
            start_ms=round(start * 1000),
            first_seq=seqs[0],
            first_timestamp=round(start * 48_000),
            drop=(round((end - start) * 50) - 30,),
        )
        v = vp8_packets(
            pictures[round(start * 10) : round(end * 10)],
            fps=10,
            start_ms=round(start * 1000),
            first_seq=seqs[1],
            first_timestamp=round(start * 90_000),
        )
        seqs = seqs[0] + len(a) + 1, seqs[1] + len(v)
        audio += a
        video += v
    chance = random.Random(8)
    jittered = sorted(((ms + chance.randrange(60), data) for ms, data in audio), key=lambda p: p[0])
    write_mjr(folder / "ann-1-audio-0.mjr", "audio", "opus", EPOCH_US, jittered)
    write_mjr(folder / "ann-1-video-1.mjr", "video", "vp8", EPOCH_US, video)
    events += [
        PeerJoined(EPOCH_US, "ann", "ann-participant", None, "Ann"),
        TrackPublished(EPOCH_US, "ann", 0, "audio", "peer", "opus"),
        TrackPublished(EPOCH_US, "ann", 1, "video", "peer", "vp8"),
        TakeStarted(EPOCH_US, "ann", "ann-1"),
        TakeStopped(EPOCH_US + END_S * S, "ann", "ann-1"),
        PeerLeft(EPOCH_US + END_S * S, "ann", "left"),
    ]
    write_meeting(folder, events, 0, END_S - 0.5)
    return folder


def batch(kind: Kind, folder: Path, work: Path, config: RecordingConfig = CONFIG) -> list[RenderedFile]:
    job = RenderJob(str(folder), kind, config, "rec")
    make = render_tracks if kind is Kind.TRACK else render_composite
    return make(job, work, Timeline(folder), lambda: None, lambda done, total: None)


def follow(
    kind: Kind,
    whole: Path,
    live: Path,
    work: Path,
    from_s: float,
    kill_at_s: float = 1e9,
    config: RecordingConfig = CONFIG,
) -> list[RenderedFile]:
    """Follow the capture as it grows, in made-up time from `from_s` on; be killed at `kill_at_s`."""
    growing = Growing(whole, live)
    now = EPOCH_US + round(from_s * S)

    def wait() -> None:
        nonlocal now
        now += 400_000
        assert now < growing.end_us + 20 * S
        growing.until(now)
        if now >= EPOCH_US + kill_at_s * S:
            os.kill(os.getpid(), signal.SIGKILL)

    progress: Progress = lambda done, total: None  # noqa: E731
    job = RenderJob(str(live), kind, config, "rec", follow=True)
    make = render_tracks if kind is Kind.TRACK else render_composite
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(capture_tracks, "SILENT_US", 2 * S)
        patch.setattr(capture_tracks, "DELAY_US", S)
        patch.setattr("roomtape.render.composite.time.time_ns", lambda: now * 1000)
        patch.setattr("roomtape.clock.now_us", lambda: now)
        growing.until(now)
        return make(job, work, Timeline(live), wait, progress)


@pytest.fixture
def dropped(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The segments that were made anew."""
    found: list[int] = []
    drop = Segments.drop

    def spy(self: Segments, indices: list[int]) -> None:
        found.extend(indices)
        drop(self, indices)

    monkeypatch.setattr(Segments, "drop", spy)
    return found


@pytest.fixture(scope="module")
def reference(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    work = tmp_path_factory.mktemp("reference")
    (file,) = batch(Kind.COMPOSITE, whole, work)
    path = work / "out" / file.name
    assert tone_present(path, 400, 4.95, 5.4)
    assert tone_present(path, 400, 14.75, 15.2)
    return path.read_bytes()


def test_followed_composite_has_the_last_words(
    whole: Path, reference: bytes, tmp_path: Path, dropped: list[int]
) -> None:
    follow(Kind.COMPOSITE, whole, tmp_path / "live", tmp_path / "work", 0)
    assert (tmp_path / "work" / "out" / "out.mp4").read_bytes() == reference
    assert dropped == [1, 3]


@pytest.mark.parametrize("again_s", [12.5, END_S + 1.0])
def test_killed_between_the_guess_and_the_truth(
    again_s: float, whole: Path, reference: bytes, tmp_path: Path, dropped: list[int]
) -> None:
    live, work = tmp_path / "live", tmp_path / "work"
    code = (
        "import runpy, sys; from pathlib import Path; here = runpy.run_path(sys.argv[1]); "
        "here['follow'](here['Kind'].COMPOSITE, *map(Path, sys.argv[2:]), 0, 12.5)"
    )
    root = Path(__file__).parents[3]
    child = subprocess.run([sys.executable, "-c", code, __file__, whole, live, work], cwd=root, timeout=60, check=False)
    assert child.returncode == -signal.SIGKILL
    (folder,) = work.glob("segments-*")
    assert (folder / "seg-000001.nut").exists()
    follow(Kind.COMPOSITE, whole, live, work, again_s)
    assert (work / "out" / "out.mp4").read_bytes() == reference
    assert 1 in dropped


def test_killed_while_segments_are_made_anew(
    whole: Path, reference: bytes, tmp_path: Path, dropped: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    live, work = tmp_path / "live", tmp_path / "work"
    with monkeypatch.context() as patch:

        def killed(self: Segments, indices: list[int]) -> None:
            for index in indices:
                self.path(index).unlink()
            raise KeyboardInterrupt

        patch.setattr(Segments, "drop", killed)
        with pytest.raises(KeyboardInterrupt):
            follow(Kind.COMPOSITE, whole, live, work, 0)
    follow(Kind.COMPOSITE, whole, live, work, END_S + 1)
    assert (work / "out" / "out.mp4").read_bytes() == reference
    assert dropped == []


def test_followed_track_files_have_the_last_words(whole: Path, tmp_path: Path) -> None:
    expected = batch(Kind.TRACK, whole, tmp_path / "expected")
    assert len(expected) == 4
    assert follow(Kind.TRACK, whole, tmp_path / "live", tmp_path / "work", 0) == expected
    assert follow(Kind.TRACK, whole, tmp_path / "live", tmp_path / "work", 11) == expected


@pytest.fixture(scope="module")
def handed_over(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bob speaks from 0 to 3 s, Ann from 4.4 to 5.5 s and sends nothing after it: only her last words make her the
    active speaker, and she stays it to the end."""
    folder = tmp_path_factory.mktemp("handed over")
    speech, silence = list(islice(cycle(audio_loop(400).packets), 200)), opus_silence()
    sounds = {"bob": speech[:150] + [silence] * (END_S * 50 - 150), "ann": [silence] * 220 + speech[:55]}
    events: list[Event] = []
    for peer, packets in sounds.items():
        write_mjr(folder / f"{peer}-1-audio-0.mjr", "audio", "opus", EPOCH_US, opus_packets(packets))
        events += [
            PeerJoined(EPOCH_US, peer, peer, None, peer.capitalize()),
            TrackPublished(EPOCH_US, peer, 0, "audio", "peer", "opus"),
            TakeStarted(EPOCH_US, peer, f"{peer}-1"),
            TakeStopped(EPOCH_US + END_S * S, peer, f"{peer}-1"),
            PeerLeft(EPOCH_US + END_S * S, peer, "left"),
        ]
    write_meeting(folder, events, 0, END_S - 0.5)
    return folder


@pytest.mark.parametrize("kills", [0, 1])
def test_last_words_that_make_somebody_the_active_speaker_change_all_that_follows(
    kills: int, handed_over: Path, tmp_path: Path, dropped: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = RecordingConfig(video=VideoConfig(width=320, height=180, fps=10, layout="speaker"))
    (expected,) = batch(Kind.COMPOSITE, handed_over, tmp_path / "expected", config)
    live, work = tmp_path / "live", tmp_path / "work"
    with monkeypatch.context() as patch:
        if kills:  # whoever goes on has heard nothing of what was rendered before
            patch.setattr("roomtape.render.composite._amend", lambda *_: sys.exit())
            with pytest.raises(SystemExit):
                follow(Kind.COMPOSITE, handed_over, live, work, 0, config=config)
    follow(Kind.COMPOSITE, handed_over, live, work, END_S + 1.0 if kills else 0, config=config)
    assert (work / "out" / "out.mp4").read_bytes() == (tmp_path / "expected" / "out" / expected.name).read_bytes()
    assert dropped == [1, 2, 3, 4, 5]


def test_a_segment_rendered_alone_shows_who_was_heard_long_before(handed_over: Path, tmp_path: Path) -> None:
    config = RecordingConfig(video=VideoConfig(width=320, height=180, fps=10, layout="speaker"))
    job = RenderJob(str(handed_over), Kind.COMPOSITE, config, "rec")

    def opened(work: str) -> tuple[Composite, OutputClock]:
        timeline = Timeline(handed_over)
        timeline.poll()
        composite = Composite(job, tmp_path / work, timeline)
        clock, final = composite.clock()
        assert clock
        assert final
        return composite, clock

    whole, clock = opened("whole")
    whole.render(clock, True, lambda done, total: None)
    alone, clock = opened("alone")
    alone.render_part(clock, 3)
    for index in range(3, 6):
        assert alone.segments.path(index).read_bytes() == whole.segments.path(index).read_bytes()
