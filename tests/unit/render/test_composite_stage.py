"""Tests of what is to be drawn when, and that nothing is drawn twice."""

from dataclasses import replace
from pathlib import Path

import pytest

from roomtape.capture.events import Event, PeerRenamed, TrackMuted, TrackPublished
from roomtape.capture.timeline import Timeline
from roomtape.capture.values import TrackKey
from roomtape.domain.layout import MAX_TILES, grid
from roomtape.domain.recording_config import Selection, VideoConfig
from roomtape.media.compose import planes_of
from roomtape.render.composite_scene import Scenes, Tile
from roomtape.render.composite_stage import Patch, Stage
from roomtape.render.composite_video import Shown, VideoFeed
from roomtape.render.findings import LayoutChange, Seen
from tests.support.detect import read_code
from tests.support.meeting import EPOCH_US, write_meeting, write_peer

WIDTH, HEIGHT = 640, 360
VIDEO = VideoConfig(width=WIDTH, height=HEIGHT)


def opened(folder: Path, video: VideoConfig = VIDEO) -> tuple[Timeline, Scenes]:
    timeline = Timeline(folder)
    timeline.poll()
    scenes = Scenes(timeline, video)
    scenes.refresh(Selection())
    return timeline, scenes


def tile(patch: Patch) -> Tile:
    assert patch.tile
    return patch.tile


def whose(patch: Patch) -> str:
    return tile(patch).peer_id


def test_only_what_changed_is_drawn(tmp_path: Path) -> None:
    events = write_peer(tmp_path, "ann", identity=1, tone=None, seconds=2)
    events += write_peer(tmp_path, "bob", codec=None, seconds=2)
    write_meeting(tmp_path, events, 0, 2)
    stage = Stage(*opened(tmp_path), VIDEO)
    stage.open(EPOCH_US, EPOCH_US + 1_000_000)
    first = stage.change(EPOCH_US + 500)
    assert first.clear
    assert [whose(p) for p in first.patches] == ["ann", "bob"]
    assert first.patches[1].fitted is None
    same = stage.change(EPOCH_US + 1_000)
    assert (same.clear, same.patches) == (False, [])
    moved = stage.change(EPOCH_US + 40_000)
    assert [whose(p) for p in moved.patches] == ["ann"]


def test_a_newcomer_moves_everybody(tmp_path: Path) -> None:
    events = write_peer(tmp_path, "ann", codec=None, seconds=3)
    events += write_peer(tmp_path, "bob", codec=None, start_s=1, seconds=2)
    write_meeting(tmp_path, events, 0, 3)
    stage = Stage(*opened(tmp_path), VIDEO)
    stage.open(EPOCH_US, EPOCH_US + 2_000_000)
    assert len(stage.change(EPOCH_US).patches) == 1
    change = stage.change(EPOCH_US + 1_500_000)
    assert change.clear
    assert [p.rect for p in change.patches] == grid(2, WIDTH, HEIGHT)


def test_a_screen_has_a_tile_of_its_own_from_its_first_picture_on(tmp_path: Path) -> None:
    events = write_peer(tmp_path, "ann", identity=1, tone=None, seconds=2)
    shared = [replace(e, source="screenshare") if isinstance(e, TrackPublished) else e for e in events]
    write_meeting(tmp_path, shared, -0.05, 2)
    stage = Stage(*opened(tmp_path), VIDEO)
    stage.open(EPOCH_US - 50_000, EPOCH_US + 1_000_000)
    assert [tile(p).source for p in stage.change(EPOCH_US - 40_000).patches] == ["peer"]
    change = stage.change(EPOCH_US + 40_000)
    assert change.clear
    assert [(tile(p).source, p.fitted is not None) for p in change.patches] == [("screenshare", True), ("peer", False)]


def test_more_people_than_tiles_are_counted(tmp_path: Path) -> None:
    events = []
    for i in range(MAX_TILES + 5):
        events += write_peer(tmp_path, f"p{i:02}", tone=None, codec=None, start_s=i * 0.01, seconds=2)
    write_meeting(tmp_path, events, 0, 2)
    stage = Stage(*opened(tmp_path), VIDEO)
    stage.open(EPOCH_US, EPOCH_US + 2_000_000)
    *people, more = stage.change(EPOCH_US + 1_000_000).patches
    assert [whose(p) for p in people] == [f"p{i:02}" for i in range(MAX_TILES - 1)]
    assert (more.tile, more.others) == (None, 6)
    assert [p.rect for p in (*people, more)] == grid(MAX_TILES, WIDTH, HEIGHT)
    assert stage.change(EPOCH_US + 1_100_000).patches == []


