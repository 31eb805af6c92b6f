from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import RecordingConfig, VideoConfig
from roomtape.errors import CaptureError
from roomtape.media import segment_nut
from roomtape.render import manifest, process
from roomtape.render.child import AT_FAULT, BUSY, DONE, ERROR, LOCK, STORAGE_FULL
from roomtape.render.job import OUT, PROGRESS, RESULT, RenderJob, RenderResult
from roomtape.render.segments import Segments
from tests.support.captures import Capture


@pytest.fixture
def work(tmp_path: Path) -> Path:
    capture = Capture(tmp_path / "capture")
    capture.peer("ann", 0, 3)
    capture.tone("ann", 440, 0, 3)
    capture.peer("kim", 0, 3)
    capture.recording("r1", 0, 3)
    work = tmp_path / "work"
    RenderJob(str(capture.write()), Kind.TRACK, RecordingConfig(), "r1").write(work)
    return work


def start(work: Path, *more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", process.__name__, str(work), *more], stderr=subprocess.PIPE)


def message(work: Path) -> str:
    return str(json.loads((work / ERROR).read_bytes())["message"])


def test_renders_verifies_and_says_so_last(work: Path) -> None:
    child = start(work, "--parent", str(os.getpid()))
    assert child.wait(30) == DONE
    result = RenderResult.read(work)
    assert result is not None
    assert [f.peer_id for f in result.media] == ["ann"]
    assert result.duration_ms == 3000
    assert result.warnings == ("Kim sent no audio in the recorded time: no file in layer default",)
    said = json.loads((work / PROGRESS).read_bytes())
    assert 0 < said.pop("cpu_s") < 30
    assert 5e6 < said.pop("peak_bytes") < 250e6
    assert said == {"rendered_ms": 3000, "total_ms": 3000, "state": "done"}
    told = next(f for f in result.files if f.role == manifest.ROLE)
    assert told.name == "r1.json"
    assert json.loads((work / OUT / told.name).read_bytes())["files"][0]["name"] == result.media[0].name
    before = (work / RESULT).stat().st_mtime_ns
    assert start(work).wait(30) == DONE
    assert (work / RESULT).stat().st_mtime_ns == before


def test_a_render_for_a_live_stream_makes_segments_that_can_be_entered_every_two_seconds(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = VideoConfig(width=160, height=90)
    config = RecordingConfig(video=video, rtmp_url="rtmp://live.example.com/***")
    job = RenderJob(RenderJob.read(work).capture_dir, Kind.COMPOSITE, config, "r1", stream_only=True)
    kept: list[list[float]] = []

    def keep(segments: Segments) -> None:
        with segment_nut.open_for_reading(segments.path(0)) as source:
            packets = segment_nut.read(source, video.fps)
        kept.append([tick / video.fps for tick, packet in packets.video if packet.is_keyframe])
        assert packets.audio

    monkeypatch.setattr(Segments, "remove", keep)
    result = process.render(job, work, lambda: None, lambda *_: None)
    assert result == RenderResult.read(work)
    assert result.files == ()
    assert not list((work / OUT).glob("*"))
    assert kept == [[0, 2]]


def test_faults_of_job_and_capture_are_told_to_a_human(work: Path, tmp_path: Path) -> None:
    RenderJob(str(tmp_path / "gone"), Kind.TRACK, RecordingConfig(), "r1").write(work)
    child = start(work)
    _, said = child.communicate(timeout=30)
    assert child.returncode == AT_FAULT
    assert "is not there" in message(work)
    (line,) = said.splitlines()
    assert json.loads(line)["reason"] == message(work)
    (work / "job.json").write_text("{}")
    assert start(work).wait(30) == AT_FAULT
    assert "job file" in message(work)
    assert RenderResult.read(work) is None


def test_a_second_process_leaves_at_once(work: Path) -> None:
    with (work / LOCK).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert start(work).wait(30) == BUSY
    assert not (work / RESULT).exists()


def test_an_old_error_goes_away_when_it_succeeds(work: Path) -> None:
    (work / ERROR).write_text('{"message": "old"}')
    assert start(work).wait(30) == DONE
    assert not (work / ERROR).exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_disk_that_refuses_is_told_apart(work: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*_: object) -> RenderResult:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(process, "render", refuse)
    assert process._guarded(work) == STORAGE_FULL
    assert os.strerror(number) in message(work)


def test_other_faults_are_crashes(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "render", lambda *_: 1 // 0)
    assert process._guarded(work) == 1
    assert not (work / ERROR).exists()

    def fault(*_: object) -> RenderResult:
        raise CaptureError("nothing there")

    monkeypatch.setattr(process, "render", fault)
    assert process._guarded(work) == AT_FAULT
    assert message(work) == "nothing there"


def test_progress_is_written_about_once_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    progress = process.ProgressFile(tmp_path)
    seen = []
    for i in range(13):
        now[0] += 0.25
        progress(i, None)
        seen.append(json.loads((tmp_path / PROGRESS).read_bytes())["rendered_ms"])
    assert len(set(seen)) == 4
    progress(99, 100)
    now[0] += 1
    progress.settle()  # a follower for whom nothing new has come
    assert json.loads((tmp_path / PROGRESS).read_bytes())["rendered_ms"] == 99


FOLLOWER = """
import os, subprocess, sys, time
parent = sys.argv[2] or str(os.getpid())
child = subprocess.Popen([sys.executable, "-m", "roomtape.render.process", sys.argv[1], "--parent", parent])
print(child.pid, flush=True)
time.sleep(60)
"""


def follow(work: Path, parent: str = "") -> tuple[subprocess.Popen[bytes], int]:
    """A process that starts a render which goes on for ever; returns it and the pid of the render."""
    job = RenderJob.read(work)
    RenderJob(job.capture_dir, job.kind, job.config, "never", follow=True).write(work)
    server = subprocess.Popen([sys.executable, "-c", FOLLOWER, str(work), parent], stdout=subprocess.PIPE)
    assert server.stdout is not None
    return server, int(server.stdout.readline())


def gone(pid: int, within_s: float) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_a_follower_dies_with_its_parent(work: Path) -> None:
    server, pid = follow(work)
    while not (work / PROGRESS).exists():
        time.sleep(0.05)
    assert not gone(pid, 0.3)
    server.send_signal(signal.SIGKILL)
    server.wait(5)
    assert gone(pid, 5)


def test_a_render_whose_parent_is_gone_already_ends(work: Path) -> None:
    server, pid = follow(work, parent="1")
    try:
        assert gone(pid, 10)
        assert not (work / PROGRESS).exists()
    finally:
        server.kill()
        server.wait(5)


def test_killed_at_any_moment_and_run_again_gives_the_same(work: Path) -> None:
    assert start(work).wait(30) == DONE
    whole = RenderResult.read(work)
    for delay_s in (0.2, 0.35, 0.4, 0.45, 0.5):
        (work / RESULT).unlink(missing_ok=True)
        child = start(work)
        time.sleep(delay_s)
        child.kill()
        child.wait(5)
    assert start(work).wait(30) == DONE
    assert RenderResult.read(work) == whole
    assert whole is not None
    assert {p.name for p in (work / OUT).iterdir()} == {f.name for f in whole.files}
    assert not list(work.rglob("*.part"))
