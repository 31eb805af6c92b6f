"""Owns the demonstration: a real server, three simulated participants over real WebRTC, both ways of recording."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from roomtape.capture.paths import capture_dir
from roomtape.errors import StorageError
from roomtape.media.probe import probe
from roomtape.simulate import ownserver
from roomtape.simulate.ownserver import call, until
from roomtape.simulate.participant import Media, SimulatedParticipant
from roomtape.simulate.rest import MeetingAccess, add_participant

UPLOADED_WITHIN_S = 120.0
CAPTURE_KEPT = "ROOMTAPE_CAPTURE_RETENTION_HOURS"
CAPTURE_KEPT_H = "24"
CAST = {"Ann": 440, "Bob": 660, "Cat": 880}


def run(data_dir: Path, seconds: int) -> None:
    """Run the demonstration, recording for `seconds`. Raises RoomtapeError when a part of it does not work."""
    asyncio.run(_demo(_made(data_dir), seconds, Console()))


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder} cannot be made: {error.strerror}; give --data-dir another folder") from error
    return folder.resolve()


async def _demo(data_dir: Path, seconds: int, console: Console) -> None:
    console.print("A meeting of [b]Ann[/b] (440 Hz), [b]Bob[/b] (660 Hz) and [b]Cat[/b] (880 Hz), each with a counter.")
    kept = {CAPTURE_KEPT: os.environ.get(CAPTURE_KEPT, CAPTURE_KEPT_H)}  # so that there is something to look into
    async with ownserver.running(data_dir, kept) as server, ownserver.client(server.access) as api:
        with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console) as bars:
            done = await _record(api, server.access, seconds, lambda text: _next(bars, text))
            _done(bars)
        _show(done, data_dir, server.access.app_id, console)


def _next(bars: Progress, text: str) -> None:
    _done(bars)
    bars.add_task(text, total=None)


def _done(bars: Progress) -> None:
    for task in bars.tasks:
        bars.update(task.id, total=1, completed=1)


async def _record(api: httpx.AsyncClient, access: MeetingAccess, seconds: int, say: Any) -> list[dict[str, Any]]:
    say("Ann and Bob join")
    meeting = (await call(api, "POST", "/meetings", title="Demo"))["id"]
    ann, bob, cat = [await _person(access, meeting, n, name) for n, name in enumerate(CAST, start=1)]
    people = [ann, bob]
    try:
        await asyncio.gather(ann.join(), bob.join())
        say("both recordings start: POST …/recordings and POST …/recordings/track")
        composite = await call(api, "POST", "/recordings", meeting_id=meeting)
        tracks = (await call(api, "POST", "/recordings/track", meeting_id=meeting))["recording"]
        await asyncio.sleep(seconds * 0.25)
        say("Cat joins late")
        people.append(cat)
        await cat.join()
        await asyncio.sleep(seconds * 0.15)
        say("Bob mutes for a while")
        bob.mute()
        await asyncio.sleep(seconds * 0.2)
        bob.unmute()
        await asyncio.sleep(seconds * 0.15)
        say("Ann leaves early")
        await ann.leave()
        await asyncio.sleep(seconds * 0.25)
        say("stop: what is left is rendered, verified and put into the bucket")
        for recording in (composite, tracks):
            await call(api, "PUT", f"/recordings/{recording['id']}", action="stop")
        return [await until(api, recording["id"], "UPLOADED", UPLOADED_WITHIN_S) for recording in (composite, tracks)]
    finally:
        for person in people:
            await person.leave()


async def _person(access: MeetingAccess, meeting: str, identity: int, name: str) -> SimulatedParticipant:
    place = MeetingAccess(access.url, access.account_id, access.app_id, meeting, access.api_token)
    async with httpx.AsyncClient() as client:
        token = await add_participant(client, place, name, "group_call_participant")
    addresses = tuple(a for a in os.environ.get("ROOMTAPE_ICE_ADDRESSES", "").split(",") if a.startswith("127."))
    return SimulatedParticipant(
        access.url, token, Media(tone_hz=CAST[name], identity=identity), name=name, local_addresses=addresses
    )


def _show(done: list[dict[str, Any]], data_dir: Path, app_id: str, console: Console) -> None:
    """Print each file: where it lies and what is in it."""
    for recording in done:
        folder = data_dir / "bucket" / app_id / recording["id"]
        kind = "participants' tracks" if isinstance(recording["download_url"], list) else "composite"
        console.print(f"\n[b]{kind}[/b]: {recording['recording_duration']} s recorded")
        for file in sorted(folder.iterdir()):
            console.print(f"  {file}", soft_wrap=True, highlight=False)
            console.print(f"    {_content(file)}", style="dim")
    capture = capture_dir(data_dir, done[0]["session_id"])
    if capture.exists():
        console.print("\nWhat both were made of, on one timeline:")
        console.print(f"  {sys.argv[0]} inspect {capture}", soft_wrap=True, highlight=False)
    console.print(f"\nThe server's log: {data_dir / 'server.log'}", soft_wrap=True, highlight=False)


def _content(file: Path) -> str:
    if file.suffix == ".json":
        return "the manifest: who was in, who was to be seen, every gap with its cause"
    found = probe(file)
    streams = [
        f"{s.codec} {s.width}x{s.height}" if s.kind == "video" else f"{s.codec} {s.channels} ch" for s in found.streams
    ]
    return f"{found.end_us / 1e6:.1f} s, {file.stat().st_size / 1e6:.2f} MB: {', '.join(streams)}"
