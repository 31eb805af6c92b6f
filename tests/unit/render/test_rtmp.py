from __future__ import annotations

import io
import json
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import RecordingConfig
from roomtape.render import rtmp
from roomtape.render.job import PROGRESS, RenderJob, RenderResult
from roomtape.render.rtmp import Follower


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtmp, "_POLL_S", 0.005)
    monkeypatch.setattr(rtmp, "_LOOK_S", 0.01)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "rec"
    RenderJob(str(tmp_path), Kind.COMPOSITE, RecordingConfig()).write(folder)
    (folder / "segments-abc").mkdir()
    return folder


def _put(work: Path, *indices: int) -> None:
    for index in indices:
        path = work / "segments-abc" / f"seg-{index:06}.nut"
        aside = path.with_suffix(".part")
        aside.write_bytes(b"%d" % index)
        aside.replace(path)  # whole or not at all, as the render does it: somebody is looking


def _taken(follower: Follower) -> list[tuple[int, bytes, int]]:
    found = []
    while (segment := follower.next()) is not None:
        found.append(segment)
    return found


def test_it_begins_with_the_newest_segment_and_ends_with_the_render(work: Path) -> None:
    _put(work, 0, 1, 2)
    follower = Follower(work, 0)
    follower.start()
    assert follower.next() == (2, b"2", 0)
    _put(work, 3)
    assert follower.next() == (3, b"3", 0)
    RenderResult((), 16_000).write(work)
    assert follower.next() is None
    follower.join(2)


def test_it_waits_for_a_segment_that_was_not_sent_yet(work: Path) -> None:
    _put(work, 0, 1)
    follower = Follower(work, 2)
    follower.start()
    time.sleep(0.05)
    _put(work, 2)
    assert follower.next() == (2, b"2", 0)


def test_what_was_whole_is_sent_though_the_render_has_removed_everything(work: Path) -> None:
    _put(work, 0)
    follower = Follower(work, 0)
    follower.start()
    assert follower.next() == (0, b"0", 0)
    _put(work, 1)
    time.sleep(0.1)
    for path in sorted(work.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    work.rmdir()
    assert _taken(follower) == [(1, b"1", 0)]


def test_a_slow_server_loses_the_oldest_and_memory_stays_bounded(work: Path) -> None:
    _put(work, 0)
    follower = Follower(work, 0)
    follower.start()
    time.sleep(0.05)
    for index in range(1, 10):
        _put(work, index)
        time.sleep(0.03)
    (work / PROGRESS).write_text(json.dumps({"total_ms": 40_000}))
    found = _taken(follower)
    assert len(found) <= rtmp.MOST_WAITING
    assert found[-1][0] == 9
    assert found[0][2] == found[0][0]


def test_how_it_is_known_that_nothing_will_follow(work: Path) -> None:
    _put(work, 0)
    assert not rtmp.over(work, 1)
    (work / PROGRESS).write_text(json.dumps({"rendered_ms": 4000, "total_ms": None}))
    assert not rtmp.over(work, 1)
    (work / PROGRESS).write_text(json.dumps({"rendered_ms": 4000, "total_ms": 4001}))
    assert not rtmp.over(work, 1)
    assert rtmp.over(work, 2)
    (work / PROGRESS).write_text("{")
    assert not rtmp.over(work, 2)
    RenderResult((), 1).write(work)
    assert rtmp.over(work, 1)
    assert rtmp.over(work / "gone", 0)


def test_the_folder_that_is_written_now_counts(work: Path) -> None:
    _put(work, 0, 1)
    assert (rtmp.newest(work), rtmp.whole(work, 1)) == (1, True)
    (work / "segments-def").mkdir()
    assert (rtmp.newest(work), rtmp.whole(work, 1)) == (None, False)
    assert rtmp.newest(work / "gone") is None


class _Push:
    """Packets are (time, number); sending takes `delay_s`."""

    QUEUE = 2

    def __init__(self, delay_s: float = 0.0) -> None:
        self.sent: list[tuple[float, int]] = []
        self.closed = False
        self._delay_s = delay_s

    def packets(self, segment: bytes) -> list[tuple[float, int]]:
        index = int(segment)
        return [(index * 4 + i * 0.05, index * 100 + i) for i in range(4)]

    def send(self, packet: int) -> None:
        time.sleep(self._delay_s)
        self.sent.append((time.monotonic(), packet))

    def close(self) -> None:
        self.closed = True


class _Given:
    """A follower that has all its segments."""

    def __init__(self, *segments: tuple[int, bytes, int]) -> None:
        self._segments = list(segments)

    def next(self) -> tuple[int, bytes, int] | None:
        return self._segments.pop(0) if self._segments else None


def _stream(push: _Push, *segments: tuple[int, bytes, int]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    rtmp.stream(push, _Given(*segments), told.append)  # type: ignore[arg-type]
    return told


def test_packets_go_out_at_the_pace_of_their_clock() -> None:
    push = _Push()
    began = time.monotonic()
    _stream(push, (0, b"0", 0))
    times = [at for at, _ in push.sent]
    assert push.closed
    assert 0.14 <= times[-1] - began < 2
    assert sum(b - a > 0.01 for a, b in pairwise(times)) >= 2, "not all at once"


def test_what_was_left_out_is_not_waited_for() -> None:
    push = _Push()
    began = time.monotonic()
    told = _stream(push, (3, b"3", 0), (9, b"9", 5))
    assert time.monotonic() - began < 2
    assert [packet for _, packet in push.sent] == [300, 301, 302, 303, 900, 901, 902, 903]
    assert {"skipped": 5} in told


def test_it_tells_how_far_it_is() -> None:
    told = _stream(_Push(), (3, b"3", 0), (4, b"4", 0))
    assert told.count({"live": True}) == 1
    assert told.index({"live": True}) < told.index({"next": 4, "sent_ms": 4000})
    assert told[-1] == {"next": 5, "sent_ms": 8000}


def test_a_render_that_is_over_needs_no_connection(work: Path) -> None:
    RenderResult((), 0).write(work)
    order = {"url": "rtmp://127.0.0.1/live/key", "port": 1, "first": 0}
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.StringIO(json.dumps(order) + "\n"))
        patch.setattr(sys, "stdout", out)
        assert rtmp.main([str(work)]) == rtmp.ENDED
    assert out.getvalue() == ""
