"""Chromium pages publish over WHIP with three codecs; what is delivered is decoded and held against what was sent."""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path
from typing import Any

import pytest

from roomtape.domain.layout import grid
from tests.support import detect, loudness
from tests.support.chromium import Publisher, chromium
from tests.support.server import Server, running

CAST = {"ann": (1, 440, "vp8"), "bob": (2, 880, "vp9"), "cat": (3, 1320, "h264")}


async def test_three_browsers_are_recorded_in_both_ways(tmp_path: Path) -> None:
    async with running(tmp_path / "data", ROOMTAPE_CAPTURE_RETENTION_HOURS="1") as server, chromium() as browser:
        meeting = await server.meeting()
        people: dict[str, Publisher] = {}
        for name, (identity, tone, codec) in CAST.items():
            who = await server.participant(meeting, name)
            people[name] = await browser.publish(
                server.base_url, who.token, tone=tone, video=codec, identity=identity, bitrate=400_000
            )
        kit, ids = server.kit.recordings, server.ids
        composite = (await kit.start_recordings(server.app_id, **ids, meeting_id=meeting)).data
        tracks = (await kit.start_track_recording(server.app_id, **ids, meeting_id=meeting)).data.recording
        await server.until(composite.id, "RECORDING", 5)
        await server.until(tracks.id, "RECORDING", 5)
        await asyncio.sleep(5)
        await people["bob"].mute()
        muted_us = time.time_ns() // 1000
        await asyncio.sleep(2)
        await people["bob"].unmute()
        await asyncio.sleep(3)
        for recording in (composite.id, tracks.id):
            await kit.pause_resume_stop_recording(recording, **ids, app_id=server.app_id, action="stop")
        done = await server.until(composite.id, "UPLOADED", 60)
        tracked = await server.until(tracks.id, "UPLOADED", 60)
        for person in people.values():
            assert await person.never_reconnected()
        beeps = {name: [us / 1e6 for us in await person.beeps()] for name, person in people.items()}
        for person in people.values():
            await person.stop()
        said = loudness.levels(server.data_dir / "capture" / done.session_id)
        for name in ("ann", "cat"):
            loudness.rises_with_beeps(said[name], [round(beep * 1e6) for beep in beeps[name]])
        loudness.is_silent(said["bob"], muted_us + 400_000, muted_us + 1_900_000)
        await _check_tracks(server, tracked, beeps, tmp_path)
        await _check_composite(server, done, tmp_path)


async def _check_tracks(server: Server, tracked: Any, beeps: dict[str, list[float]], folder: Path) -> None:
    (layer,) = tracked.download_url
    assert len(layer["download_urls"]) == 3
    for name, link in layer["download_urls"].items():
        file = await server.download(link["download_url"], folder / name)
        who = name.split("_")[1].removeprefix("custom-")
        for other, (_, tone, _) in CAST.items():
            assert bool(detect.tone_intervals(file, tone)) == (other == who), f"{other} in the file of {who}"
        begins = int(name.removesuffix(".webm").rsplit("_", 1)[1]) / 1000
        offsets = [begins + t - min(beeps[who], key=lambda b: abs(b - begins - t)) for t in detect.beep_times(file)]
        # What the browser needs from its audio graph to the wire is in here too, and is much the same all the time.
        assert len(offsets) >= 6
        middle = statistics.median(offsets)
        assert -0.05 < middle < 0.25, f"{who}: {offsets}"
        assert all(abs(o - middle) < 0.06 for o in offsets), f"{who}: {offsets}"
        expected = 2.0 if who == "bob" else 0.0
        assert detect.hole(file, CAST[who][1]) == pytest.approx(expected, abs=0.25), who


async def _check_composite(server: Server, done: Any, folder: Path) -> None:
    video = await server.download(done.download_url, folder / "composite.mp4")
    recorded = (done.stopped_time - done.started_time).total_seconds()
    assert detect.durations(video)["video"] == pytest.approx(recorded, abs=0.1)
    assert detect.durations(video)["audio"] == pytest.approx(recorded, abs=0.1)
    for _, tone, _ in CAST.values():
        assert detect.tone_intervals(video, tone)
    for place, (identity, _, codec) in zip(grid(3, 1280, 720), CAST.values(), strict=True):
        rect = (place.x, place.y, place.width, place.height)
        readings = [r for r in detect.read_counters(video, [rect]) if r.t > 3]
        assert {r.identity for r in readings} == {identity}, codec
        # The machine encodes three videos for the browser: how many frames it makes is its own affair, not their order.
        counters = [r.counter for r in readings]
        assert len(set(counters)) > 3 * (recorded - 3), codec
        assert counters == sorted(counters), f"{codec}: the picture never runs backwards"
