"""The server, its renders and the whole machine crash or stop at bad moments: recordings end UPLOADED and whole."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

import aioice.ice
import pytest

from roomtape.clock import now_us
from tests.support import detect, scene
from tests.support.server import Server, running
from tests.support.wait import until

pytestmark = pytest.mark.timeout(240)  # a server takes long to start on a busy machine

Moment = Callable[[Path, Path], object]
"""Tells by a recording's work folder and its bucket folder whether the moment has come."""

BOTH = (scene.TONES["ann"], scene.TONES["bob"])
BEFORE_S = float(os.environ.get("CRASH_TEST_BEFORE_S", "4"))
AWAY_S = float(os.environ.get("CRASH_TEST_AWAY_S", "3"))
AFTER_S = float(os.environ.get("CRASH_TEST_AFTER_S", "4"))
ALL_MOMENTS = "CRASH_TEST_ALL_MOMENTS" in os.environ
"""Else two of the five: test_finalize_crash.py kills at every step, without a server around it."""


async def test_render_and_server_are_killed_in_mid_recording(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as server:
        meeting = await server.meeting()
        people = await scene.join(server, meeting, "ann", "bob")
        await asyncio.sleep(0.5)
        composed, tracked = await scene.record(server, meeting), await scene.record_tracks(server, meeting)
        render = await scene.render_process(server, composed)
        await asyncio.sleep(BEFORE_S)
        render.kill()
        again = await _another_render(server, composed, render.pid)
        await asyncio.sleep(0.5)
        await server.kill()
        await until(lambda: not scene.processes(server, again), 5)
        await asyncio.sleep(AWAY_S)
        await server.restart()
        await scene.render_process(server, composed)
        await asyncio.sleep(AFTER_S)
        assert [p.connects for p in people] == [1, 1]
        assert all(p.connected for p in people)
        for recording in (composed, tracked):
            await scene.stop(server, recording)
        done, done_tracks = await server.until(composed, "UPLOADED"), await server.until(tracked, "UPLOADED")

        lasts = scene.seconds(done)
        assert lasts > BEFORE_S + AWAY_S + AFTER_S
        await scene.check_whole(await scene.composite(server, done, tmp_path), lasts, BOTH)
        files = await scene.tracks(server, done_tracks, tmp_path)
        assert {user: len(found) for user, found in files.items()} == {"ann": 1, "bob": 1}
        for person in people:
            start_us, file = files[person.name][0]
            assert abs(detect.duration_s(file) - scene.seconds(done_tracks)) < 0.1
            assert detect.hole(file, scene.TONES[person.name]) <= scene.HOLE_S
            await scene.check_beeps(file, person, start_us)
        await scene.leave(people)


async def _another_render(server: Server, recording: str, pid: int) -> str:
    """Return the command line of the render that was started after the one of `pid`."""
    async with asyncio.timeout(5):
        while (process := await scene.render_process(server, recording)).pid == pid:
            await asyncio.sleep(0.05)
    return " ".join(process.cmdline()[-4:])


async def test_server_is_killed_between_stop_and_uploaded(tmp_path: Path) -> None:
    moments: list[Moment] = [
        lambda work, bucket: time.sleep(0.06) is None,  # the last segment is being rendered
        lambda work, bucket: any(bucket.glob("*.mp4")),
    ]
    others: list[Moment] = [
        lambda work, bucket: True,
        lambda work, bucket: any(work.glob("out/*.mp4")),
        lambda work, bucket: bucket.is_dir(),
    ]
    await _killed_at(moments, tmp_path / "a")
    if ALL_MOMENTS:
        await _killed_at(others, tmp_path / "b")


async def _killed_at(moments: list[Moment], folder: Path) -> None:
    async with running(folder / "data", ROOMTAPE_SESSION_KEEP_ALIVE_S="1") as server:
        meeting = await server.meeting()
        people = await scene.join(server, meeting, "ann", "bob")
        await asyncio.sleep(0.5)
        ids = []
        for moment in moments:
            ids.append(await scene.record(server, meeting))
            await asyncio.sleep(2)
            await _stop_and_kill(server, ids[-1], moment)
            await server.restart()
            await server.until(ids[-1], "UPLOADED")
        session = (await scene.raw(server, ids[0]))["session_id"]
        assert [p.connects for p in people] == [1, 1]
        await scene.leave(people)
        for recording in ids:
            done = await server.recording(recording)
            assert done.status == "UPLOADED"
            video = Path(str(done.output_file_name))
            names = {f.name for f in scene.bucket_files(server, recording)}
            assert names == {video.name, video.with_suffix(".json").name}
            await scene.check_whole(await scene.composite(server, done, folder), scene.seconds(done), BOTH)
        await until(lambda: not (server.data_dir / "capture" / session).exists(), 10)
        assert list((server.data_dir / "render").iterdir()) == []


async def _stop_and_kill(server: Server, recording: str, moment: Moment) -> None:
    work = server.data_dir / "render" / recording
    bucket = server.data_dir / "bucket" / server.app_id / recording

    def kill_then() -> None:
        while work.exists() and not moment(work, bucket):
            time.sleep(0.001)
        server.process.kill()

    await scene.stop(server, recording)
    await asyncio.wait_for(asyncio.to_thread(kill_then), 30)
    await server.process.wait()


async def test_clean_stop_and_power_cut_in_mid_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "CONSENT_INTERVAL", 0.5)  # notice in 3 s instead of 30 s that nobody answers
    await scene.together(
        _stop_and_go_on(tmp_path / "soon"), _stop_and_stay_away(tmp_path / "late"), _power_cut(tmp_path / "cut")
    )


