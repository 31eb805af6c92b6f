"""Both ways of recording, end to end: official SDK, real WebRTC, real Janus, files checked by decoding them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from roomtape.domain.layout import grid
from roomtape.simulate.participant import Media, SimulatedParticipant
from tests.support import detect
from tests.support.server import Server, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

TONES = {"ann": 440, "bob": 880, "cat": 1320}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> Any:
    async with running(tmp_path_factory.mktemp("server") / "data") as started:
        yield started


async def sim(server: Server, meeting: str, name: str, identity: int, **media: Any) -> SimulatedParticipant:
    who = await server.participant(meeting, name)
    return SimulatedParticipant(
        server.base_url,
        who.token,
        Media(tone_hz=TONES[name], identity=identity, **media),
        name=name,
        local_addresses=("127.0.0.2",),
    )


async def test_composite_and_tracks(server: Server, tmp_path: Path) -> None:
    meeting = await server.meeting()
    people = [await sim(server, meeting, name, n) for n, name in enumerate(TONES, start=1)]
    for person in people:
        await person.join()
    await asyncio.sleep(1)
    kit, ids = server.kit.recordings, server.ids
    composite = (await kit.start_recordings(server.app_id, **ids, meeting_id=meeting)).data
    tracks = (await kit.start_track_recording(server.app_id, **ids, meeting_id=meeting)).data.recording
    assert composite.status == "INVOKED"
    await server.until(composite.id, "RECORDING", 5)
    await asyncio.sleep(2)
    people[2].network_silence(2)
    await asyncio.sleep(6)
    for recording in (composite.id, tracks.id):
        await kit.pause_resume_stop_recording(recording, **ids, app_id=server.app_id, action="stop")
    done = await server.until(composite.id, "UPLOADED", 60)
    tracked = await server.until(tracks.id, "UPLOADED", 60)
    for person in people:
        await person.leave()

    video = await server.download(done.download_url, tmp_path / "composite.mp4")
    recorded = (done.stopped_time - done.started_time).total_seconds()
    assert detect.durations(video)["video"] == pytest.approx(recorded, abs=0.1)
    assert detect.durations(video)["audio"] == pytest.approx(recorded, abs=0.1)
    for tone in TONES.values():
        assert detect.tone_present(video, tone, 0.5, 1.5)
    for place, (name, identity) in zip(grid(3, 1280, 720), (("ann", 1), ("bob", 2), ("cat", 3)), strict=True):
        readings = detect.read_counters(video, [(place.x, place.y, place.width, place.height)])
        assert {r.identity for r in readings} == {identity}, name
        assert len(readings) > 25 * recorded * (0.6 if name == "cat" else 0.9)
    print(done, tracked)
