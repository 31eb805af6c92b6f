from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import av
import pytest

from roomtape.capture.timeline import Timeline
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import Layer, RecordingConfig
from roomtape.render.job import RenderedFile, RenderJob
from roomtape.render.tracks import LEDGER, missing, render_tracks
from tests.support.captures import START_US, Capture, at
from tests.support.detect import beep_times, hole, no_tone, tone_intervals
from tests.support.mjr import mjr_header, mjr_packet


def job(folder: Path, *layers: Layer, recording: str | None = "r1", follow: bool = False) -> RenderJob:
    return RenderJob(str(folder), Kind.TRACK, RecordingConfig(layers=layers), recording, follow=follow)


def render(folder: Path, work: Path, *layers: Layer, recording: str | None = "r1") -> list[RenderedFile]:
    def waited() -> None:
        raise AssertionError("a finished capture needs no waiting")

    return render_tracks(job(folder, *layers, recording=recording), work, Timeline(folder), waited, lambda a, b: None)


def times(path: Path) -> list[int]:
    with av.open(str(path)) as source:
        return [p.pts for p in source.demux() if p.size]


@pytest.fixture
def meeting(tmp_path: Path) -> Capture:
    """Ann all the time with a network hole; Bob joins late; Eve is hidden; Kim is silent."""
    capture = Capture(tmp_path / "capture")
    capture.peer("ann", 0, 20, user="user-1")
    capture.tone("ann", 440, 0, 20, hole=(6, 8))
    capture.peer("bob", 5, 20)
    capture.tone("bob", 660, 5, 20)
    capture.peer("eve", 0, 20, hidden=True)
    capture.tone("eve", 880, 0, 20)
    capture.peer("kim", 0, 20)
    return capture