async def _stop_and_go_on(folder: Path) -> None:
    async with running(folder / "data") as server:
        meeting = await server.meeting()
        people = await scene.join(server, meeting, "ann", "bob", reconnect=True)
        await asyncio.sleep(0.5)
        composed, tracked = await scene.record(server, meeting), await scene.record_tracks(server, meeting)
        await asyncio.sleep(3)
        down_us = now_us()
        assert await server.stop() < 10
        assert scene.processes(server) == []
        await asyncio.sleep(1)
        await server.restart()
        await until(lambda: all(p.connects == 2 and p.connected for p in people), 20)
        up_us = now_us()
        await asyncio.sleep(3)
        for recording in (composed, tracked):
            await scene.stop(server, recording)
        done, done_tracks = await server.until(composed, "UPLOADED"), await server.until(tracked, "UPLOADED")
        file = await scene.composite(server, done, folder)
        start_us, lasts = scene.us(done.started_time), scene.seconds(done)
        await scene.check_whole(file, lasts, ())
        for tone in BOTH:
            await scene.check_tone(file, tone, 0, (down_us - start_us) / 1e6 - 0.05)
            await scene.check_tone(file, tone, (up_us - start_us) / 1e6 + 0.3, lasts)
            assert len(detect.tone_intervals(file, tone)) == 2
        for person in people:
            await scene.check_beeps(file, person, start_us)
        files = await scene.tracks(server, done_tracks, folder)
        for person in people:
            assert len(files[person.name]) == 2
            for begin_us, track in files[person.name]:
                await scene.check_beeps(track, person, begin_us)
        await scene.leave(people)


async def _stop_and_stay_away(folder: Path) -> None:
    async with running(folder / "data", ROOMTAPE_EMPTY_STOP_S="1") as server:
        meeting = await server.meeting()
        people = await scene.join(server, meeting, "ann")
        await asyncio.sleep(0.5)
        recording = await scene.record(server, meeting)
        await asyncio.sleep(2)
        await server.stop()
        down_us = now_us()
        await scene.leave(people)
        await asyncio.sleep(1.5)
        await server.restart()
        done = await server.until(recording, "UPLOADED")
        assert done.stop_reason.reason == "ALL_PEERS_LEFT"
        assert abs(scene.us(done.stopped_time) - down_us) < 3e6
        file = await scene.composite(server, done, folder)
        await scene.check_whole(file, scene.seconds(done), ())
        await scene.check_tone(file, scene.TONES["ann"], 0, 1.9)


