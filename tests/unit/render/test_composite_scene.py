"""Tests of who is to be seen when."""

from pathlib import Path

from roomtape.capture.events import (
    Event,
    PeerJoined,
    PeerLeft,
    PeerRenamed,
    SessionStarted,
    TrackMuted,
    TrackPublished,
    TrackUnmuted,
    TrackUnpublished,
)
from roomtape.capture.timeline import Timeline
from roomtape.capture.values import TrackKey
from roomtape.domain.recording_config import Selection
from roomtape.render.composite_scene import Scenes
from tests.support.mjr import vp8_packets, write_events, write_mjr

S = 1_000_000
T = 1_760_000_000 * S


def joined(t: float, peer: str, *, hidden: bool = False) -> PeerJoined:
    return PeerJoined(T + round(t * S), peer, f"id-{peer}", f"user-{peer}", peer.capitalize(), None, hidden)


def scenes(folder: Path, events: list[Event], selection: Selection | None = None) -> Scenes:
    write_events(folder, [SessionStarted(T, "s", "m", "t"), *sorted(events, key=lambda e: e.t)])
    for event in events:
        if isinstance(event, TrackPublished):
            path = folder / f"{event.peer_id}-1-video-{event.mindex}.mjr"
            write_mjr(path, "video", "vp8", event.t, vp8_packets([b"\x10\x00\x00\x9d\x01\x2a" + bytes(20)]))
    timeline = Timeline(folder)
    timeline.poll()
    found = Scenes(timeline)
    found.refresh(selection or Selection())
    return found


def seen(scenes: Scenes, t: float) -> list[tuple[str, str, int]]:
    return [(tile.name, tile.source, len(tile.tracks)) for tile in scenes.at(T + round(t * S))]


def test_peers_come_go_and_keep_their_order(tmp_path: Path) -> None:
    events: list[Event] = [
        joined(1, "ann"),
        joined(2, "bob"),
        joined(3, "cid"),
        PeerLeft(T + 4 * S, "bob", "left"),
        PeerRenamed(T + 5 * S, "ann", "Anna"),
    ]
    here = scenes(tmp_path, events)
    assert seen(here, 0.5) == []
    assert [n for n, *_ in seen(here, 3.5)] == ["Ann", "Bob", "Cid"]
    assert [n for n, *_ in seen(here, 4)] == ["Ann", "Cid"]
    assert [n for n, *_ in seen(here, 6)] == ["Anna", "Cid"]


def test_hidden_and_unselected_peers_are_not_there(tmp_path: Path) -> None:
    events: list[Event] = [joined(1, "ann"), joined(2, "bot", hidden=True), joined(3, "cid")]
    assert [n for n, *_ in seen(scenes(tmp_path, events), 4)] == ["Ann", "Cid"]
    only = Selection(frozenset({"user-cid", "id-bot"}))
    assert [n for n, *_ in seen(scenes(tmp_path, events, only), 4)] == ["Cid"]


def test_a_muted_or_unpublished_camera_leaves_a_tile_without_track(tmp_path: Path) -> None:
    events: list[Event] = [
        joined(1, "ann"),
        TrackPublished(T + 2 * S, "ann", 1, "video", "peer", "vp8"),
        TrackMuted(T + 3 * S, "ann", 1),
        TrackUnmuted(T + 4 * S, "ann", 1),
        TrackUnpublished(T + 5 * S, "ann", 1),
    ]
    here = scenes(tmp_path, events)
    assert [seen(here, t)[0][2] for t in (2.5, 3.5, 4.5, 5.5)] == [1, 0, 1, 0]


def test_screens_come_first_while_they_are_shared(tmp_path: Path) -> None:
    events: list[Event] = [
        joined(1, "ann"),
        joined(1.5, "bob"),
        TrackPublished(T + 2 * S, "bob", 1, "video", "peer", "vp8"),
        TrackPublished(T + 3 * S, "bob", 2, "video", "screenshare", "vp8"),
        TrackUnpublished(T + 5 * S, "bob", 2),
    ]
    here = scenes(tmp_path, events)
    assert seen(here, 4) == [("Bob", "screenshare", 1), ("Ann", "peer", 0), ("Bob", "peer", 1)]
    assert here.at(T + 4 * S)[0].tracks == (TrackKey("bob", 2),)
    assert seen(here, 5.5) == [("Ann", "peer", 0), ("Bob", "peer", 1)]


def test_the_same_scene_is_the_same_object(tmp_path: Path) -> None:
    here = scenes(tmp_path, [joined(1, "ann"), joined(3, "bot", hidden=True)])
    assert here.at(T + 2 * S) is here.at(T + 2 * S + 1) is here.at(T + 4 * S)
