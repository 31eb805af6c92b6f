"""Janus is killed in mid-recording: it is started again, everybody comes back, and the recording goes on."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aioice.ice
import httpx
import psutil
import pytest

from roomtape.clock import now_us
from tests.support import detect, scene
from tests.support.server import Server, running
from tests.support.wait import until


async def test_janus_is_killed_in_mid_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "CONSENT_INTERVAL", 0.3)  # notice in 2 s instead of 30 s that nobody answers
    async with running(tmp_path / "data") as server:
        meeting = await server.meeting()
        people = await scene.join(server, meeting, "ann", "bob", reconnect=True)
        await asyncio.sleep(0.5)
        composed, tracked = await scene.record(server, meeting), await scene.record_tracks(server, meeting)
        assert (await _health(server))["status"] == "ok"
        await asyncio.sleep(4)
        killed_us = now_us()
        killed = scene.kill_janus(server)
        healths = await _healths_until_ok(server)
        assert "away" in healths[0]["janus"], healths
        assert healths[0]["status"] == "unready"
        assert scene.janus_pid(server) != killed
        assert psutil.pid_exists(scene.janus_pid(server))
        session = (await scene.raw(server, composed))["session_id"]
        left = [e for e in scene.events(server, session) if e["e"] == "peer_left"]
        assert [e["reason"] for e in left] == ["sfu_lost"] * 2
        assert all(0 <= e["t"] - killed_us < 1e6 for e in left)
        told = await server.kit.sessions.get_session_details(session, **server.ids, app_id=server.app_id)
        assert (told.data.status, told.data.live_participants) == ("LIVE", 0)
        await until(lambda: all(p.connects == 2 and p.connected for p in people), 20)
        back_us = now_us()
        await asyncio.sleep(3)
        assert (await scene.raw(server, composed))["session_id"] == session
        for recording in (composed, tracked):
            await scene.stop(server, recording)
        done, done_tracks = await server.until(composed, "UPLOADED"), await server.until(tracked, "UPLOADED")
        assert (await scene.raw(server, tracked))["session_id"] == session

        start_us, lasts = scene.us(done.started_time), scene.seconds(done)
        file = await scene.composite(server, done, tmp_path)
        files = await scene.tracks(server, done_tracks, tmp_path)
        await scene.check_whole(file, lasts, ())
        for person in people:
            tone = scene.TONES[person.name]
            # Janus holds up to 4 KiB of each file in memory: about a second of this tone.
            await scene.check_tone(file, tone, 0, (killed_us - start_us) / 1e6 - scene.LOST_S)
            await scene.check_tone(file, tone, (back_us - start_us) / 1e6 + 0.3, lasts)
            quiet_s = (killed_us - start_us) / 1e6 + 0.2
            assert detect.no_tone(file, tone, quiet_s, quiet_s + 0.8)
            await scene.check_beeps(file, person, start_us)
            assert len(files[person.name]) == 2
            for begin_us, track in files[person.name]:
                await scene.check_beeps(track, person, begin_us)
        await scene.leave(people)


async def _health(server: Server) -> dict[str, Any]:
    async with httpx.AsyncClient() as client:
        answer: dict[str, Any] = (await client.get(f"{server.base_url}/healthz")).json()
        return answer


async def _healths_until_ok(server: Server) -> list[dict[str, Any]]:
    """Return what the server said of itself from the first time that it was not well until it was well again."""
    said: list[dict[str, Any]] = []
    async with asyncio.timeout(15), httpx.AsyncClient() as client:
        while not said or said[-1]["status"] != "ok":
            answer = (await client.get(f"{server.base_url}/healthz")).json()
            if said or answer["status"] != "ok":
                said.append(answer)
            await asyncio.sleep(0.005)
    return said
