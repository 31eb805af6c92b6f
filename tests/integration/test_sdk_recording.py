"""Meetings of the official SDK are recorded from within, and what is recorded is who was there and what they showed."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from roomtape.domain.layout import arrange
from tests.support import detect, loudness, scene
from tests.support.sdk import SCREENS, SdkBrowser
from tests.support.sdkmeeting import HOST, IDENTITIES, TONES, SdkMeeting, perceives
from tests.support.server import Server, running

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANN, BOB = IDENTITIES["ann"], IDENTITIES["bob"]
BOBS_SCREEN = SCREENS + BOB


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> Any:
    async with running(tmp_path_factory.mktemp("server") / "data", ROOMTAPE_CAPTURE_RETENTION_HOURS="1") as started:
        yield started


async def test_the_clients_own_recording_holds_everybody_and_a_shared_screen(
    server: Server, browser: SdkBrowser, tmp_path: Path
) -> None:
    async with SdkMeeting(server, browser, await server.meeting()) as meeting:
        ann, bob = await meeting.join("ann", HOST), await meeting.join("bob")
        await perceives(ann, "bob", bob.id)
        await ann.start_recording()
        for who in (ann, bob):
            await who.until("meeting => meeting.recording.recordingState === 'RECORDING'")
        composite = (await ann.me())["recordings"][0]["id"]
        tracks = await server.kit.recordings.start_track_recording(
            server.app_id, **server.ids, meeting_id=meeting.id, layers={"video": {"media_kind": "video"}}
        )
        await server.until(tracks.data.recording.id, "RECORDING", 8)
        marks = {"both": time.time()}
        await asyncio.sleep(1.5)
        await bob.mute()
        marks["muted"] = time.time()
        await asyncio.sleep(1.5)
        marks["unmuting"] = time.time()
        await bob.unmute()
        await bob.share()
        await ann.sees(bob.id, BOBS_SCREEN, "screen")
        marks["shared"] = time.time()
        await asyncio.sleep(1.5)
        marks["unsharing"] = time.time()
        await bob.unshare()
        cat = await meeting.join("cat")
        await cat.until("meeting => meeting.recording.recordingState === 'RECORDING'")
        await ann.stop_recording()  # the SDK stops all recordings that it knows of
        for who in (ann, bob, cat):
            await who.until("meeting => meeting.recording.recordingState === 'IDLE'")
    said = loudness.levels(server.data_dir / "capture" / (await server.recording(composite)).session_id)
    assert all(min(level for _, level in said[name]) < 30 for name in ("ann", "bob"))
    loudness.is_silent(said["bob"], int(marks["muted"] * 1e6) + 900_000, int(marks["unmuting"] * 1e6))
    await _check_composite(server, composite, marks, tmp_path)
    await _check_tracks(server, tracks.data.recording.id, tmp_path)


async def _check_composite(server: Server, recording_id: str, marks: dict[str, float], folder: Path) -> None:
    done = await server.until(recording_id, "UPLOADED", 60)
    video = await server.download(done.download_url, folder / "composite.mp4")
    began = done.started_time.timestamp()
    at = {name: when - began for name, when in marks.items()}
    recorded = (done.stopped_time - done.started_time).total_seconds()
    assert detect.durations(video)["video"] == pytest.approx(recorded, abs=0.2)
    await scene.check_tone(video, TONES["ann"], 0.3, recorded - 0.3)
    await scene.check_tone(video, TONES["bob"], 0.3, at["muted"] - 0.5)
    assert detect.no_tone(video, TONES["bob"], at["muted"] + 0.3, at["unmuting"] - 0.1)
    await scene.check_tone(video, TONES["bob"], at["shared"], at["unsharing"])
    for begin, end, shares, shown in (
        (at["both"], at["muted"], 0, [ANN, BOB]),
        (at["shared"] + 0.3, at["unsharing"] - 0.2, 1, [BOBS_SCREEN, ANN, BOB]),
    ):
        places = arrange("auto", shares, 2, 1280, 720)
        for place, identity in zip([*places.shares, *places.people], shown, strict=True):
            rect = (place.x, place.y, place.width, place.height)
            readings = [r for r in detect.read_counters(video, [rect]) if begin < r.t < end]
            assert {r.identity for r in readings} == {identity}
            assert len({r.counter for r in readings}) > 5, f"{identity} moves"


async def _check_tracks(server: Server, recording_id: str, folder: Path) -> None:
    done = await server.until(recording_id, "UPLOADED", 60)
    (layer,) = done.download_url
    kinds: dict[tuple[str, str], set[int]] = {}
    for name, link in layer["download_urls"].items():
        file = await server.download(link["download_url"], folder / name)
        _, user, _, stream, media, _ = name.split("_")
        assert media == "video"
        kinds.setdefault((user, stream), set()).update(r.identity for r in detect.read_counters(file))
    assert kinds[("custom-ann", "peer")] == {ANN}
    assert kinds[("custom-bob", "peer")] == {BOB}
    assert kinds[("custom-bob", "screenshare")] == {BOBS_SCREEN}
    assert {user for user, stream in kinds if stream == "screenshare"} == {"custom-bob"}


async def test_pause_and_resume_are_seen_by_all_and_a_guest_may_do_nothing(
    server: Server, browser: SdkBrowser, tmp_path: Path
) -> None:
    async with SdkMeeting(server, browser, await server.meeting()) as meeting:
        ann, bob = await meeting.join("ann", HOST), await meeting.join("bob")
        await perceives(ann, "bob", bob.id)
        await ann.start_recording()
        await bob.until("meeting => meeting.recording.recordingState === 'RECORDING'")
        recording = (await bob.me())["recordings"][0]["id"]
        await asyncio.sleep(1)
        await _guest_is_refused(meeting, recording)
        await ann.run("meeting => meeting.recording.pause()")
        for who in (ann, bob):
            await who.until("meeting => meeting.recording.recordingState === 'PAUSED'")
        await asyncio.sleep(1.5)
        await ann.run("meeting => meeting.recording.resume()")
        for who in (ann, bob):
            await who.until("meeting => meeting.recording.recordingState === 'RECORDING'")
        await asyncio.sleep(1)
        await ann.stop_recording()
        await bob.until("meeting => meeting.recording.recordingState === 'IDLE'")
    done = await server.until(recording, "UPLOADED", 60)
    video = await server.download(done.download_url, tmp_path / "paused.mp4")
    recorded = (done.stopped_time - done.started_time).total_seconds()
    assert detect.duration_s(video) < recorded - 1.2, "the pause is not in the file"
    assert detect.tone_present(video, TONES["ann"], 0.3, 1)


async def _guest_is_refused(meeting: SdkMeeting, recording_id: str) -> None:
    headers = {"Authorization": f"Bearer {await meeting.token('bob')}"}
    async with httpx.AsyncClient(base_url=meeting.server.base_url, headers=headers) as bob:
        started = await bob.post("/v2/recordings", json={"meeting_id": meeting.id, "allow_multiple_recordings": True})
        stopped = await bob.put(f"/v2/recordings/{recording_id}", json={"action": "stop"})
    assert (started.status_code, stopped.status_code) == (403, 403)
