"""Both ways of recording, end to end: official SDK, real WebRTC, real Janus, files checked by decoding them."""

from __future__ import annotations

import asyncio
import os
import statistics
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from roomtape.api.manifest_body import Manifest
from roomtape.domain.layout import grid
from roomtape.simulate.participant import Media, SimulatedParticipant
from tests.support import detect, scene
from tests.support.server import Server, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

STARTS = int(os.environ.get("START_TEST_STARTS", "5"))
TONES = {"ann": 440, "bob": 880, "cat": 1320}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> Any:
    async with running(tmp_path_factory.mktemp("server") / "data") as started:
        yield started


async def simulated(server: Server, meeting: str, name: str, identity: int, **media: Any) -> SimulatedParticipant:
    who = await server.participant(meeting, name)
    return SimulatedParticipant(
        server.base_url,
        who.token,
        Media(tone_hz=TONES[name], identity=identity, **media),
        name=name,
        local_addresses=("127.0.0.2",),
    )


async def act(server: Server, recording_id: str, action: str) -> Any:
    answer = await server.kit.recordings.pause_resume_stop_recording(
        recording_id, **server.ids, app_id=server.app_id, action=action
    )
    return answer.data


def start_of(name: str) -> float:
    """Wall time in s at which a track file's clock reads zero: the last part of its name."""
    return int(name.removesuffix(".webm").rsplit("_", 1)[1]) / 1000


async def fetch_tracks(server: Server, recording: Any, folder: Path) -> dict[str, Path]:
    """Download every file of a track recording's default layer; keyed by the name of the participant."""
    (layer,) = recording.download_url
    found = {}
    for name, link in layer["download_urls"].items():
        found[name.split("_")[1].removeprefix("custom-")] = await server.download(link["download_url"], folder / name)
    return found


async def test_composite_and_tracks_of_three_with_a_late_joiner_and_a_silent_network(
    server: Server, tmp_path: Path
) -> None:
    meeting = await server.meeting()
    ann, bob, cat = [await simulated(server, meeting, name, n) for n, name in enumerate(TONES, start=1)]
    await ann.join()
    await bob.join()
    kit, ids = server.kit.recordings, server.ids
    composite = (await kit.start_recordings(server.app_id, **ids, meeting_id=meeting)).data
    tracks = (await kit.start_track_recording(server.app_id, **ids, meeting_id=meeting)).data.recording
    assert composite.status == "INVOKED"
    await server.until(composite.id, "RECORDING", 5)
    await server.until(tracks.id, "RECORDING", 5)
    active = (await kit.get_active_recordings(meeting, **ids, app_id=server.app_id)).data
    assert active.id in (composite.id, tracks.id)
    await asyncio.sleep(3.5)
    await cat.join()
    await asyncio.sleep(1.5)
    bob.network_silence(2)
    await asyncio.sleep(6.5)
    for recording in (composite.id, tracks.id):
        assert (await act(server, recording, "stop")).status == "UPLOADING"
    done = await server.until(composite.id, "UPLOADED", 60)
    tracked = await server.until(tracks.id, "UPLOADED", 60)
    for person in (ann, bob, cat):
        assert person.connects == 1
        await person.leave()
    joined = cat.started_us / 1e6 - done.started_time.timestamp()
    await _check_composite(server, done, joined, tmp_path)
    await _check_tracks(server, tracked, {"ann": ann, "bob": bob, "cat": cat}, tmp_path)
    await _check_manifests(server, done, tracked, joined)


