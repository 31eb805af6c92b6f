"""Owns the scenes of crash tests: people in a meeting, recordings of it, and the processes and files of a server."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from roomtape.simulate.participant import Media, SimulatedParticipant
from tests.support import detect
from tests.support.server import Server
from tests.support.wait import until

TONES = {"ann": 440, "bob": 880, "cat": 1320}
BEEPS = {"ann": 2500, "bob": 3100, "cat": 3700}
STRICT = "SCENE_TEST_STRICT" in os.environ
"""Set where nothing else runs. Senders that must share their cores send late, and nobody can know by how much."""
HOLE_S = 0.04 if STRICT else 0.25
EDGE_S = 0.1 if STRICT else 0.4
LOST_S = 1.6 if STRICT else 2.5
"""What may be missing where Janus died or the disk was full: the contents of its buffer, a second or so of speech."""
_TRACK = re.compile(r"(?P<layer>\w+?)_custom-(?P<user>\w+?)_(?P<peer>[\w-]+)_peer_audio_(?P<ms>\d+)\.webm")


async def together(*scenes: Coroutine[Any, Any, None]) -> None:
    """Play scenes at once, when STRICT one after the other.

    When one fails the others are ended, with their servers, before that is told.
    """
    turns = asyncio.Semaphore(1 if STRICT else len(scenes))

    async def play(one: Coroutine[Any, Any, None]) -> None:
        try:
            async with turns:
                await one
        finally:
            one.close()

    async with asyncio.TaskGroup() as group:
        for one in scenes:
            group.create_task(play(one))


async def join(server: Server, meeting: str, *names: str, reconnect: bool = False) -> list[SimulatedParticipant]:
    """Let people join; pictures are small, so that several servers can be tested at once."""
    people = []
    for name in names:
        token = (await server.participant(meeting, name)).token
        identity = list(TONES).index(name) + 1
        media = Media(TONES[name], BEEPS[name], "vp8", 320, 180, 15, identity, None, 2, 150_000)
        people.append(
            SimulatedParticipant(
                server.base_url, token, media, name=name, local_addresses=("127.0.0.2",), reconnect=reconnect
            )
        )
    await asyncio.gather(*(person.join() for person in people))
    return people


async def leave(people: list[SimulatedParticipant]) -> None:
    """Let people leave."""
    await asyncio.gather(*(person.leave() for person in people))


async def record(server: Server, meeting: str, **body: Any) -> str:
    """Start a small composite and return its id once it is RECORDING."""
    body = {"video_config": {"width": 640, "height": 360}, **body}
    answer = await server.kit.recordings.start_recordings(server.app_id, **server.ids, meeting_id=meeting, **body)
    await server.until(answer.data.id, "RECORDING", 10)
    return str(answer.data.id)


async def record_tracks(server: Server, meeting: str) -> str:
    """Start a track recording and return its id once it is RECORDING."""
    answer = await server.kit.recordings.start_track_recording(server.app_id, **server.ids, meeting_id=meeting)
    await server.until(answer.data.recording.id, "RECORDING", 10)
    return str(answer.data.recording.id)


async def stop(server: Server, recording_id: str) -> None:
    """Stop a recording."""
    await server.kit.recordings.pause_resume_stop_recording(
        recording_id, **server.ids, app_id=server.app_id, action="stop"
    )


async def raw(server: Server, recording_id: str) -> dict[str, Any]:
    """Return a recording as JSON, with the fields that the SDK does not know."""
    answer = await server.http.get(f"{server.prefix}/recordings/{recording_id}")
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()["data"]
    return found


def us(time: datetime) -> int:
    """Return µs since the Unix epoch."""
    return round(time.timestamp() * 1e6)


def seconds(recording: Any) -> float:
    """Return the length of the recorded interval, for a recording that was never paused."""
    return float((recording.stopped_time - recording.started_time).total_seconds())


async def stream_state(server: Server, recording: str, state: str, within_s: float = 40) -> dict[str, Any]:
    """Wait until the RTMP stream of a recording is in `state`, and return what is told of it."""
    deadline = asyncio.get_running_loop().time() + within_s
    while True:
        found: dict[str, Any] = (await raw(server, recording))["rtmp_out"]
        if found["state"] == state:
            return found
        assert asyncio.get_running_loop().time() < deadline, found
        await asyncio.sleep(0.1)


async def composite(server: Server, recording: Any, folder: Path) -> Path:
    """Download a composite by its link."""
    return await server.download(recording.download_url, folder / f"{recording.id}.mp4")


async def tracks(server: Server, recording: Any, folder: Path) -> dict[str, list[tuple[int, Path]]]:
    """Download track files by their links: name → when its first packet came (µs) and the file, in order of time."""
    found: dict[str, list[tuple[int, Path]]] = {}
    for layer in (await raw(server, recording.id))["download_url"]:
        for name, link in layer["download_urls"].items():
            match = _TRACK.fullmatch(name)
            assert match is not None, name
            file = await server.download(link["download_url"], folder / name)
            found.setdefault(match["user"], []).append((int(match["ms"]) * 1000, file))
    return {user: sorted(files) for user, files in found.items()}


# The checks decode in threads: in the event loop they would hold up who still sends to another server.


async def check_beeps(file: Path, person: SimulatedParticipant, start_us: int) -> None:
    """Check that each beep in a file lies where it was due; `start_us` is the wall clock of the file's time zero.

    A busy machine may have sent all of the first ones late, and nobody can know by how much: one in five may lie
    further away than the others.
    """
    await asyncio.to_thread(_check_beeps, file, person, start_us)


def _check_beeps(file: Path, person: SimulatedParticipant, start_us: int) -> None:
    sent = [(t - start_us) / 1e6 for t in person.beeps]
    off = sorted(min(abs(t - s) for s in sent) for t in detect.beep_times(file, BEEPS[person.name]))
    assert off, (person.name, file)
    assert off[len(off) * 4 // 5 - 1] < 0.06, (person.name, off)
    assert off[-1] < 0.4, (person.name, off)


def janus_pid(server: Server) -> int:
    """Return the process id of the server's Janus."""
    return int(json.loads((server.data_dir / "janus" / "state.json").read_text())["pid"])


