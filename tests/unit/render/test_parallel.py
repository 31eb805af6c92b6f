"""Tests of rendering in several processes: the same pictures and samples, whoever made which part, and who died."""

import os
import signal
import sys
from pathlib import Path

import pytest

from roomtape.capture.events import RecordingPaused, RecordingResumed, TrackMuted, TrackUnmuted
from roomtape.capture.timeline import Timeline
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import RecordingConfig, VideoConfig
from roomtape.errors import RenderError, StorageError
from roomtape.render import parallel
from roomtape.render.child import ERROR
from roomtape.render.composite import Composite, render_composite
from roomtape.render.findings import Findings
from roomtape.render.job import Progress, RenderJob
from roomtape.render.segments import Segments
from tests.support.decoded import fingerprints
from tests.support.meeting import EPOCH_US, write_meeting, write_peer

SEGMENTS = 6
S = 1_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("capture")
    events = write_peer(folder, "ann", identity=1, tone=400, seconds=26, lose_video=range(140, 144), size=(160, 90))
    events += write_peer(folder, "bob", identity=2, tone=900, codec="h264", start_s=1.3, seconds=20, lose_audio=[550])
    events += [RecordingPaused(EPOCH_US + 9_100_000, "rec"), RecordingResumed(EPOCH_US + 10_000_000, "rec")]
    for turn in range(4):  # they speak in turn, so that who is large depends on what was heard long before
        who = ("ann", "bob")[turn % 2]
        events += [
            TrackMuted(EPOCH_US + (2 + 5 * turn) * S, who, 0),
            TrackUnmuted(EPOCH_US + (7 + 5 * turn) * S, who, 0),
        ]
    write_meeting(folder, events, 0.5, 25)
    return folder


def job_of(folder: Path, follow: bool = False) -> RenderJob:
    video = VideoConfig(width=320, height=180, fps=10, layout="speaker")
    return RenderJob(str(folder), Kind.COMPOSITE, RecordingConfig(video=video), "rec", follow=follow)


def ignore(done: int, total: int | None) -> None:
    pass


def render(folder: Path, work: Path, jobs: int, progress: Progress = ignore, follow: bool = False) -> Path:
    job = job_of(folder, follow)
    job.write(work)
    (file,) = render_composite(job, work, Timeline(folder), lambda: None, progress, jobs)
    return work / "out" / file.name


@pytest.fixture(scope="module")
def alone(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(folder, tmp_path_factory.mktemp("alone"), 1)


@pytest.fixture(autouse=True)
def worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "LEAST", 1)


@pytest.mark.parametrize("follow", [False, True])
def test_two_processes_give_the_same_pictures_and_samples(
    follow: bool, folder: Path, alone: Path, tmp_path: Path
) -> None:
    told: list[int] = []
    together = render(folder, tmp_path, 2, lambda done, total: told.append(done), follow)
    assert fingerprints(together) == fingerprints(alone)
    assert told == sorted(told)
    assert told[-1] == 23_600
    found = Findings.read(tmp_path)
    assert found == Findings.read(alone.parent.parent)
    assert len({change.large for change in found.layout}) == 2
    assert {key.peer_id: numbers for key, numbers in (found.counts or {}).items()} == {
        "bob": {"concealed_samples": 960}
    }


def test_a_second_run_goes_on_and_a_killed_worker_is_replaced(
    folder: Path, alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_of(folder)
    job.write(tmp_path)
    timeline = Timeline(folder)
    timeline.poll()
    composite = Composite(job, tmp_path, timeline)
    clock, _ = composite.clock()
    assert clock is not None
    with composite.segments.claim(2) as mine:  # as if another one were at work there
        assert mine
        composite.render_part(clock, 1)
    assert composite.segments.missing(SEGMENTS) == [0, 2, 3, 4, 5]
    started: list[int] = []
    start = parallel._start

    def spy(work: Path, first: int):  # type: ignore[no-untyped-def]
        child = start(work, first)
        if not started:
            os.kill(child.pid, signal.SIGKILL)
        started.append(first)
        return child

    monkeypatch.setattr(parallel, "_start", spy)
    assert fingerprints(render(folder, tmp_path, 2)) == fingerprints(alone)
    assert started[0] == 0
    assert 0 in started[1:]


@pytest.mark.parametrize(
    ("code", "error", "says"),
    [
        ("import os; os.kill(os.getpid(), 9)", parallel.WorkersDied, "signal 9.*fewer --jobs"),
        ("import sys; sys.exit(1)", parallel.WorkersDied, "5 processes died in a row .exit code 1"),
        ("import sys; sys.exit(2)", RenderError, "without saying why"),
        (
            "import json, os, pathlib, sys; "
            "pathlib.Path(sys.argv[1], f'error-{os.getpid()}.json').write_text(json.dumps({'message': 'no room'})); "
            "sys.exit(3)",
            StorageError,
            "no room",
        ),
    ],
)
def test_what_cannot_go_on_ends_in_words(
    code: str, error: type[Exception], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "COMMAND", (str(tmp_path / "python"), "-m", "it"))
    (tmp_path / "python").write_text(f'#!/bin/sh\nexec {sys.orig_argv[0]} -c "{code}" "$3"\n')
    (tmp_path / "python").chmod(0o755)
    with pytest.raises(error, match=says):
        parallel.fill(tmp_path, Segments(tmp_path / "s"), 4, 2, ignore)


def test_a_worker_says_in_its_own_file_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text("{}")
    with pytest.raises(RenderError, match=r"the job file .* cannot be read"):
        parallel.fill(tmp_path, Segments(tmp_path / "s"), 4, 2, ignore)
    assert not (tmp_path / ERROR).exists()


def test_where_processes_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "LEAST", 4)
    everything = list(range(100))
    assert parallel.starts(everything, [], 2) == [0, 50]
    assert parallel.starts(everything, [], 3) == [0, 33, 66]
    assert parallel.starts([5, 6, 7], [], 8) == [5]
    assert parallel.starts(list(range(20, 100)), [0], 1) == [60]
    assert parallel.starts(list(range(30)) + list(range(90, 100)), [0, 50], 1) == [15]
    assert parallel.starts(list(range(93, 100)), [0, 50], 2) == []
    assert parallel.starts([3, *range(60, 100)], [50], 2) == [3, 80]
    assert parallel.starts([3], [], 2) == [3]
