"""Tests of recorded pages as a whole, by decoding what comes out."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from roomtape.capture.timeline import Timeline
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import RecordingConfig, Selection, VideoCodec, VideoConfig
from roomtape.media.compose import BLACK, MATRIX_BT601, MATRIX_BT709, RANGE_LIMITED, Canvas, Scaler, planes_of
from roomtape.media.decode_video import VideoDecoder
from roomtape.render import composite
from roomtape.render.assemble import form_of
from roomtape.render.composite import Composite, render_composite
from roomtape.render.composite_clock import OutputClock
from roomtape.render.composite_picture import Painter
from roomtape.render.composite_scene import Scenes
from roomtape.render.job import RenderJob
from tests.support import detect
from tests.support.scenery import FPS, RECORDING, START_US, Scenery, shots, us

SIZE = (320, 180)
CONFIG = RecordingConfig(video=VideoConfig(width=SIZE[0], height=SIZE[1], fps=FPS), page_url="https://a.example/")


def tape(scene: Scenery, name: str, identity: int, start: float, end: float | None, first: int = 0) -> None:
    """A browser that brings sound and picture; of its pictures the first ones are missing."""
    until = scene.length if end is None else end
    scene.peer(name, start, end, tape=True)
    scene.voice(name, 440 * identity, start=start, end=until)
    frames = shots("vp8", identity, 11, SIZE)[first : round((until - start) * FPS)]
    scene.camera(name, "vp8", frames, start=start + first / FPS)
    scene.events[-1] = replace(scene.events[-1], t=us(start))


def render(folder: Path, work: Path, progress: Callable[[int, int | None], None] = lambda *_: None) -> Path:
    job = RenderJob(str(folder), Kind.COMPOSITE, CONFIG, RECORDING)
    (file,) = render_composite(job, work, Timeline(folder), never, progress)
    return work / "out" / file.name


def never() -> None:
    raise AssertionError("a finished capture needs no waiting")


def canvases(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [planes_of(frame)[0].copy() for frame in container.decode(video=0)]


@pytest.fixture(scope="module")
def replaced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds; the first browser is gone after five and the next one comes at six."""
    scene = Scenery(tmp_path_factory.mktemp("replaced"), 10)
    tape(scene, "tape1", 1, -0.5, 5)
    tape(scene, "tape2", 2, 6, None)
    scene.recorded(0, 10, page=True)
    scene.write()
    return scene.folder


@pytest.fixture(scope="module")
def whole(replaced: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(replaced, tmp_path_factory.mktemp("whole"))


def test_a_browser_takes_over_from_the_one_that_is_gone(whole: Path) -> None:
    read = {round(r.t * FPS): (r.identity, r.counter) for r in detect.read_counters(whole)}
    last = (1, 81)  # of 5.5 s
    assert [read[tick] for tick in (5 * FPS, 6 * FPS - 1)] == [last, last]
    assert read[6 * FPS] == (2, 0)
    assert read[6 * FPS + 4] == (2, 4)
    assert detect.tone_present(whole, 440, 0.1, 4.9)
    assert not detect.tone_present(whole, 440, 5.1, 9.9)
    assert detect.tone_present(whole, 880, 6.1, 9.9)
    with av.open(str(whole)) as container:
        assert next(container.decode(video=0)).colorspace == MATRIX_BT709


def test_killed_followed_and_backwards_it_is_the_same(
    replaced: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            render(replaced, tmp_path / "killed", stop)
    assert render(replaced, tmp_path / "killed").read_bytes() == whole.read_bytes()

    work, job = tmp_path / "backwards", RenderJob(str(replaced), Kind.COMPOSITE, CONFIG, RECORDING)
    for segment in (2, 1, 0):  # as other processes would, each for itself
        timeline = Timeline(replaced)
        timeline.poll()
        each = Composite(job, work, timeline)
        clock, _ = each.clock()
        assert clock is not None
        each.render_part(clock, segment)
    assert render(replaced, work).read_bytes() == whole.read_bytes()

    live, step = tmp_path / "live", 0
    live.mkdir()
    log = (replaced / "events.jsonl").read_bytes().splitlines(keepends=True)

    def grow() -> None:
        nonlocal step
        step += 1
        now = us(step)
        done = [line for line in log if json.loads(line)["t"] <= now]
        (live / "events.jsonl").write_bytes(b"".join(done))
        for path in replaced.glob("*.mjr"):
            begin, end = (-0.5, 5) if path.name.startswith("tape1") else (6, 10)
            part = min(1, max(0, (step - begin) / (end - begin)))
            if part:
                (live / path.name).write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])

    grow()
    monkeypatch.setattr(composite.time, "time_ns", lambda: START_US * 1000)
    told: list[int] = []
    follow = RenderJob(str(live), Kind.COMPOSITE, CONFIG, RECORDING, follow=True)
    (file,) = render_composite(follow, tmp_path / "w", Timeline(live), grow, lambda done, _: told.append(done))
    assert told[0] == 4000
    assert (tmp_path / "w" / "out" / file.name).read_bytes() == whole.read_bytes()


