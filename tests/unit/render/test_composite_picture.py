"""Tests of what is drawn, tick by tick: pictures, names, marks and watermarks."""

from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from PIL import Image

from roomtape.capture.events import Event, TrackMuted, WatermarkStored
from roomtape.capture.paths import ASSETS
from roomtape.capture.timeline import Timeline
from roomtape.capture.values import Interval, TrackKey
from roomtape.domain.layout import grid
from roomtape.domain.recording_config import Corner, LayoutName, Selection, VideoConfig, Watermark
from roomtape.media.compose import BACKGROUND, LETTERBOX, Plane, planes_of
from roomtape.render.composite_clock import OutputClock
from roomtape.render.composite_picture import Painter
from roomtape.render.composite_scene import Scenes
from tests.support.detect import read_code
from tests.support.meeting import EPOCH_US, write_meeting, write_peer

WIDTH, HEIGHT = 640, 360
VIDEO = VideoConfig(width=WIDTH, height=HEIGHT)
WHITE_LUMA = 235


def painter_of(folder: Path, video: VideoConfig = VIDEO, speech: Iterable[tuple[str, int, int]] = ()) -> Painter:
    """`speech` are peers and from when to when (ms) they speak."""
    timeline = Timeline(folder)
    timeline.poll()
    scenes = Scenes(timeline, video)
    scenes.refresh(Selection())
    for peer, start, end in speech:
        for t in range(start, end, 20):
            scenes.heard(TrackKey(peer, 0), EPOCH_US + t * 1000, 20_000, 30)
    return Painter(timeline, scenes, video, "rec")


def luma(painter: Painter, ticks: int, seconds: int = 2) -> list[Plane]:
    clock = OutputClock([Interval(EPOCH_US, EPOCH_US + seconds * 1_000_000)], 30)
    return [planes_of(picture)[0].copy() for _, picture in painter.pictures(clock, 0, ticks)]


def white(folder: Path, width: int, height: int, opacity: int = 255) -> WatermarkStored:
    (folder / ASSETS).mkdir(exist_ok=True)
    Image.new("RGBA", (width, height), (255, 255, 255, opacity)).save(folder / ASSETS / "mark", "PNG")
    return WatermarkStored(EPOCH_US - 1_000_000, "rec", "mark")


@pytest.mark.parametrize("codec", ["vp8", "vp9", "h264"])
def test_pictures_come_tick_by_tick_with_labels(codec: str, tmp_path: Path) -> None:
    events = write_peer(tmp_path, "ann", identity=5, tone=None, codec=codec, seconds=2)  # type: ignore[arg-type]
    write_meeting(tmp_path, events, 0, 2)
    painter = painter_of(tmp_path)
    clock = OutputClock([Interval(EPOCH_US, EPOCH_US + 2_000_000)], 30)
    seen = []
    for tick, picture in painter.pictures(clock, 0, 40):
        luma = planes_of(picture)[0]
        seen.append((tick, read_code(luma, (0, 0, WIDTH, HEIGHT))))
        label = luma[HEIGHT - 40 : HEIGHT - 8, 8:60]
        assert label.max() > 200
        assert label.min() < 60
    assert [tick for tick, _ in seen] == list(range(40))
    # The clock's rounding may show a picture a tick late, never early or out of order.
    counters = [code[1] for _, code in seen if code is not None]
    assert len(counters) == 40
    assert all(0 <= tick - counter <= 1 for (tick, _), counter in zip(seen, counters, strict=True))
    assert np.all(np.diff(counters) >= 0)


@pytest.mark.parametrize("corner", ["left top", "right top", "left bottom", "right bottom"])
def test_the_watermark_lies_in_its_corner_over_everything(corner: Corner, tmp_path: Path) -> None:
    events: list[Event] = write_peer(tmp_path, "ann", identity=1, tone=None, seconds=2)
    write_meeting(tmp_path, [*events, white(tmp_path, 60, 40)], 0, 2)
    video = VideoConfig(width=WIDTH, height=HEIGHT, watermark=Watermark("https://example.org/mark", corner))
    margin = 8
    x = margin if "left" in corner else WIDTH - 60 - margin
    y = margin if "top" in corner else HEIGHT - 40 - margin
    for picture in luma(painter_of(tmp_path, video), 20):
        assert np.abs(picture[y : y + 40, x : x + 60].astype(int) - WHITE_LUMA).max() <= 1


@pytest.mark.parametrize("corner", ["left top", "right bottom"])
def test_a_watermark_as_large_as_the_canvas_covers_it_whole(corner: Corner, tmp_path: Path) -> None:
    events: list[Event] = write_peer(tmp_path, "ann", identity=1, tone=None, seconds=1)
    write_meeting(tmp_path, [*events, white(tmp_path, WIDTH, HEIGHT)], 0, 1)
    video = VideoConfig(width=WIDTH, height=HEIGHT, watermark=Watermark("https://example.org/mark", corner))
    for picture in luma(painter_of(tmp_path, video), 3):
        assert np.abs(picture.astype(int) - WHITE_LUMA).max() <= 1


