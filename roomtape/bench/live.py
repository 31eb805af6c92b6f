"""Owns how many composites can be rendered while they are recorded, and that beyond that number nothing is lost."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from roomtape.bench.figure import Figure, alone
from roomtape.bench.meeting import Meeting, held
from roomtape.bench.plan import Plan, Say
from roomtape.errors import DestinationError
from roomtape.recordings import work
from roomtape.render.job import PROGRESS
from roomtape.render.segments import SECONDS
from roomtape.simulate.ownserver import call, until
from roomtape.simulate.participant import Media

PEOPLE = 4
BEHIND_MS = SECONDS * 1000
"""A render that lags by a whole segment more than the first one did, when it was alone, has fallen behind."""
_SLOTS = "ROOMTAPE_RENDER_PROCESSES"
_UPLOADED_WITHIN_S = 300.0
_TOLERANCE_MS = 200


def measure(folder: Path, plan: Plan, say: Say) -> list[Figure]:
    """Start one recording more every few seconds until the renders fall behind; then stop all and look at them."""
    folder.mkdir(parents=True)
    return asyncio.run(_measure(folder, plan, say))


async def _measure(folder: Path, plan: Plan, say: Say) -> list[Figure]:
    say(f"live: {PEOPLE} participants join")
    media = [Media(tone_hz=440 + 110 * i, identity=i) for i in range(PEOPLE)]
    running: list[str] = []
    kept, first_ms = 0, 0
    async with held(folder, media, {_SLOTS: str(plan.most_live)}) as meeting:
        while len(running) < plan.most_live:
            say(f"live: {len(running) + 1} recordings at once")
            running.append(await meeting.start(allow_multiple_recordings=True))
            await asyncio.sleep(plan.live_s)
            lags = [await _lag_ms(meeting, recording_id) for recording_id in running]
            first_ms = first_ms or lags[0]
            if max(lags[:-1], default=0) > first_ms + BEHIND_MS or lags[-1] > first_ms + 2 * BEHIND_MS:
                break
            kept = len(running)
        say(f"live: {len(running)} recordings are stopped and rendered to their end")
        begin = time.monotonic()
        for recording_id in running:
            await meeting.stop(recording_id)
        done = [await until(meeting.api, recording_id, "UPLOADED", _UPLOADED_WITHIN_S) for recording_id in running]
        behind_s = time.monotonic() - begin
        lost = [await _lost(meeting, recording) for recording in done]
    most = " (no more tried)" if kept == plan.most_live else ""
    return [
        alone("live_kept", f"composites of {PEOPLE} people live at once{most}", "", [kept]),
        alone("live_lag", "one of them alone: behind the clock", "ms", [first_ms]),
        alone("live_beyond", "recordings when all were stopped", "", [len(running)]),
        alone("live_lost", "packets lost of those", "", [sum(lost)]),
        alone("live_stop", "all stopped to all UPLOADED", "s", [behind_s]),
    ]


async def _lag_ms(meeting: Meeting, recording_id: str) -> int:
    """Return by how much the render is behind the clock."""
    found = await call(meeting.api, "GET", f"/recordings/{recording_id}")
    recorded_ms = round(1000 * (time.time() - datetime.fromisoformat(found["started_time"]).timestamp()))
    path = work.folder(meeting.folder, recording_id) / PROGRESS
    try:
        rendered_ms = json.loads(path.read_bytes())["rendered_ms"]
    except FileNotFoundError:  # it has not begun
        rendered_ms = 0
    return recorded_ms - int(rendered_ms)


async def _lost(meeting: Meeting, recording: dict[str, Any]) -> int:
    """Return how many packets a recording lacks. Raises DestinationError unless it is as long as it was recorded."""
    started, stopped = (datetime.fromisoformat(recording[name]) for name in ("started_time", "stopped_time"))
    manifest = await call(meeting.api, "GET", f"/recordings/{recording['id']}/manifest")
    wanted_ms = (stopped - started).total_seconds() * 1000
    files = [file for file in manifest["files"] if file["role"] == "composite"]
    if not files or abs(files[0]["duration_ms"] - wanted_ms) > _TOLERANCE_MS:
        raise DestinationError(f"recording {recording['id']} of {wanted_ms:.0f} ms was not delivered whole: {files}")
    return sum(int(track["captured"]["lost_packets"]) for track in manifest["tracks"])