def test_one_file_for_each_participant_with_its_own_tone(meeting: Capture, tmp_path: Path) -> None:
    meeting.recording("r1", 2, 18)
    files = render(meeting.write(), tmp_path / "work")
    ann_ms, bob_ms = START_US // 1000 + 2000, START_US // 1000 + 5000
    assert [f.name for f in files] == [
        f"default_user-1_ann_peer_audio_{ann_ms}.webm",
        f"default_bob-participant_bob_peer_audio_{bob_ms}.webm",
    ]
    assert [p.name for p in sorted((tmp_path / "work" / "out").iterdir())] == sorted(f.name for f in files)
    ann, bob = (tmp_path / "work" / "out" / f.name for f in files)
    assert [f.start_us // 1000 for f in files] == [ann_ms, bob_ms]
    assert [f.duration_ms for f in files] == pytest.approx([16_000, 13_000], abs=20)
    assert [f.size for f in files] == [ann.stat().st_size, bob.stat().st_size]
    assert hole(ann, 440) == pytest.approx(2, abs=0.05)
    heard = tone_intervals(ann, 440)
    assert [x for span in heard for x in span] == pytest.approx([0, 4, 6, 16], abs=0.05)
    assert beep_times(ann)[1:] == pytest.approx([1, 2, 3, 6, *range(7, 16)], abs=0.03)
    assert no_tone(ann, 660)
    assert no_tone(bob, 440)


def test_pauses_are_cut_out_and_nothing_of_them_is_kept(meeting: Capture, tmp_path: Path) -> None:
    meeting.recording("r1", 0, 20, pauses=[(10.11, 14.41)])
    ann, bob = render(meeting.write(), tmp_path / "work")
    assert ann.duration_ms == pytest.approx(15_700, abs=20)
    stamps = times(tmp_path / "work" / "out" / ann.name)
    # Whole packets only: up to the one that ends at 10.10 less the hole, and from the one that begins at 14.42 on.
    assert len(stamps) == (505 - 100) + 279
    steps = [b - a for a, b in pairwise(stamps)]
    assert min(steps) >= 19
    assert max(s for s in steps if s < 1000) <= 40
    assert beep_times(tmp_path / "work" / "out" / bob.name)[1:] == pytest.approx(
        [1, 2, 3, 4, 5, 5.7, 6.7, 7.7, 8.7, 9.7], abs=0.03
    )


def test_only_the_chosen_participants(meeting: Capture, tmp_path: Path) -> None:
    meeting.recording("r1", 0, 20, user_ids=("user-1",))
    assert [f.peer_id for f in render(meeting.write(), tmp_path / "work")] == ["ann"]


def test_each_layer_has_its_files(meeting: Capture, tmp_path: Path) -> None:
    meeting.recording("r1", 0, 20)
    layers = Layer("default", "one"), Layer("second", "two")
    files = render(meeting.write(), tmp_path / "work", *layers)
    assert [(f.layer, f.name.split("_")[0], f.peer_id) for f in files] == [
        ("default", "one", "ann"),
        ("default", "one", "bob"),
        ("second", "two", "ann"),
        ("second", "two", "bob"),
    ]
    assert files[0].sha256 == files[2].sha256


def test_participants_without_a_file_are_named(meeting: Capture, tmp_path: Path) -> None:
    meeting.recording("r1", 0, 20)
    folder = meeting.write()
    files = render(folder, tmp_path / "work")
    timeline = Timeline(folder)
    timeline.poll()
    (sentence,) = missing(job(folder), timeline, files)
    assert sentence.startswith("Kim sent no audio")


def test_video_begins_at_a_keyframe(tmp_path: Path) -> None:
    capture = Capture(tmp_path / "capture")
    capture.peer("ann", 0, 3)
    capture.picture("ann", "vp8", 0, 3, skip=4)
    capture.picture("ann", "h264", 0, 3, mindex=2)
    capture.recording("r1", 0, 3)
    first, second = sorted(
        render(capture.write(), tmp_path / "work", Layer("video", "cam", "video")), key=lambda f: f.name[-4:]
    )
    assert (first.content_type, first.name.endswith(".mkv")) == ("video/x-matroska", True)
    assert (second.content_type, second.name.endswith(".webm")) == ("video/webm", True)
    assert second.start_us == pytest.approx(at(1), abs=5000)
    stamps = times(tmp_path / "work" / "out" / second.name)
    assert stamps == pytest.approx([i * 100 for i in range(20)], abs=2)


def test_two_tracks_that_begin_together_do_not_share_a_name(tmp_path: Path) -> None:
    capture = Capture(tmp_path / "capture")
    capture.peer("ann", 0, 3)
    capture.tone("ann", 440, 0, 3, mindex=0)
    capture.tone("ann", 660, 0, 3, mindex=1)
    capture.recording("r1", 0, 3)
    one, two = render(capture.write(), tmp_path / "work")
    assert one.name != two.name
    assert not no_tone(tmp_path / "work" / "out" / two.name, 660)


def test_what_an_earlier_run_left_is_removed_and_made_again_alike(meeting: Capture, tmp_path: Path) -> None:
    meeting.recording("r1", 0, 20)
    folder, work = meeting.write(), tmp_path / "work"
    first = render(folder, work)
    (work / "out" / "left.webm").write_bytes(b"x")
    (work / "parts").mkdir()
    (work / "parts" / "0-ann-0.webm.part").write_bytes(b"x")
    assert render(folder, work) == first
    assert {p.name for p in (work / "out").iterdir()} == {f.name for f in first}
    assert {p.name for p in work.iterdir()} == {"out", LEDGER}
    assert set(json.loads((work / LEDGER).read_bytes())) == {f.name for f in first}


def test_a_folder_without_events_is_rendered_whole(tmp_path: Path) -> None:
    capture = Capture(tmp_path / "capture")
    capture.tone("ann", 440, 0, 3)
    (file,) = render(capture.folder, tmp_path / "work", recording=None)
    assert len(times(tmp_path / "work" / "out" / file.name)) == 150


def test_following_a_growing_capture_gives_the_same_files(tmp_path: Path) -> None:
    """The file and the log grow while the renderer waits; pause, resume and stop come when they come."""
    final = Capture(tmp_path / "whole")
    final.peer("ann", 0, 20, user="user-1")
    packets = final.tone("ann", 440, 0, 20, hole=(6, 8))
    final.recording("r1", 1, 20, pauses=[(10.01, 14.01)])
    expected = render(final.write(), tmp_path / "expected")

    growing = tmp_path / "growing"
    growing.mkdir()
    events = sorted(final.events, key=lambda e: e.t)
    path = growing / "ann-1-audio-0.mjr"
    path.write_bytes(mjr_header("opus", START_US))
    live = Capture(growing)
    (growing / "events.jsonl").write_bytes(b"")
    clock = iter(range(0, 21_500, 370))
    state = {"event": 0, "packet": 0}

    def grow() -> None:
        now_ms = next(clock)
        while state["packet"] < len(packets) and packets[state["packet"]][0] <= now_ms:
            with path.open("ab") as out:
                out.write(mjr_packet(*packets[state["packet"]]))
            state["packet"] += 1
        while state["event"] < len(events) and events[state["event"]].t <= START_US + now_ms * 1000:
            live.append(events[state["event"]])
            state["event"] += 1

    grow()
    work = tmp_path / "work"
    said: list[tuple[int, int | None]] = []
    follower = job(growing, follow=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("roomtape.clock.now_us", lambda: START_US)
        files = render_tracks(follower, work, Timeline(growing), grow, lambda *told: said.append(told))
    assert files == expected
    assert said[-1] == (15_000, 15_000)
    assert len(said) > 20  # it did not wait for the end
    assert said == sorted(said, key=lambda told: told[0])