async def _check_manifests(server: Server, done: Any, tracked: Any, joined: float) -> None:
    for recording in (done, tracked):
        answer = await server.http.get(f"{server.prefix}/recordings/{recording.id}/manifest")
        assert answer.status_code == 200, answer.text
        told = Manifest.model_validate(answer.json()["data"])
        assert told.recording_id == recording.id
        assert abs(told.duration_ms / 1000 - recording.recording_duration) < 1
        assert sum(file.size for file in told.files) == recording.file_size
        presence = {p.name: p.presence[0].from_ms / 1000 for p in told.participants}
        assert presence == pytest.approx({"ann": 0, "bob": 0, "cat": joined}, abs=0.5)
        bob = next(p.peer_id for p in told.participants if p.name == "bob")
        sound = next(t for t in told.tracks if t.peer_id == bob and t.kind == "audio")
        (gap,) = [g for g in sound.gaps if g.to_ms - g.from_ms > 1000]
        assert (gap.cause, 90 < gap.lost_packets < 110) == ("network", True)
        assert all(t.sync.p95_ms is not None and t.sync.p95_ms < 40 for t in told.tracks)
        assert [len(change.shown) for change in told.layout] == ([2, 3] if recording is done else [])
        assert all(abs(c.at_ms / 1000 - s) < 0.5 for c, s in zip(told.layout, (0, joined), strict=False))


async def _check_composite(server: Server, done: Any, joined: float, folder: Path) -> None:
    video = await server.download(done.download_url, folder / "composite.mp4")
    recorded = (done.stopped_time - done.started_time).total_seconds()
    assert detect.durations(video)["video"] == pytest.approx(recorded, abs=0.1)
    assert detect.durations(video)["audio"] == pytest.approx(recorded, abs=0.1)
    assert detect.tone_present(video, TONES["ann"], 0.2, recorded - 0.2)
    assert detect.hole(video, TONES["bob"]) == pytest.approx(2, abs=0.15)
    assert detect.no_tone(video, TONES["cat"], 0, joined)
    assert detect.tone_present(video, TONES["cat"], joined + 0.3, recorded - 0.2)
    for tiles, until, names in ((2, 3.3, ("ann", "bob")), (3, recorded, ("ann", "bob", "cat"))):
        for identity, (place, name) in enumerate(zip(grid(tiles, 1280, 720), names, strict=True), start=1):
            rect = (place.x, place.y, place.width, place.height)
            readings = [r for r in detect.read_counters(video, [rect]) if until - 1.1 < r.t < until - 0.1]
            assert {r.identity for r in readings} == {identity}, name
            counters = [r.counter for r in readings]
            assert len(set(counters)) >= 27, f"{name} moves"


async def _check_tracks(server: Server, tracked: Any, people: dict[str, SimulatedParticipant], folder: Path) -> None:
    files = await fetch_tracks(server, tracked, folder)
    assert set(files) == set(TONES)
    for name, file in files.items():
        for other, tone in TONES.items():
            assert other == name or detect.no_tone(file, tone), f"{other} is heard in the file of {name}"
        begins = start_of(file.name)
        heard = [begins + t for t in detect.beep_times(file)]
        sent = [us / 1e6 for us in people[name].beeps]
        assert heard, name
        errors = sorted(min(abs(sent_at - beep) for sent_at in sent) for beep in heard)
        assert statistics.median(errors) < 0.04, f"the beeps of {name} lie at the wrong times"
        assert errors[-1] < 0.15, f"a beep of {name} lies at the wrong time"
    assert detect.hole(files["bob"], TONES["bob"]) == pytest.approx(2, abs=0.1)
    assert detect.hole(files["ann"], TONES["ann"]) < 0.04
    assert start_of(files["cat"].name) == pytest.approx(people["cat"].started_us / 1e6, abs=0.3)


async def test_nobody_elses_packets_reach_the_disk(server: Server, tmp_path: Path) -> None:
    meeting = await server.meeting()
    people = {name: await simulated(server, meeting, name, n) for n, name in enumerate(TONES, start=1)}
    await people["ann"].join()
    await people["bob"].join()
    started = await server.kit.recordings.start_track_recording(
        server.app_id, **server.ids, meeting_id=meeting, user_ids=["custom-bob"]
    )
    recording = await server.until(started.data.recording.id, "RECORDING", 5)
    await people["cat"].join()
    await asyncio.sleep(2)
    peers = await server.kit.sessions.get_session_participants(recording.session_id, **server.ids, app_id=server.app_id)
    assert len(peers.data.participants) == 3
    capture = server.data_dir / "capture" / recording.session_id
    captured = {path.name for path in capture.glob("*.mjr")}
    await act(server, recording.id, "stop")
    bobs = await fetch_tracks(server, await server.until(recording.id, "UPLOADED", 30), tmp_path)
    for person in people.values():
        await person.leave()
    assert len(captured) == 2, "one take of one peer: audio and video"
    assert len({name.rsplit("-", 2)[0] for name in captured}) == 1
    assert set(bobs) == {"bob"}
    assert detect.tone_present(bobs["bob"], TONES["bob"], 0.1, 1.5)
    assert detect.no_tone(bobs["bob"], TONES["ann"])


