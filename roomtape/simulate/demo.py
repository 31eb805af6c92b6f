"""Owns the demonstration: a real server, three simulated participants over real WebRTC, both ways of recording."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from roomtape.errors import DestinationError, RoomtapeError, StorageError
from roomtape.media.probe import probe
from roomtape.simulate.participant import Media, SimulatedParticipant
from roomtape.simulate.rest import MeetingAccess, add_participant

READY_WITHIN_S, UPLOADED_WITHIN_S, STOP_WITHIN_S = 60.0, 120.0, 15.0
CAST = {"Ann": 440, "Bob": 660, "Cat": 880}


def demo(
    data_dir: Annotated[Path, typer.Option(help="Where the demo's server keeps everything.")] = Path("demo-data"),
    seconds: Annotated[int, typer.Option(min=10, max=600, help="How long the meeting is recorded.")] = 20,
) -> None:
    """Record a meeting of three simulated participants in both ways and say where the files lie."""
    console = Console()
    try:
        asyncio.run(_demo(_made(data_dir), seconds, console))
    except RoomtapeError as error:
        sys.exit(f"roomtape: {error}")


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder} cannot be made: {error.strerror}; give --data-dir another folder") from error
    return folder.resolve()


async def _demo(data_dir: Path, seconds: int, console: Console) -> None:
    console.print("A meeting of [b]Ann[/b] (440 Hz), [b]Bob[/b] (660 Hz) and [b]Cat[/b] (880 Hz), each with a counter.")
    async with _server(data_dir) as access, _client(access) as api:
        with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console) as bars:
            done = await _record(api, access, seconds, lambda text: _next(bars, text))
        _show(done, data_dir, access.app_id, console)


def _next(bars: Progress, text: str) -> None:
    for task in bars.tasks:
        bars.update(task.id, total=1, completed=1)
    bars.add_task(text, total=None)


@asynccontextmanager
async def _server(data_dir: Path) -> AsyncIterator[MeetingAccess]:
    """Run `roomtape serve` on a free port and make a meeting in it. Raises DestinationError when it does not start."""
    log = data_dir / "server.log"
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "roomtape.cli", "serve", "--data-dir", str(data_dir), "--port", "0"),
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env={name: value for name, value in os.environ.items() if name != "ROOMTAPE_PUBLIC_URL"},
        )
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), READY_WITHIN_S)
        if not line.startswith(b"roomtape ready "):
            raise DestinationError(f"the server did not start; its log is {log}")
        boot = json.loads((data_dir / "bootstrap.json").read_text())
        yield MeetingAccess(boot["base_url"], boot["account_id"], boot["app_id"], "", boot["api_token"])
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), STOP_WITHIN_S)


def _client(access: MeetingAccess) -> httpx.AsyncClient:
    base = f"{access.url}/client/v4/accounts/{access.account_id}/realtime/kit/{access.app_id}"
    return httpx.AsyncClient(base_url=base, headers={"Authorization": f"Bearer {access.api_token}"}, timeout=30)


async def _call(api: httpx.AsyncClient, method: str, path: str, **body: Any) -> Any:
    answer = await api.request(method, path, json=body or None)
    if not answer.is_success:
        raise DestinationError(f"{method} {path} answered {answer.status_code}: {answer.text[:300]}")
    return answer.json()["data"]


async def _record(api: httpx.AsyncClient, access: MeetingAccess, seconds: int, say: Any) -> list[dict[str, Any]]:
    say("Ann and Bob join")
    meeting = (await _call(api, "POST", "/meetings", title="Demo"))["id"]
    ann, bob, cat = [await _person(access, meeting, n, name) for n, name in enumerate(CAST, start=1)]
    people = [ann, bob]
    try:
        await asyncio.gather(ann.join(), bob.join())
        say("both recordings start: POST …/recordings and POST …/recordings/track")
        composite = await _call(api, "POST", "/recordings", meeting_id=meeting)
        tracks = (await _call(api, "POST", "/recordings/track", meeting_id=meeting))["recording"]
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
            await _call(api, "PUT", f"/recordings/{recording['id']}", action="stop")
        return [await _uploaded(api, recording["id"]) for recording in (composite, tracks)]
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


async def _uploaded(api: httpx.AsyncClient, recording_id: str) -> dict[str, Any]:
    async with asyncio.timeout(UPLOADED_WITHIN_S):
        while True:
            found: dict[str, Any] = await _call(api, "GET", f"/recordings/{recording_id}")
            if found["status"] == "UPLOADED":
                return found
            if found["status"] == "ERRORED":
                raise DestinationError(f"recording {recording_id} failed: {found.get('error')}")
            await asyncio.sleep(0.1)


def _show(done: list[dict[str, Any]], data_dir: Path, app_id: str, console: Console) -> None:
    """Print each file: where it lies and what is in it."""
    for recording in done:
        folder = data_dir / "bucket" / app_id / recording["id"]
        kind = "participants' tracks" if isinstance(recording["download_url"], list) else "composite"
        console.print(f"\n[b]{kind}[/b]: {recording['recording_duration']} s recorded")
        for file in sorted(folder.iterdir()):
            console.print(f"  {file}", soft_wrap=True, highlight=False)
            console.print(f"    {_content(file)}", style="dim")
    console.print(f"\nThe server's log: {data_dir / 'server.log'}", soft_wrap=True, highlight=False)


def _content(file: Path) -> str:
    found = probe(file)
    streams = [
        f"{s.codec} {s.width}x{s.height}" if s.kind == "video" else f"{s.codec} {s.channels} ch" for s in found.streams
    ]
    return f"{found.end_us / 1e6:.1f} s, {file.stat().st_size / 1e6:.2f} MB: {', '.join(streams)}"
