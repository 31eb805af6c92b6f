"""Owns the capture's figure: the CPU of recording everybody, beside the same meeting without a recording."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil

from roomtape.bench.figure import Figure, alone, compared
from roomtape.bench.measure import CpuMeter
from roomtape.bench.meeting import UPLOADED_WITHIN_S, Meeting, held
from roomtape.bench.plan import Plan, Say
from roomtape.errors import DestinationError
from roomtape.simulate.ownserver import until
from roomtape.simulate.participant import Media

SETTLE_S = 4.0
"""After a start or a stop, before measuring: the follower begins two seconds after the start, and loads libraries."""

PARTS = ("janus", "server", "follower")


def measure(folder: Path, plan: Plan, say: Say) -> list[Figure]:
    """Let audio publishers talk, without and with a track recording of all of them, in turns."""
    folder.mkdir(parents=True)
    return asyncio.run(_measure(folder, plan, say))


async def _measure(folder: Path, plan: Plan, say: Say) -> list[Figure]:
    say(f"capture: {plan.publishers} publishers join")
    media = [Media(tone_hz=300 + 110 * i, video_codec=None) for i in range(plan.publishers)]
    off: list[dict[str, float]] = []
    on: list[dict[str, float]] = []
    async with held(folder, media) as meeting:
        for _ in range(plan.capture_rounds):
            off.append(await _used(meeting, plan, say, "without a recording"))
            recording_id = await meeting.start("/track")
            on.append(await _used(meeting, plan, say, "with everybody being recorded"))
            await meeting.stop(recording_id)
            await until(meeting.api, recording_id, "UPLOADED", UPLOADED_WITHIN_S)
    return _figures(off, on, plan.publishers)


async def _used(meeting: Meeting, plan: Plan, say: Say, what: str) -> dict[str, float]:
    say(f"capture: {plan.publishers} publishers {what}")
    await asyncio.sleep(SETTLE_S)
    meters = {name: CpuMeter(pids) for name, pids in parts(meeting.server_pid).items()}
    await asyncio.sleep(plan.capture_s)
    return {name: meter.percent() for name, meter in meters.items()}


def parts(server_pid: int) -> dict[str, list[int]]:
    """Return the processes of a running server by what they are. Raises DestinationError when Janus is not there."""
    children = psutil.Process(server_pid).children(recursive=True)
    janus = [p.pid for p in children if p.name() == "janus"]
    if not janus:
        raise DestinationError("the server has no Janus of its own; unset ROOMTAPE_JANUS_URL to measure")
    return dict(zip(PARTS, (janus, [server_pid], [p.pid for p in children if p.pid not in janus]), strict=True))


def _figures(off: list[dict[str, float]], on: list[dict[str, float]], publishers: int) -> list[Figure]:
    what = f"{publishers} audio publishers, recorded beside not recorded: CPU of "
    figures = [
        compared(f"capture_{name}", what + name, "% of a core", "not recorded", _pairs(off, on, name)) for name in PARTS
    ]
    more = [(sum(b.values()) - sum(a.values())) / publishers for a, b in zip(off, on, strict=True)]
    figures.append(alone("capture_publisher", "recording one audio publisher: CPU of all three", "% of a core", more))
    return figures


def _pairs(off: list[dict[str, float]], on: list[dict[str, float]], name: str) -> list[tuple[float, float]]:
    return [(b[name], a[name]) for a, b in zip(off, on, strict=True)]
