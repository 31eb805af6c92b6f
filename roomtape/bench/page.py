"""Owns the figures of a recorded page: what one that shows a meeting costs, beside the composite of that meeting."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from roomtape.bench import filmedpage
from roomtape.bench.browser import SETTLE_S
from roomtape.bench.figure import Figure, alone, compared
from roomtape.bench.measure import CpuMeter, Usage, memory_samples, run, tree
from roomtape.bench.meeting import Meeting, held
from roomtape.bench.meetingfilm import sdk_script
from roomtape.bench.plan import Plan, Say
from roomtape.domain.layout import grid
from roomtape.domain.recording_config import VideoConfig
from roomtape.errors import DestinationError
from roomtape.media.probe import probe
from roomtape.media.testreading import shown_per_second
from roomtape.simulate.ownserver import until
from roomtape.simulate.participant import Media

PEOPLE = 4
TIMEOUT_S = 300.0
_SETTINGS = {"ROOMTAPE_PAGE_ALLOW": "127.0.0.1", "ROOMTAPE_CAPTURE_RETENTION_HOURS": "1"}
_RECORDER = "roomtape.browser.process"
_PLAYS_WITHIN_S, _UPLOADED_WITHIN_S = 60.0, 300.0
_MIB = 1 << 20


@dataclass(frozen=True)
class _Browser:
    """What the recorder and its browser took while the page was recorded."""

    cpu_s_per_minute: float
    peak_bytes: int


@dataclass(frozen=True)
class _Rendered:
    """What making the file of a recording took, and the pictures of a participant that it shows."""

    cpu_s_per_minute: float
    peak_bytes: int
    shown_per_second: float


def measure(folder: Path, plan: Plan, say: Say) -> list[Figure]:
    """Record a meeting as Roomtape composes it, then a page that shows it, and make both files once more, alone."""
    (folder / "server").mkdir(parents=True)
    native, paged, browser = asyncio.run(_recorded(folder / "server", plan, say))
    (capture,) = (path for path in (folder / "server" / "capture").iterdir() if path.is_dir())
    found = []
    for name, recording_id in (("composite", native), ("page", paged)):
        say(f"page: the {name} is rendered")
        found.append(_rendered(capture, recording_id, folder / f"{name}.mp4"))
    return _figures(browser, found[1], found[0])


async def _recorded(folder: Path, plan: Plan, say: Say) -> tuple[str, str, _Browser]:
    """Return the ids of both recordings, one made after the other, and what the browser took."""
    tiles = grid(PEOPLE, VideoConfig.width, VideoConfig.height)
    script = sdk_script()
    say(f"page: {PEOPLE} participants join")
    media = [Media(tone_hz=440 + 110 * i, identity=i) for i in range(PEOPLE)]
    async with held(folder, media, _SETTINGS) as meeting:
        say("page: the meeting is recorded as a composite")
        native = await meeting.start()
        await asyncio.sleep(plan.page_s)
        await _finished(meeting, native)
        say("page: a page that shows the meeting is recorded")
        with filmedpage.of_meeting(meeting.access.url, script, "", tiles) as shown:
            paged = await meeting.start(url=shown.address)
            if not await asyncio.to_thread(shown.playing.wait, _PLAYS_WITHIN_S):
                raise DestinationError("the recorded page did not play the meeting; is the machine busy?")
            await asyncio.sleep(SETTLE_S)
            roots = [_recorder(meeting)]
            with memory_samples(roots) as samples:
                meter = CpuMeter(lambda: tree(roots))
                await asyncio.sleep(plan.page_s)
                used = _Browser(60 * meter.percent() / 100, 0)
            await _finished(meeting, paged)
    return native, paged, _Browser(used.cpu_s_per_minute, max(samples))


async def _finished(meeting: Meeting, recording_id: str) -> dict[str, Any]:
    await meeting.stop(recording_id)
    return await until(meeting.api, recording_id, "UPLOADED", _UPLOADED_WITHIN_S)


def _recorder(meeting: Meeting) -> int:
    """Return the process that records the page."""
    for child in psutil.Process(meeting.server_pid).children():
        if _RECORDER in child.cmdline():
            return child.pid
    raise DestinationError(f"no process of {_RECORDER} runs below the server; its log is {meeting.folder}/server.log")


def _rendered(capture: Path, recording_id: str, output: Path) -> _Rendered:
    words = ("render", str(capture), "--recording", recording_id, "-o", str(output))
    took: Usage = run([sys.executable, "-m", "roomtape.cli", *words], TIMEOUT_S)
    minutes = probe(output).end_us / 60e6
    tile = grid(PEOPLE, VideoConfig.width, VideoConfig.height)[0]
    shown = shown_per_second(output, (tile.x, tile.y, tile.width, tile.height))
    return _Rendered(took.cpu_s / minutes, took.peak_bytes, shown)


def _figures(browser: _Browser, paged: _Rendered, native: _Rendered) -> list[Figure]:
    who, beside = f"page showing {PEOPLE} people", "composite"
    cpu = browser.cpu_s_per_minute + paged.cpu_s_per_minute, native.cpu_s_per_minute
    memory = (browser.peak_bytes + paged.peak_bytes) / _MIB, native.peak_bytes / _MIB
    shown = paged.shown_per_second, native.shown_per_second
    return [
        compared("page_cpu", f"{who}: CPU a recorded minute", "s", beside, [cpu]),
        alone("page_browser_cpu", "of it the browser", "s", [browser.cpu_s_per_minute]),
        compared("page_memory", f"{who}: memory at most", "MiB", beside, [memory]),
        compared("page_shown", f"{who}: pictures shown, of 30", "1/s", beside, [shown]),
    ]
