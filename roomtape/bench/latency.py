"""Owns the latencies: how long a start takes until packets are written, and a stop until the file can be fetched."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from pathlib import Path

from roomtape.bench.figure import Figure, alone, percentile
from roomtape.bench.meeting import UPLOADED_WITHIN_S, Meeting, held
from roomtape.bench.plan import Plan, Say
from roomtape.simulate.ownserver import until
from roomtape.simulate.participant import Media

PEOPLE = 3
_POLL_S = 0.02


def measure(folder: Path, plan: Plan, say: Say) -> list[Figure]:
    """Start and stop composites of three participants with sound and picture."""
    folder.mkdir(parents=True)
    return asyncio.run(_measure(folder, plan, say))


async def _measure(folder: Path, plan: Plan, say: Say) -> list[Figure]:
    say("latency: three participants join")
    async with held(folder, [Media(tone_hz=440 + 110 * i, identity=i) for i in range(PEOPLE)]) as meeting:
        starts = []
        for number in range(plan.starts):
            say(f"latency: start {number + 1} of {plan.starts}")
            starts.append(await _start_ms(meeting))
        stops = []
        for number in range(plan.stops):
            say(f"latency: stop {number + 1} of {plan.stops}, after {plan.short_s:.0f} s")
            stops.append(await _stop_ms(meeting, plan.short_s))
    stop = f"stop to UPLOADED: composite of {plan.short_s:.0f} s, {PEOPLE} people"
    return [
        alone("start_latency", "INVOKED to RECORDING", "ms", starts),
        alone("start_latency_p95", f"95th percentile of those {len(starts)}", "ms", [percentile(starts, 95)]),
        alone("stop_latency", stop, "ms", stops),
    ]


async def _start_ms(meeting: Meeting) -> float:
    """Start a recording and end it; return what lay between its two states, by the server's own times."""
    recording_id = await meeting.start()
    await meeting.stop(recording_id)
    # One after the other: a start while the one before is still being rendered would be measured on a busy machine.
    done = await until(meeting.api, recording_id, "UPLOADED", UPLOADED_WITHIN_S, _POLL_S)
    invoked, started = (datetime.fromisoformat(done[name]) for name in ("invoked_time", "started_time"))
    return (started - invoked).total_seconds() * 1000


async def _stop_ms(meeting: Meeting, seconds: float) -> float:
    """Record for `seconds`; return how long after the request to stop the recording is seen to be UPLOADED."""
    recording_id = await meeting.start()
    await asyncio.sleep(seconds)
    begin = time.monotonic()
    await meeting.stop(recording_id)
    await until(meeting.api, recording_id, "UPLOADED", UPLOADED_WITHIN_S, _POLL_S)
    return (time.monotonic() - begin) * 1000