def test_a_translucent_watermark_does_not_add_up_where_only_a_tile_is_redrawn(tmp_path: Path) -> None:
    # An upright picture between bars, and an avatar: the mark lies over the picture, its bars, both tiles and the gap.
    events: list[Event] = write_peer(tmp_path, "ann", identity=1, tone=None, size=(180, 320), seconds=2)
    events += write_peer(tmp_path, "bob", codec=None, seconds=2)
    write_meeting(tmp_path, [*events, white(tmp_path, 600, 340, opacity=60)], 0, 2)
    video = VideoConfig(width=WIDTH, height=HEIGHT, watermark=Watermark("https://example.org/mark"))
    speech = [("bob", 200, 400)]
    plain = luma(painter_of(tmp_path, speech=speech), 40)
    marked = luma(painter_of(tmp_path, video, speech), 40)
    for number, (below, above) in enumerate(zip(plain, marked, strict=True)):
        inside, ground = above[10:340, 10:600].astype(int), below[10:340, 10:600].astype(int)
        assert np.abs(inside - (ground * 195 + WHITE_LUMA * 61) // 256).max() <= 3, number


@pytest.mark.parametrize("size", [(640, 360), (320, 180), (180, 320)])
def test_what_is_drawn_over_is_what_would_be_drawn_afresh(size: tuple[int, int], tmp_path: Path) -> None:
    events: list[Event] = write_peer(tmp_path, "ann", identity=1, size=(180, 320), seconds=3, name="Ann Bell")
    events += write_peer(tmp_path, "bob", identity=2, tone=None, start_s=0.3, seconds=3, name="Bob")
    events += write_peer(tmp_path, "cid", codec=None, seconds=1.2)
    events += [TrackMuted(EPOCH_US + 1_000_000, "ann", 0), white(tmp_path, 200, 60, opacity=90)]
    write_meeting(tmp_path, events, 0, 3)
    mark = Watermark("https://example.org/mark")
    speech = [("ann", 0, 800), ("bob", 600, 1500), ("cid", 200, 500)]
    clock = OutputClock([Interval(EPOCH_US, EPOCH_US + 2_000_000)], 30)
    for layout in get_args(LayoutName):
        video = VideoConfig(width=size[0], height=size[1], layout=layout, watermark=mark)
        going, again = painter_of(tmp_path, video, speech), painter_of(tmp_path, video, speech)
        for tick, picture in going.pictures(clock, 0, 50):
            if tick % 7 == 5:
                ((_, afresh),) = again.pictures(clock, tick, tick + 1)
                for drawn, expected in zip(planes_of(picture), planes_of(afresh), strict=True):
                    assert np.array_equal(drawn, expected), (layout, tick)


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_a_watermark_that_cannot_be_read_is_left_out(content: bytes, tmp_path: Path) -> None:
    stored = white(tmp_path, 60, 40)
    (tmp_path / ASSETS / "mark").write_bytes(content)
    write_meeting(tmp_path, [stored], 0, 2)
    video = VideoConfig(width=WIDTH, height=HEIGHT, watermark=Watermark("https://example.org/mark"))
    assert np.all(luma(painter_of(tmp_path, video), 1)[0] == BACKGROUND[0])


def test_a_name_beside_the_picture_does_not_darken_the_bars_more_and_more(tmp_path: Path) -> None:
    events = write_peer(tmp_path, "ann", identity=1, tone=None, size=(180, 320), seconds=2, name="Ann")
    write_meeting(tmp_path, events, 0, 2)
    first, *_, last = luma(painter_of(tmp_path), 30)
    assert np.array_equal(first[:, :200], last[:, :200])
    assert first[10, 10] == LETTERBOX[0]


def test_the_mark_of_a_speaker_comes_and_goes(tmp_path: Path) -> None:
    events = write_peer(tmp_path, "ann", tone=None, codec=None, seconds=3) + write_peer(tmp_path, "bob", codec=None)
    write_meeting(tmp_path, events, 0, 3)
    pictures = luma(painter_of(tmp_path, speech=[("bob", 500, 1000)]), 60)
    tiles = grid(2, WIDTH, HEIGHT)
    framed = [[picture[t.y, t.x] != picture[t.y + 20, t.x + 20] for picture in pictures] for t in tiles]
    assert not any(framed[0])
    assert [tick for tick, mark in enumerate(framed[1]) if mark] == list(range(21, 51))


def test_a_muted_microphone_is_drawn_beside_the_name(tmp_path: Path) -> None:
    events: list[Event] = write_peer(tmp_path, "ann", codec=None, seconds=2, name="Ann")
    write_meeting(tmp_path, [*events, TrackMuted(EPOCH_US + 500_000, "ann", 0)], 0, 2)
    pictures = luma(painter_of(tmp_path), 30)
    changed = [tick for tick in range(1, 30) if not np.array_equal(pictures[tick], pictures[tick - 1])]
    assert changed == [15]


@pytest.mark.parametrize("size", [(160, 90), (90, 160), (64, 64)])
def test_tiny_canvases_hold_a_crowd(size: tuple[int, int], tmp_path: Path) -> None:
    events: list[Event] = write_peer(tmp_path, "ann", identity=1, seconds=2)
    for i in range(29):
        events += write_peer(tmp_path, f"p{i}", tone=None, codec=None, seconds=2, name=f"Somebody {i}")
    write_meeting(tmp_path, [*events, white(tmp_path, 400, 400)], 0, 2)
    mark = Watermark("https://example.org/mark", "right bottom")
    for layout in ("auto", "speaker", "single_speaker"):
        video = VideoConfig(width=size[0], height=size[1], layout=layout, watermark=mark)
        assert len(luma(painter_of(tmp_path, video, [("ann", 0, 1000)]), 3)) == 3
