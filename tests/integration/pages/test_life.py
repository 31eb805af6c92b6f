"""A page's recording on a real server: nobody in the meeting notices, it pauses, and goes on after a restart."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support import detect, scene
from tests.support.pagerecording import record_page
from tests.support.pagesite import Site
from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

TONE = 520
KEPT_S = 1.5
SEAM_S = 0.2
"""For the end of a last picture, on either side of the pause."""


async def test_a_recorder_is_nobody_and_the_recording_goes_on_after_pause_and_restart(
    server: Server, site: Site, tmp_path: Path
) -> None:
    meeting = await server.meeting()
    recording = await record_page(server, site.show(identity=5, tone=TONE), meeting)
    await _nobody_is_in(server, meeting, recording.session_id)

    await asyncio.sleep(KEPT_S)
    pausing = time.monotonic()
    await _act(server, recording.id, "pause")
    paused = time.monotonic()
    await asyncio.sleep(KEPT_S)
    resuming = time.monotonic()
    await _act(server, recording.id, "resume")
    resumed = time.monotonic()
    await asyncio.sleep(KEPT_S)

    recorder = recording.recorder()
    assert await server.stop() < 10
    assert not recorder.is_running(), "a clean stop ends the recorder"
    await server.restart()
    async with asyncio.timeout(60):
        while not any(e["t"] > recording.events("server_recovered")[-1]["t"] for e in recording.events("take_started")):
            await asyncio.sleep(0.1)
    await asyncio.sleep(KEPT_S)
    await recording.stop()
    file = await recording.file(tmp_path)

    readings = detect.read_counters(file)
    assert {r.identity for r in readings} == {5}
    published = recording.events("track_published")
    assert len(published) == 4, "sound and picture, before the restart and after it"
    assert all(event["capture_time_id"] for event in published), "what a browser loses shows in its capture times alone"
    manifest = await recording.manifest()
    assert [len(manifest["intervals"]), len(manifest["server_down"])] == [2, 1]
    seam, last = manifest["intervals"][1]["from_ms"] / 1000, detect.duration_s(file)
    sounds = detect.tone_intervals(file, TONE)
    for begin, end in ((0.0, seam), (seam, seam + KEPT_S), (last - KEPT_S, last)):
        assert any(a < end and b > begin for a, b in sounds), "before the pause, after it, and after the restart"
    lasted = (recording.done.stopped_time - recording.done.started_time).total_seconds()
    left_out = lasted - detect.duration_s(file)
    assert resuming - paused - SEAM_S < left_out < resumed - pausing + SEAM_S
    await _nothing_is_left(server, meeting, recording.id)


async def test_errors_come_at_once_or_in_a_sentence(server: Server, site: Site) -> None:
    meeting = await server.meeting()
    for url, status in (("http://10.0.0.1/", 422), ("file:///etc/passwd", 422), ("http://no-such-host.invalid/", 422)):
        answer = await server.http.post(f"{server.prefix}/recordings", json={"meeting_id": meeting, "url": url})
        assert answer.status_code == status, answer.text
        assert "url" in answer.json()["errors"][0]["message"]
    body = {"meeting_id": meeting, "url": f"http://{site.host}/none.html?key=secret"}
    answer = await server.http.post(f"{server.prefix}/recordings", json=body)
    assert answer.status_code == 201, answer.text
    found = answer.json()["data"]
    assert found["status"] == "INVOKED"
    assert "secret" not in answer.text
    async with asyncio.timeout(60):
        while (now := await _recording(server, found["id"]))["status"] == "INVOKED":
            await asyncio.sleep(0.1)
    assert now["status"] == "ERRORED"
    assert "404" in now["error"]
    assert "secret" not in json.dumps(now)
    await _nothing_is_left(server, meeting, found["id"])


async def _recording(server: Server, recording_id: str) -> dict[str, Any]:
    return dict((await server.http.get(f"{server.prefix}/recordings/{recording_id}")).json()["data"])


async def _act(server: Server, recording_id: str, action: str) -> None:
    answer = await server.http.put(f"{server.prefix}/recordings/{recording_id}", json={"action": action})
    assert answer.status_code == 200, answer.text


async def _nobody_is_in(server: Server, meeting: str, session_id: str) -> None:
    get = server.http.get
    session = (await get(f"{server.prefix}/meetings/{meeting}/active-session")).json()["data"]
    assert (session["live_participants"], session["max_concurrent_participants"]) == (0, 0)
    assert session["minutes_consumed"] == 0
    for url in (f"meetings/{meeting}/participants", f"sessions/{session_id}/participants"):
        data = (await get(f"{server.prefix}/{url}")).json()["data"]
        assert not (data["participants"] if isinstance(data, dict) else data), url
    assert scene.events(server, session_id)


async def _nothing_is_left(server: Server, meeting: str, recording_id: str) -> None:
    folder = server.data_dir / "pages" / recording_id
    async with asyncio.timeout(20):
        while folder.exists():
            await asyncio.sleep(0.1)
    assert scene.processes(server, str(folder)) == []
    session = (await server.http.get(f"{server.prefix}/meetings/{meeting}/active-session")).json()["data"]
    assert session["live_participants"] == 0
