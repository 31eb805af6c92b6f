"""Two browsers beep and flash each second: in the composite lips and voices are together, and so are the two."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from roomtape.capture.paths import capture_dir
from roomtape.capture.timeline import Timeline
from roomtape.capture.values import Interval
from roomtape.domain.layout import grid
from tests.support import detect
from tests.support.chromium import Publisher, chromium
from tests.support.server import Server, running

CAST = {"ann": (1, 440, 2500), "bob": (2, 880, 3700)}
SIZE = 640, 360
FPS = 30
PACKET_S = 1024 / 48_000
"""An AAC packet."""
SEAM_S = 0.15
"""What happens this close to the edge of an interval may be cut in the middle."""


@dataclass(frozen=True)
class Moments:
    """What the composite shows of a page, on the session's clock in s since the epoch, by the second it stands for."""

    beeps: dict[int, float]
    flashes: dict[int, float]
    drawn: dict[int, float]
    """When the page really drew the flash: a starved one is late, which is not the server's doing."""

    def offsets(self) -> list[float]:
        """How much later than its beep each flash is seen, in s, but for what the page itself was late."""
        both = self.beeps.keys() & self.flashes.keys() & self.drawn.keys()
        return [self.flashes[s] - self.drawn[s] - (self.beeps[s] - s) for s in sorted(both)]


async def test_lips_and_voices_stay_together(tmp_path: Path) -> None:
    async with running(tmp_path / "data", ROOMTAPE_CAPTURE_RETENTION_HOURS="1") as server, chromium() as browser:
        meeting = await server.meeting()
        people: dict[str, Publisher] = {}
        for name, (identity, tone, beep) in CAST.items():
            token = (await server.participant(meeting, name)).token
            people[name] = await browser.publish(
                server.base_url, token, tone=tone, beep=beep, size=(320, 180), fps=FPS, identity=identity,
                bitrate=300_000, aligned=True,
            )  # fmt: skip
        recording_id, video = await _record(server, meeting, tmp_path)
        pages = {name: (await person.beeps(), await person.flashes()) for name, person in people.items()}
        recording = await server.recording(recording_id)
        timeline = Timeline(capture_dir(server.data_dir, recording.session_id))
        timeline.poll()
        intervals = timeline.intervals(recording_id)
    assert len(intervals) == 2
    _check_clock(video, sum(i.duration_us for i in intervals) / 1e6)
    seen = {name: _moments(video, name, intervals, *pages[name]) for name in CAST}
    for name, moments in seen.items():
        offsets = moments.offsets()
        _tell(f"{name}: beep to flash", offsets)
        _tell(f"{name}: beep, sent to heard", [t - s for s, t in moments.beeps.items()])
        _tell(
            f"{name}: flash, drawn to seen",
            [t - moments.drawn[s] for s, t in moments.flashes.items() if s in moments.drawn],
        )
        assert len(offsets) >= 10, f"{name}: {moments}"
    both = [o for moments in seen.values() for o in moments.offsets()]
    assert np.percentile(np.abs(both), 95) <= 0.040, both
    assert np.abs(both).max() <= 0.080, both
    apart = list(_apart(seen["ann"], seen["bob"]))
    _tell("between the two", apart)
    assert len(apart) >= 10
    assert np.abs(apart).max() <= 0.040, apart


async def _record(server: Server, meeting: str, folder: Path) -> tuple[str, Path]:
    """Record for 14 s with a pause in the middle; return the recording's id and its file."""
    kit, ids = server.kit.recordings, {**server.ids, "app_id": server.app_id}
    width, height = SIZE
    started = await kit.start_recordings(
        server.app_id, **server.ids, meeting_id=meeting, video_config={"width": width, "height": height}
    )
    recording_id = str(started.data.id)
    await server.until(recording_id, "RECORDING", 10)
    for action, after_s in (("pause", 7.0), ("resume", 2.3), ("stop", 7.0)):
        await asyncio.sleep(after_s)
        await kit.pause_resume_stop_recording(recording_id, **ids, action=action)
    done = await server.until(recording_id, "UPLOADED", 30)
    return recording_id, await server.download(done.download_url, folder / "composite.mp4")


def _check_clock(video: Path, recorded_s: float) -> None:
    """Frames are evenly spaced, and both streams last as long as was recorded."""
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        base = stream.time_base
        shown = [frame.pts for frame in container.decode(stream) if frame.pts is not None]
    assert base is not None
    assert [t * base for t in shown] == [Fraction(i, FPS) for i in range(len(shown))]
    for kind, end in detect.durations(video).items():
        assert abs(end - recorded_s) <= 1 / FPS + PACKET_S, f"{kind}: {end} s where {recorded_s} s were recorded"


def _moments(video: Path, name: str, intervals: list[Interval], planned_us: list[int], drawn_us: list[int]) -> Moments:
    identity, _, beep = CAST[name]
    place = grid(len(CAST), *SIZE)[identity - 1]
    rect = (place.x, place.y, place.width, place.height)
    assert Counter(r.identity for r in detect.read_counters(video, [rect])).most_common(1)[0][0] == identity
    seconds = {round(us / 1e6) for us in planned_us}
    beeps = {round(t - 0.02): t for t in _on_session_clock(detect.beep_times(video, beep), intervals)}
    flashes = {round(t - 0.02): t for t in _on_session_clock(detect.flash_times(video, rect), intervals)}
    drawn = {round(us / 1e6 - 0.02): us / 1e6 for us in drawn_us}
    assert beeps.keys() | flashes.keys() <= seconds
    return Moments(beeps, flashes, drawn)


def _on_session_clock(times: list[float], intervals: list[Interval]) -> Iterator[float]:
    """Turn times of the file into session time; what lies at the edge of an interval is left out."""
    for t in times:
        begin = 0.0
        for interval in intervals:
            inside = t - begin
            length = interval.duration_us / 1e6
            if SEAM_S < inside < length - SEAM_S:
                yield interval.start_us / 1e6 + inside
            begin += length


def _apart(one: Moments, other: Moments) -> Iterator[float]:
    """How far apart two pages' flashes of the same second are seen, in s, but for what the pages themselves were."""
    for second in sorted(one.flashes.keys() & other.flashes.keys()):
        if second in one.drawn and second in other.drawn:
            seen = one.flashes[second] - other.flashes[second]
            yield seen - (one.drawn[second] - other.drawn[second])


def _tell(what: str, seconds: list[float]) -> None:
    """Print the measured figures, which pytest shows where it fails or is asked to (-s)."""
    ms = np.array(seconds) * 1000
    print(f"{what}: n={len(ms)} p50={np.median(ms):.1f} p95(abs)={np.percentile(np.abs(ms), 95):.1f} "
          f"min={ms.min():.1f} max={ms.max():.1f} ms")  # fmt: skip
