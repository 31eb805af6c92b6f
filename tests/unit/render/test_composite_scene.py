"""Tests of who is to be seen when."""

from pathlib import Path

import pytest

from roomtape.capture.events import (
    Event,
    MessageSent,
    PeerJoined,
    PeerLeft,
    PeerPictured,
    PeerRenamed,
    SessionStarted,
    TrackMuted,
    TrackPublished,
    TrackUnmuted,
    TrackUnpublished,
)
from roomtape.capture.paths import ASSETS
from roomtape.capture.timeline import Timeline
from roomtape.capture.values import TrackKey
from roomtape.domain.recording_config import LayoutName, Selection, VideoConfig
from roomtape.render.composite_scene import Scene, Scenes
from tests.support.mjr import vp8_packets, write_events, write_mjr

S = 1_000_000
T = 1_760_000_000 * S


def joined(t: float, peer: str, *, hidden: bool = False) -> PeerJoined:
    return PeerJoined(T + round(t * S), peer, f"id-{peer}", f"user-{peer}", peer.capitalize(), None, hidden)


def scenes(
    folder: Path, events: list[Event], selection: Selection | None = None, video: VideoConfig | None = None
) -> Scenes:
    write_events(folder, [SessionStarted(T, "s", "m", "t"), *sorted(events, key=lambda e: e.t)])
    for event in events:
        if isinstance(event, TrackPublished) and event.kind == "video":
            path = folder / f"{event.peer_id}-1-video-{event.mindex}.mjr"
            write_mjr(path, "video", "vp8", event.t, vp8_packets([b"\x10\x00\x00\x9d\x01\x2a" + bytes(20)]))
    timeline = Timeline(folder)
    timeline.poll()
    found = Scenes(timeline, video)
    found.refresh(selection or Selection())
    return found


def at(scenes: Scenes, t: float) -> Scene:
    return scenes.at(T + round(t * S))


def seen(scenes: Scenes, t: float) -> list[tuple[str, str, int]]:
    scene = at(scenes, t)
    return [(tile.name, tile.source, len(tile.tracks)) for tile in (*scene.shares, *scene.people)]


def speak(scenes: Scenes, peer: str, start: float, end: float, mindex: int = 0) -> None:
    for t in range(T + round(start * S), T + round(end * S), 20_000):
        scenes.heard(TrackKey(peer, mindex), t, 20_000, 30)


def people(scenes: Scenes, t: float) -> str:
    return " ".join(tile.peer_id for tile in at(scenes, t).people)


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
    assert at(here, 4).shares[0].tracks == (TrackKey("bob", 2),)
    assert seen(here, 5.5) == [("Ann", "peer", 0), ("Bob", "peer", 1)]


def test_the_same_scene_is_the_same_object(tmp_path: Path) -> None:
    here = scenes(tmp_path, [joined(1, "ann"), joined(2, "bot", hidden=True)])
    assert at(here, 1.5) is at(here, 1.50001) is at(here, 3)


MICROPHONES: list[Event] = [
    event
    for i, peer in enumerate(("ann", "bob", "cid", "dan"))
    for event in (joined(1 + i / 10, peer), TrackPublished(T + 2 * S, peer, 0, "audio", "peer", "opus"))
]


def test_who_is_heard_is_marked_and_who_is_muted_is_not(tmp_path: Path) -> None:
    muted = [TrackMuted(T + 6 * S, "ann", 0), TrackUnmuted(T + 8 * S, "ann", 0)]
    here = scenes(tmp_path, [*MICROPHONES, *muted])
    speak(here, "ann", 4, 10)
    assert [set(at(here, t).speaking) for t in (3, 5, 6, 7.9, 8.5)] == [set(), {"ann"}, set(), set(), {"ann"}]
    assert [at(here, t).people[0].muted for t in (5, 6, 8)] == [False, True, False]


def test_the_sound_of_a_screen_is_nobodys_voice(tmp_path: Path) -> None:
    here = scenes(tmp_path, [*MICROPHONES, TrackPublished(T + 2 * S, "ann", 1, "audio", "screenshare", "opus")])
    speak(here, "ann", 4, 10, mindex=1)
    assert not at(here, 6).speaking


def test_whoever_publishes_no_microphone_is_muted_after_a_moment(tmp_path: Path) -> None:
    events = [joined(1, "ann"), joined(1, "bob"), TrackPublished(T + 2 * S, "bob", 0, "audio", "peer", "opus")]
    gone = TrackUnpublished(T + 9 * S, "bob", 0)
    here = scenes(tmp_path, [*events, gone])
    muted = [[tile.muted for tile in at(here, t).people] for t in (1.5, 3.9, 4, 9)]
    assert muted == [[False, False], [False, False], [True, False], [True, True]]