@pytest.mark.parametrize(("first", "shown"), [(0, 15), (FPS + 9, 30), (3 * FPS + 6, None)])
def test_the_first_picture_is_there_at_once_if_it_comes_soon(first: int, shown: int | None, tmp_path: Path) -> None:
    """The browser has run for a second; of its keyframes, one a second, the next is `shown`, or comes too late."""
    scene = Scenery(tmp_path / "capture", 4)
    tape(scene, "tape", 1, -1, None, first)
    scene.recorded(0, 4, page=True)
    scene.write()
    video = render(scene.folder, tmp_path / "work")
    read = {round(r.t * FPS): r.counter for r in detect.read_counters(video)}
    assert read.get(0) == shown
    assert read[3 * FPS] == 60
    if shown is None:
        assert canvases(video)[0].max() <= BLACK[0] + 2
        assert read[2 * FPS] == 60


def test_a_page_that_brings_only_sound_is_black(tmp_path: Path) -> None:
    scene = Scenery(tmp_path / "capture", 2)
    scene.peer("ann")
    scene.voice("ann", 1320)
    scene.peer("tape", tape=True)
    scene.voice("tape", 440)
    scene.recorded(0, 2, page=True)
    scene.write()
    video = render(scene.folder, tmp_path / "work")
    assert max(canvas.max() for canvas in canvases(video)) <= BLACK[0] + 2
    assert detect.tone_present(video, 440, 0.1, 1.9)
    assert not detect.tone_present(video, 1320, 0.1, 1.9)


@pytest.mark.parametrize(("codec", "matrix"), [("H264", MATRIX_BT709), ("VP9", MATRIX_BT709), ("VP8", MATRIX_BT601)])
def test_a_tab_is_captured_in_bt709_and_that_is_said_where_it_can_be(codec: VideoCodec, matrix: int) -> None:
    form = form_of(replace(CONFIG, video=replace(CONFIG.video, codec=codec)))
    assert form.matrix == matrix
    picture = av.VideoFrame(*SIZE, "yuv420p")
    picture.colorspace, picture.color_range = MATRIX_BT601, RANGE_LIMITED
    fitted = Scaler(form.matrix, MATRIX_BT709).fit(picture, Canvas(*SIZE).whole)
    assert (fitted.picture is picture) == (matrix == MATRIX_BT709)


def test_what_was_sent_comes_to_the_encoder_unchanged(replaced: Path) -> None:
    timeline = Timeline(replaced)
    timeline.poll()
    scenes = Scenes(timeline, CONFIG.video)
    scenes.refresh(Selection(page=RECORDING))
    painter = Painter(timeline, scenes, CONFIG.video, RECORDING, form_of(CONFIG).matrix)
    clock = OutputClock(timeline.intervals(RECORDING), FPS)
    decoder, again = VideoDecoder("vp8"), Timeline(replaced)
    again.poll()
    (video,) = [t for key, t in again.tracks.items() if t.kind == "video" and key.peer_id == "tape1"]
    frames = iter(video.read(us(5)))
    coming = next(frames)
    for tick, canvas in painter.pictures(clock, 0, 2 * FPS):
        while coming.time_us <= clock.tick_us(tick):
            decoder.decode(coming)
            coming = next(frames)
        assert decoder.picture is not None
        for ours, sent in zip(planes_of(canvas), planes_of(decoder.picture), strict=True):
            assert np.array_equal(ours, sent)