async def test_pause_writes_nothing_and_the_output_goes_on_seamlessly(server: Server, tmp_path: Path) -> None:
    meeting = await server.meeting()
    ann = await simulated(server, meeting, "ann", 1)
    await ann.join()
    started = await server.kit.recordings.start_recordings(server.app_id, **server.ids, meeting_id=meeting)
    recording = await server.until(started.data.id, "RECORDING", 5)
    capture = server.data_dir / "capture" / recording.session_id
    await asyncio.sleep(2)
    assert (await act(server, recording.id, "pause")).status == "PAUSED"
    before = {path.name: path.stat().st_size for path in capture.glob("*.mjr")}
    await asyncio.sleep(2)
    assert {path.name: path.stat().st_size for path in capture.glob("*.mjr")} == before
    assert (await act(server, recording.id, "resume")).status == "RECORDING"
    await asyncio.sleep(2)
    at = {event["e"]: event["t"] for event in scene.events(server, recording.session_id)}
    paused = (at["recording_resumed"] - at["recording_paused"]) / 1e6
    await act(server, recording.id, "stop")
    done = await server.until(recording.id, "UPLOADED", 30)
    await ann.leave()
    video = await server.download(done.download_url, tmp_path / "paused.mp4")
    total = (done.stopped_time - done.started_time).total_seconds()
    assert detect.durations(video)["video"] == pytest.approx(total - paused, abs=0.1)
    assert detect.durations(video)["audio"] == pytest.approx(detect.durations(video)["video"], abs=0.05)
    assert detect.hole(video, TONES["ann"]) < 0.2, "what is cut out leaves no silence behind"
    counters = [r.counter for r in detect.read_counters(video)]
    jumps = [b - a for a, b in pairwise(counters) if b - a > 15 * paused]
    assert len(jumps) == 1, "two seconds are missing at one place"
    # The simulated sender has a keyframe each second, and nothing can be shown before the next one.
    assert jumps[0] <= 30 * paused + 50


async def test_starts_in_a_row(server: Server) -> None:
    meeting = await server.meeting()
    ann = await simulated(server, meeting, "ann", 1)
    await ann.join()
    took, ids = [], []
    for _ in range(STARTS):
        started = await server.kit.recordings.start_recordings(server.app_id, **server.ids, meeting_id=meeting)
        running_now = await server.until(started.data.id, "RECORDING", 5)
        took.append((running_now.started_time - running_now.invoked_time).total_seconds() * 1000)
        await act(server, started.data.id, "stop")
        ids.append(started.data.id)
    await ann.leave()
    for recording_id in ids:
        done = await server.until(recording_id, "UPLOADED", 60)
        assert done.download_url, "a recording of a moment is a recording"
    took.sort()
    late = took[STARTS * 95 // 100 - 1]
    print(f"INVOKED to RECORDING: median {statistics.median(took):.0f} ms, 95th percentile {late:.0f} ms")
    assert statistics.median(took) < (200 if scene.STRICT else 2000)


async def test_a_browser_plays_from_the_link(server: Server) -> None:
    listed = await server.kit.recordings.get_recordings(server.app_id, **server.ids, status=["UPLOADED"])
    link = next(r.download_url for r in listed.data if isinstance(r.download_url, str))
    async with httpx.AsyncClient() as anybody:
        part = await anybody.get(link, headers={"Range": "bytes=0-31"})
        assert part.status_code == 206
        assert part.headers["content-type"] == "video/mp4"
        assert part.content[4:8] == b"ftyp"
        for forged in (
            link[:-1] + ("0" if link[-1] != "0" else "1"),
            link.split("?")[0],
            link.replace("expires=1", "expires=2"),
        ):
            assert (await anybody.get(forged)).status_code == 403