def test_a_picture_shows_from_when_it_is_there(tmp_path: Path) -> None:
    here = scenes(tmp_path, [joined(1, "ann"), PeerPictured(T + 3 * S, "ann", "face")])
    assert [at(here, t).people[0].picture for t in (2, 3)] == [None, tmp_path / ASSETS / "face"]


def test_in_a_grid_speaking_moves_nobody(tmp_path: Path) -> None:
    here = scenes(tmp_path, MICROPHONES)
    speak(here, "cid", 4, 8)
    assert people(here, 3) == people(here, 7) == "ann bob cid dan"


@pytest.mark.parametrize("layout", ["speaker", "single_speaker"])
def test_the_active_speaker_changes_places_with_the_one_before(layout: LayoutName, tmp_path: Path) -> None:
    left = PeerLeft(T + 20 * S, "bob", "left")
    here = scenes(tmp_path, [*MICROPHONES, left], video=VideoConfig(layout=layout))
    speak(here, "cid", 4, 8)
    speak(here, "bob", 10, 12)
    assert [people(here, t) for t in (4.9, 5, 10.9)] == ["ann bob cid dan", "cid bob ann dan", "cid bob ann dan"]
    assert people(here, 11) == "bob cid ann dan"
    assert people(here, 20) == "cid ann dan"


def crowd(count: int) -> list[Event]:
    return [
        event
        for i in range(count)
        for event in (
            joined(1 + i / 100, f"p{i:02}"),
            TrackPublished(T + 2 * S, f"p{i:02}", 0, "audio", "peer", "opus"),
        )
    ]


def test_beyond_the_grid_the_last_to_have_spoken_take_the_places(tmp_path: Path) -> None:
    here = scenes(tmp_path, crowd(30))
    before = people(here, 3)
    speak(here, "p28", 4, 6)
    speak(here, "p23", 7, 9)
    speak(here, "p29", 10, 12)
    assert before == people(here, 4.9)
    assert people(here, 12).split()[:24] == [*(f"p{i:02}" for i in range(21)), "p29", "p23", "p28"]


def test_the_digest_tells_other_speakers_and_nothing_else(tmp_path: Path) -> None:
    times = range(T + 4 * S, T + 8 * S, 33_333)

    def digest(*speeches: tuple[str, float, float], asked: bool = False) -> int:
        here = scenes(tmp_path, crowd(30))
        for peer, start, end in speeches:
            speak(here, peer, start, end)
        if asked:
            at(here, 3.5)
            here.open(T + 4 * S)
        return here.digest(times)

    assert digest() == digest(asked=True) == digest(("p01", 8, 9)) == digest(("p01", 2.1, 3))
    assert digest(("p01", 5, 9)) == digest(("p01", 5, 9), asked=True)
    assert len({digest(), digest(("p01", 5, 6)), digest(("p02", 5, 6)), digest(("p28", 2, 3.1))}) == 4


def test_one_track_can_be_heard_again(tmp_path: Path) -> None:
    first = scenes(tmp_path, MICROPHONES)
    speak(first, "ann", 4, 6)
    speak(first, "bob", 5, 7)
    again = scenes(tmp_path, MICROPHONES)
    again.hear_again(first, {TrackKey("ann", 0)})
    assert at(again, 6).speaking == {"bob"}


def test_of_a_page_there_is_nothing_but_the_tracks_that_bring_it_the_newest_first(tmp_path: Path) -> None:
    tapes = [PeerJoined(T + t * S, f"tape{t}", "rec", None, "Page", None, True) for t in (0, 4)]
    events: list[Event] = [joined(0, "ann"), TrackPublished(T, "ann", 0, "audio", "peer", "opus"), *tapes]
    events += [TrackPublished(T + t * S, f"tape{t}", 1, "video", "peer", "vp8") for t in (0, 4)]
    events += [TrackPublished(T, "ann", 1, "video", "peer", "vp8"), PeerLeft(T + 3 * S, "tape0", "left")]
    found = scenes(tmp_path, events, Selection(page="rec"))
    assert found.of_page
    first, second = TrackKey("tape0", 1), TrackKey("tape4", 1)
    assert [at(found, t).page for t in (1, 3.5, 4)] == [(first,), (first,), (second, first)]
    assert at(found, 1) == Scene(page=(first,))
    assert not scenes(tmp_path, events).of_page


def test_messages_do_not_make_a_scene_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    messages = [MessageSent(T + S + n * 1000, "ID3Data", str(n)) for n in range(1000)]
    found = scenes(tmp_path, [joined(0, "ann"), *messages, PeerLeft(T + 3 * S, "ann", "left")])
    looked: list[int] = []
    present_at = Timeline.present_at
    monkeypatch.setattr(Timeline, "present_at", lambda self, t_us: looked.append(t_us) or present_at(self, t_us))
    assert [len(at(found, t).people) for t in (0.5, 1.5, 2.5, 3.5)] == [1, 1, 1, 0]
    assert len(looked) < 10