def kill_janus(server: Server) -> int:
    """kill -9 of Janus; return its process id."""
    pid = janus_pid(server)
    os.kill(pid, signal.SIGKILL)
    return pid


def processes(server: Server, what: str = "") -> list[psutil.Process]:
    """Return the living processes of a server's data folder: itself, its Janus, its renders."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        line = " ".join(process.info["cmdline"] or ())
        if str(server.data_dir) in line and what in line and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


async def render_process(server: Server, recording_id: str) -> psutil.Process:
    """Return the render process of a recording as soon as there is one."""
    what = f"roomtape.render.process {server.data_dir / 'render' / recording_id}"
    await until(lambda: processes(server, what), 10)
    return processes(server, what)[0]


def bucket_files(server: Server, recording_id: str) -> list[Path]:
    """Return the files of a recording in the bucket, also half written ones."""
    return [p for p in (server.data_dir / "bucket" / server.app_id / recording_id).rglob("*") if p.is_file()]


def events(server: Server, session_id: str) -> list[dict[str, Any]]:
    """Return the session's event log."""
    lines = (server.data_dir / "capture" / session_id / "events.jsonl").read_bytes().splitlines()
    return [json.loads(line) for line in lines if line]


async def check_whole(
    file: Path, lasts_s: float, tones: tuple[int, ...], start_s: float = 0.0, end_s: float = 1e9
) -> None:
    """Check that a composite lasts as long as it should, and that its tones have no hole from start to end."""
    ends = await asyncio.to_thread(detect.durations, file)
    assert abs(ends["video"] - lasts_s) <= 0.1, (ends, lasts_s)
    assert abs(ends["audio"] - lasts_s) <= 0.1, (ends, lasts_s)
    for tone in tones:
        await check_tone(file, tone, start_s, min(end_s, lasts_s))


async def check_tone(file: Path, tone: int, start_s: float, end_s: float) -> None:
    """Check that a tone sounds from start to end, true to EDGE_S, without a hole."""
    await asyncio.to_thread(_check_tone, file, tone, start_s, end_s)


def _check_tone(file: Path, tone: int, start_s: float, end_s: float) -> None:
    heard = [
        (max(a, start_s), min(b, end_s)) for a, b in detect.tone_intervals(file, tone) if b > start_s and a < end_s
    ]
    assert heard, (tone, file)
    assert heard[0][0] - start_s <= EDGE_S, (tone, heard)
    assert end_s - heard[-1][1] <= EDGE_S, (tone, heard)
    assert detect.hole(file, tone, start_s, end_s) <= HOLE_S, (tone, heard)