def test_a_mark_redraws_its_tile_alone(tmp_path: Path) -> None:
    events = write_peer(tmp_path, "ann", codec=None, seconds=3) + write_peer(tmp_path, "bob", codec=None, seconds=3)
    write_meeting(tmp_path, events, 0, 3)
    timeline, scenes = opened(tmp_path)
    for t in range(EPOCH_US, EPOCH_US + 1_000_000, 20_000):
        scenes.heard(TrackKey("bob", 0), t, 20_000, 30)
    stage = Stage(timeline, scenes, VIDEO)
    stage.open(EPOCH_US, EPOCH_US + 3_000_000)
    changes = [stage.change(EPOCH_US + t * 100_000) for t in range(20)]
    drawn = [(t, whose(p), p.speaking) for t, c in enumerate(changes) for p in c.patches]
    assert drawn == [(0, "ann", False), (0, "bob", False), (2, "bob", True), (17, "bob", False)]


def test_bars_are_painted_when_the_name_over_them_changes(tmp_path: Path) -> None:
    events: list[Event] = write_peer(tmp_path, "ann", identity=1, size=(180, 320), seconds=3)
    events += [PeerRenamed(EPOCH_US + 1_000_000, "ann", "Anna"), TrackMuted(EPOCH_US + 2_000_000, "ann", 0)]
    write_meeting(tmp_path, events, 0, 3)
    stage = Stage(*opened(tmp_path), VIDEO)
    stage.open(EPOCH_US, EPOCH_US + 3_000_000)
    bare = [t for t in range(30) for p in stage.change(EPOCH_US + 500 + t * 100_000).patches if p.bare]
    assert bare == [0, 10, 20]


def test_only_the_active_speaker_is_decoded_when_shown_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = write_peer(tmp_path, "ann", identity=1, seconds=4) + write_peer(tmp_path, "bob", identity=2, seconds=4)
    write_meeting(tmp_path, events, 0, 4)
    decoded: list[int] = []
    real = VideoFeed.show

    def spy(self: VideoFeed, t_us: int, hold_us: int) -> Shown | None:
        decoded.append(id(self))
        return real(self, t_us, hold_us)

    monkeypatch.setattr(VideoFeed, "show", spy)
    video = VideoConfig(width=WIDTH, height=HEIGHT, layout="single_speaker")
    timeline, scenes = opened(tmp_path, video)
    for t in range(EPOCH_US + 1_000_000, EPOCH_US + 3_000_000, 20_000):
        scenes.heard(TrackKey("bob", 0), t, 20_000, 30)
    stage = Stage(timeline, scenes, video)
    stage.open(EPOCH_US, EPOCH_US + 4_000_000)
    shown = {}
    for t in range(30):
        for patch in stage.change(EPOCH_US + 500 + t * 100_000).patches:
            assert patch.fitted
            shown[t] = read_code(planes_of(patch.fitted.picture)[0], (0, 0, WIDTH, HEIGHT))
        assert len(decoded) == t + 1
    assert {t: code[0] for t, code in shown.items() if code} == {t: 1 if t < 20 else 2 for t in range(30)}
    assert shown[20] == (2, 60)


def test_the_layout_is_told_once_for_each_change(tmp_path: Path) -> None:
    events = write_peer(tmp_path, "ann", identity=1, tone=None, seconds=2)
    shared = [replace(e, source="screenshare") if isinstance(e, TrackPublished) else e for e in events]
    shared += write_peer(tmp_path, "bob", codec=None, start_s=1, seconds=1)
    write_meeting(tmp_path, shared, -0.05, 2)
    stage = Stage(*opened(tmp_path), VIDEO)
    stage.open(EPOCH_US - 50_000, EPOCH_US + 2_000_000)
    for t in range(-40_000, 1_500_000, 40_000):
        stage.change(EPOCH_US + t)
    first, second, third = stage.take_layout()
    ann, bob, screen = Seen("ann", "peer"), Seen("bob", "peer"), Seen("ann", "screenshare")
    assert first == LayoutChange(EPOCH_US - 40_000, "grid", (), (ann,))
    assert second == LayoutChange(EPOCH_US, "screen", (screen,), (screen, ann))
    assert third == replace(second, at_us=third.at_us, shown=(screen, ann, bob))
    assert stage.take_layout() == ()
