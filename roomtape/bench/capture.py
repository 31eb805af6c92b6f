"""Owns the capture's figure: the CPU of recording everybody, beside the same meeting without a recording."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import psutil

from roomtape.bench.figure import Figure, alone, compared
from roomtape.bench.measure import CpuMeter
from roomtape.bench.meeting import UPLOADED_WITHIN_S, Meeting, held
from roomtape.bench.plan import Plan, Say
from roomtape.errors import DestinationError
from roomtape.simulate.ownserver import until
from roomtape.simulate.participant import Media

SETTLE_S = 3.0
"""After a start or a stop, before measuring: what these cost happens once."""

PARTS = ("janus", "server")
"""What is measured: Janus, and the server's process. A track recording needs no other while it runs."""
_PERCENT = "% core"


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
    meters = {name: CpuMeter(partial(part, name, meeting.server_pid)) for name in PARTS}
    await asyncio.sleep(plan.capture_s)
    return {name: meter.percent() for name, meter in meters.items()}


def part(name: str, server_pid: int) -> list[int]:
    """Return the processes of one of PARTS. Raises DestinationError when the server has no Janus of its own."""
    if name == "server":
        return [server_pid]
    children = psutil.Process(server_pid).children(recursive=True)
    janus = [p.pid for p in children if p.name() == "janus"]
    if not janus:
        raise DestinationError("the server has no Janus of its own; unset ROOMTAPE_JANUS_URL to measure")
    return janus


def _figures(off: list[dict[str, float]], on: list[dict[str, float]], publishers: int) -> list[Figure]:
    figures = [
        compared(
            f"capture_{name}", f"{publishers} audio publishers recorded: CPU of {name}", _PERCENT, "unrecorded",
            [(b[name], a[name]) for a, b in zip(off, on, strict=True)],
        )
        for name in PARTS
    ]  # fmt: skip
    more = [(sum(b.values()) - sum(a.values())) / publishers for a, b in zip(off, on, strict=True)]
    return [*figures, alone("capture_publisher", "to record one audio publisher more: CPU", _PERCENT, more)]