async def _power_cut(folder: Path) -> None:
    """Janus dies with the server: what was on the disk is delivered, at most the last second or so is missing."""
    async with running(folder / "data", ROOMTAPE_EMPTY_STOP_S="2") as server:
        meeting = await server.meeting()
        people = await scene.join(server, meeting, "ann", "bob")
        await asyncio.sleep(0.5)
        composed, tracked = await scene.record(server, meeting), await scene.record_tracks(server, meeting)
        await asyncio.sleep(5)
        cut_us = now_us()
        scene.kill_janus(server)
        await server.kill()
        await asyncio.sleep(1)
        await server.restart()
        done, done_tracks = await server.until(composed, "UPLOADED"), await server.until(tracked, "UPLOADED")
        assert done.stop_reason.reason == "ALL_PEERS_LEFT"
        file = await scene.composite(server, done, folder)
        await scene.check_whole(file, scene.seconds(done), ())
        saved_s = (cut_us - scene.us(done.started_time)) / 1e6 - scene.LOST_S
        files = await scene.tracks(server, done_tracks, folder)
        for person in people:
            tone = scene.TONES[person.name]
            await scene.check_tone(file, tone, 0, saved_s)
            [(_, track)] = files[person.name]
            assert detect.hole(track, tone) <= scene.HOLE_S
            assert detect.duration_s(track) > saved_s
        await scene.leave(people)


async def test_empty_meetings(tmp_path: Path) -> None:
    async with running(tmp_path / "data", ROOMTAPE_EMPTY_STOP_S="2") as server:
        await scene.together(_everybody_leaves(server, tmp_path), _nobody_comes(server, tmp_path))


async def _everybody_leaves(server: Server, folder: Path) -> None:
    meeting = await server.meeting()
    people = await scene.join(server, meeting, "ann", "bob")
    composed, tracked = await scene.record(server, meeting), await scene.record_tracks(server, meeting)
    await asyncio.sleep(2)
    left = {}
    for person in people:
        going_us = now_us()
        await scene.leave([person])
        left[person.name] = (going_us / 1e6, now_us() / 1e6)
        await asyncio.sleep(1 if person is people[0] else 0)
    done, done_tracks = await server.until(composed, "UPLOADED"), await server.until(tracked, "UPLOADED")
    for recording in (done, done_tracks):
        assert (await scene.raw(server, recording.id))["stop_reason"] == {"caller": None, "reason": "ALL_PEERS_LEFT"}
        _between(scene.us(recording.stopped_time) / 1e6 - 2, left["bob"], 0.2)
    file = await scene.composite(server, done, folder)
    await scene.check_whole(file, scene.seconds(done), ())
    assert detect.no_tone(file, scene.TONES["bob"], scene.seconds(done) - 1.8)
    files = await scene.tracks(server, done_tracks, folder)
    gone = {user: found[0][0] / 1e6 + detect.duration_s(found[0][1]) for user, found in files.items()}
    for name, times in left.items():
        _between(gone[name], times, 0.3)


def _between(moment_s: float, times_s: tuple[float, float], slack_s: float) -> None:
    """Leaving takes its time on a busy machine: what follows of it may happen at its beginning, or at its end."""
    assert times_s[0] - slack_s < moment_s < times_s[1] + slack_s


async def _nobody_comes(server: Server, folder: Path) -> None:
    recording = await scene.record(server, await server.meeting())
    done = await server.until(recording, "UPLOADED")
    assert done.stop_reason.reason == "ALL_PEERS_LEFT"
    assert abs(scene.seconds(done) - 2) < 0.3
    file = await scene.composite(server, done, folder)
    await scene.check_whole(file, scene.seconds(done), ())
    assert detect.no_tone(file, 440)
