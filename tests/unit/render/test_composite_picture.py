"""Tests of what is drawn when, and that nothing is drawn twice."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from roomtape.capture.events import TrackPublished
from roomtape.capture.timeline import Timeline
from roomtape.capture.values import Interval
from roomtape.domain.layout import MAX_TILES, grid
from roomtape.domain.recording_config import Selection
from roomtape.media.compose import planes_of
from roomtape.render.composite_clock import OutputClock
from roomtape.render.composite_picture import Painter, Stage
from roomtape.render.composite_scene import Scenes
from tests.support.detect import read_code
from tests.support.meeting import EPOCH_US, write_meeting, write_peer

WIDTH, HEIGHT = 640, 360


def opened(folder: Path) -> tuple[Timeline, Scenes]:
    timeline = Timeline(folder)
    timeline.poll()
    scenes = Scenes(timeline)
    scenes.refresh(Selection())
    return timeline, scenes


def test_only_what_changed_is_drawn(tmp_path: Path) -> None:
    events = write_peer(tmp_path, "ann", identity=1, tone=None, seconds=2)
    events += write_peer(tmp_path, "bob", codec=None, seconds=2)
    write_meeting(tmp_path, events, 0, 2)
    stage = Stage(*opened(tmp_path), WIDTH, HEIGHT)
    stage.open(EPOCH_US, EPOCH_US + 1_000_000)
    first = stage.change(EPOCH_US + 500)
    assert first.clear
    assert [p.tile.peer_id for p in first.patches] == ["ann", "bob"]
    assert first.patches[1].fitted is None
    same = stage.change(EPOCH_US + 1_000)
    assert (same.clear, same.patches) == (False, [])
    moved = stage.change(EPOCH_US + 40_000)
    assert [p.tile.peer_id for p in moved.patches] == ["ann"]


def test_a_newcomer_moves_everybody(tmp_path: Path) -> None:
    events = write_peer(tmp_path, "ann", codec=None, seconds=3)
    events += write_peer(tmp_path, "bob", codec=None, start_s=1, seconds=2)
    write_meeting(tmp_path, events, 0, 3)
    stage = Stage(*opened(tmp_path), WIDTH, HEIGHT)
    stage.open(EPOCH_US, EPOCH_US + 2_000_000)
    assert len(stage.change(EPOCH_US).patches) == 1
    change = stage.change(EPOCH_US + 1_500_000)
    assert change.clear
    assert [p.rect for p in change.patches] == grid(2, WIDTH, HEIGHT)


def test_a_screen_has_a_tile_of_its_own_from_its_first_picture_on(tmp_path: Path) -> None:
    events = write_peer(tmp_path, "ann", identity=1, tone=None, seconds=2)
    shared = [replace(e, source="screenshare") if isinstance(e, TrackPublished) else e for e in events]
    write_meeting(tmp_path, shared, -0.05, 2)
    stage = Stage(*opened(tmp_path), WIDTH, HEIGHT)
    stage.open(EPOCH_US - 50_000, EPOCH_US + 1_000_000)
    assert [p.tile.source for p in stage.change(EPOCH_US - 40_000).patches] == ["peer"]
    change = stage.change(EPOCH_US + 40_000)
    assert change.clear
    assert [(p.tile.source, p.fitted is not None) for p in change.patches] == [("screenshare", True), ("peer", False)]


def test_more_people_than_tiles_are_cut_off_in_order_of_joining(tmp_path: Path) -> None:
    events = []
    for i in range(MAX_TILES + 5):
        events += write_peer(tmp_path, f"p{i:02}", tone=None, codec=None, start_s=i * 0.01, seconds=2)
    write_meeting(tmp_path, events, 0, 2)
    stage = Stage(*opened(tmp_path), WIDTH, HEIGHT)
    stage.open(EPOCH_US, EPOCH_US + 2_000_000)
    patches = stage.change(EPOCH_US + 1_000_000).patches
    assert [p.tile.peer_id for p in patches] == [f"p{i:02}" for i in range(MAX_TILES)]


@pytest.mark.parametrize("codec", ["vp8", "vp9", "h264"])
def test_pictures_come_tick_by_tick_with_labels(codec: str, tmp_path: Path) -> None:
    events = write_peer(tmp_path, "ann", identity=5, tone=None, codec=codec, seconds=2)  # type: ignore[arg-type]
    write_meeting(tmp_path, events, 0, 2)
    painter = Painter(*opened(tmp_path), WIDTH, HEIGHT)
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
