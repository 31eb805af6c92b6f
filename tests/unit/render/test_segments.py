"""Tests of segments on disk: whole or not there."""

from pathlib import Path

import pytest

from roomtape.capture.values import TrackKey
from roomtape.render.findings import Findings, LayoutChange, Seen
from roomtape.render.segments import Segments, publish


def test_a_segment_is_made_once(tmp_path: Path) -> None:
    segments = Segments(tmp_path / "s")
    made = []

    def write(path: Path) -> None:
        made.append(path)
        path.write_bytes(b"x")

    assert not segments.whole(12)
    segments.make(12, write)
    segments.make(12, write)
    assert segments.whole(12)
    assert len(made) == 1
    assert segments.path(12).name == "seg-000012.nut"
    assert [p.name for p in (tmp_path / "s").iterdir()] == ["seg-000012.nut"]


def test_notes_are_of_segments_that_are_there(tmp_path: Path) -> None:
    segments = Segments(tmp_path)
    guess = {TrackKey("ann", 0): 7, TrackKey("b/o b", 1001): 0}
    for index in (3, 4, 12):
        segments.note(index, guess)
        segments.make(index, lambda path: path.touch())
    segments.note(5, guess)
    assert segments.notes() == {3: guess, 4: guess, 12: guess}
    segments.note(4, {})
    segments.drop([3])
    assert segments.notes() == {12: guess}
    assert not segments.whole(3)


def test_a_failed_write_leaves_nothing_under_the_name(tmp_path: Path) -> None:
    segments = Segments(tmp_path)

    def fail(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        segments.make(0, fail)
    assert not segments.whole(0)
    assert list(tmp_path.iterdir()) == []
    segments.make(0, lambda path: path.write_bytes(b"whole") and None)
    assert segments.path(0).read_bytes() == b"whole"


def test_publishing_replaces_the_old_file_at_once(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    target.write_bytes(b"old")

    def write(path: Path) -> None:
        assert target.read_bytes() == b"old"
        path.write_bytes(b"new")

    publish(target, write)
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def test_removing_is_thorough(tmp_path: Path) -> None:
    segments = Segments(tmp_path / "s")
    segments.make(0, lambda path: path.touch())
    segments.remove()
    assert not (tmp_path / "s").exists()


def test_a_claim_holds_until_it_is_let_go_of(tmp_path: Path) -> None:
    mine, other = Segments(tmp_path), Segments(tmp_path)
    with mine.claim(4) as first, other.claim(4) as second, other.claim(5) as third:
        assert (first, second, third) == (True, False, True)
    with other.claim(4) as again:
        assert again
    assert mine.missing(3) == [0, 1, 2]
    mine.make(1, lambda path: path.touch())
    assert other.missing(3) == [0, 2]


def test_findings_of_segments_that_are_there_are_added_up(tmp_path: Path) -> None:
    segments = Segments(tmp_path)
    ann, bob = TrackKey("ann", 0), TrackKey("bob", 1)
    grid = [LayoutChange(at, "grid", (), (Seen("ann", "peer"),)) for at in (1, 5, 9)]
    alone = LayoutChange(7, "grid", (), ())
    segments.find(0, Findings((grid[0],), {ann: {"concealed_samples": 960}}))
    segments.find(1, Findings((grid[1], alone), {ann: {"concealed_samples": 40, "damaged_packets": 1}}))
    segments.find(2, Findings((grid[2],), {bob: {"damaged_frames": 2}}))
    segments.find(3, Findings((), {bob: {"damaged_frames": 50}}))
    for index in range(3):
        segments.make(index, lambda path: path.touch())
    found = segments.findings()
    assert found.layout == (grid[0], alone, grid[2])
    assert found.counts == {ann: {"concealed_samples": 1000, "damaged_packets": 1}, bob: {"damaged_frames": 2}}
    segments.find(2, Findings((), {}))
    assert (segments.findings().counts or {}).keys() == {ann}
