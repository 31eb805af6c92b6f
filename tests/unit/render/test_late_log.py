"""Tests of a log that tells late of a pause and of the end: what was rendered beyond them meanwhile is made anew."""

from pathlib import Path

import pytest

from roomtape.capture.events import RecordingPaused, RecordingResumed
from roomtape.capture.timeline import Timeline
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import RecordingConfig, VideoConfig
from roomtape.render.composite import Composite, render_composite
from roomtape.render.job import RenderJob
from roomtape.render.segments import Segments
from tests.support.growing import Growing
from tests.support.meeting import EPOCH_US, write_meeting, write_peer

S = 1_000_000
CONFIG = RecordingConfig(video=VideoConfig(width=320, height=180, fps=10))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bob for 26 s, recorded from 0.5 to 22.3 s with a pause from 6.9 to 9.4 s."""
    folder = tmp_path_factory.mktemp("whole")
    events = write_peer(folder, "bob", identity=2, tone=900, size=(96, 54), seconds=26)
    pause = [RecordingPaused(EPOCH_US + 6_900_000, "rec"), RecordingResumed(EPOCH_US + 9_400_000, "rec")]
    write_meeting(folder, [*events, *pause], 0.5, 22.3)
    return folder


def rendered(folder: Path, work: Path, live: Path | None = None, late_us: int = 0) -> bytes:
    """Render a capture that is finished, or follow it as it grows into `live`; return the file."""
    now = EPOCH_US + 5 * S
    growing = Growing(folder, live, late_us) if live else None

    def wait() -> None:
        nonlocal now
        assert growing
        now += 400_000
        assert now < growing.end_us + 20 * S
        growing.until(now)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("roomtape.render.composite.time.time_ns", lambda: now * 1000)
        if growing:
            growing.until(now)
        job = RenderJob(str(live or folder), Kind.COMPOSITE, CONFIG, "rec", follow=live is not None)
        (file,) = render_composite(job, work, Timeline(live or folder), wait, lambda done, total: None)
    return (work / "out" / file.name).read_bytes()


@pytest.mark.parametrize(("late_s", "anew"), [(0.0, []), (4.0, [1, 4])])
def test_a_late_log_makes_no_other_file(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late_s: float, anew: list[int]
) -> None:
    dropped: list[int] = []
    drop = Segments.drop
    monkeypatch.setattr(Segments, "drop", lambda self, found: (dropped.extend(found), drop(self, found)))
    expected = rendered(whole, tmp_path / "expected")
    assert rendered(whole, tmp_path / "work", tmp_path / "live", round(late_s * S)) == expected
    assert dropped == anew


def test_time_in_which_the_process_has_to_wait_is_not_taken_for_read(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = EPOCH_US + 5 * S
    growing = Growing(whole, tmp_path / "live")
    growing.until(now)
    timeline = Timeline(tmp_path / "live")
    poll = timeline.poll

    def interrupted() -> None:
        nonlocal now
        poll()
        now += 60 * S

    monkeypatch.setattr(timeline, "poll", interrupted)
    monkeypatch.setattr("roomtape.render.composite.time.time_ns", lambda: now * 1000)
    job = RenderJob(str(tmp_path / "live"), Kind.COMPOSITE, CONFIG, "rec", follow=True)
    clock, final = Composite(job, tmp_path / "work", timeline).clock()
    assert not final
    assert clock is not None
    assert clock.duration_us < 4.5 * S
