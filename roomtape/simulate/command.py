"""Owns `roomtape simulate`: participants with made-up media, to try and to load a server."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from roomtape.errors import RoomtapeError
from roomtape.media.testsignal import VideoCodec
from roomtape.simulate.participant import Media, SimulatedParticipant
from roomtape.simulate.rest import MeetingAccess, add_participant

SHOWN = 20
JOINING_AT_ONCE = 4
LEAVE_WITHIN_S = 10.0
TONE_STEP_HZ = 110
TONES = 100
LOOKS = 8  # pictures are encoded once each; beyond eight, participants share them


@dataclass
class Seat:
    """One participant of a run, and what became of them."""

    participant: SimulatedParticipant
    state: str = "joining"
    failed: bool = False


@dataclass
class Run:
    """A number of participants that join, stay and leave together."""

    seats: list[Seat] = field(default_factory=list)

    async def join(self) -> None:
        """Let everybody join, a few at once; who is refused keeps the reason as their state."""
        gate = asyncio.Semaphore(JOINING_AT_ONCE)

        async def one(seat: Seat) -> None:
            async with gate:
                try:
                    await seat.participant.join()
                    seat.state = "sending"
                except RoomtapeError as error:
                    seat.state, seat.failed = str(error), True

        await asyncio.gather(*(one(seat) for seat in self.seats))

    async def leave(self) -> None:
        """Let everybody leave, within 10 s."""
        leaving = asyncio.gather(*(seat.participant.leave() for seat in self.seats), return_exceptions=True)
        try:
            await asyncio.wait_for(leaving, LEAVE_WITHIN_S)
        except TimeoutError:
            return

    def table(self) -> Table:
        """Return what the participants are doing now."""
        table = Table("participant", "state", "packets", "kB", "repeats asked", "connects", box=None)
        for seat in self.seats[:SHOWN]:
            someone = seat.participant
            sent = [someone.sent("audio"), someone.sent("video")]
            state = "lost" if seat.state == "sending" and not someone.connected else seat.state
            packets, octets = sum(s.packets for s in sent), sum(s.octets for s in sent)
            repeats = sum(s.nacked for s in sent)
            row = (packets, octets // 1000, repeats, someone.connects)
            table.add_row(someone.name, state, *(str(value) for value in row))
        if len(self.seats) > SHOWN:
            sending = sum(seat.participant.connected for seat in self.seats)
            table.add_row(f"and {len(self.seats) - SHOWN} more", f"{sending} of {len(self.seats)} send")
        return table


def simulate(
    url: Annotated[str, typer.Option(help="The server, http://HOST:PORT, or a WHIP endpoint of any other.")],
    token: Annotated[list[str] | None, typer.Option(help="A participant's token; repeat it for several.")] = None,
    count: Annotated[int, typer.Option(min=1, help="Participants to add to --meeting-id by the API.")] = 1,
    api_token: Annotated[str | None, typer.Option(envvar="ROOMTAPE_API_TOKEN")] = None,
    account_id: Annotated[str | None, typer.Option(envvar="ROOMTAPE_ACCOUNT_ID")] = None,
    app_id: Annotated[str | None, typer.Option(envvar="ROOMTAPE_APP_ID")] = None,
    meeting_id: Annotated[str | None, typer.Option(help="The meeting that --count participants join.")] = None,
    preset: Annotated[str, typer.Option(help="The preset of added participants.")] = "group_call_participant",
    audio_only: Annotated[bool, typer.Option("--audio-only", help="Send no video.")] = False,
    video_codec: Annotated[str, typer.Option(help="vp8, vp9 or h264.")] = "vp8",
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT of the video.")] = "640x360",
    fps: Annotated[int, typer.Option(min=1, max=60, help="Frames per second.")] = 30,
    seconds: Annotated[float, typer.Option(min=0, help="Leave after so long; 0 stays until Ctrl-C.")] = 0,
    tone: Annotated[int, typer.Option(help="Tone of the first in Hz; each further one is 110 Hz higher.")] = 440,
    local_address: Annotated[list[str] | None, typer.Option(help="Send media from this address only.")] = None,
    reconnect: Annotated[bool, typer.Option(help="Publish again when the connection is lost.")] = True,
) -> None:
    """Publish tones and moving pictures over WHIP until Ctrl-C."""
    try:
        access = _access(url, api_token, account_id, app_id, meeting_id) if not token else None
        media = [_media(i, audio_only, video_codec, size, fps, tone) for i in range(len(token or ()) or count)]
        names = [f"Simulated {i + 1}" for i in range(len(media))]
        failed = asyncio.run(_run(url, token or [], access, preset, names, media, seconds, local_address, reconnect))
    except (RoomtapeError, ValueError) as error:
        sys.exit(f"roomtape: {error}")
    if failed:
        sys.exit(f"roomtape: {failed} of {len(media)} participants could not join")


def _access(url: str, *needed: str | None) -> MeetingAccess:
    api_token, account_id, app_id, meeting_id = needed
    if not (api_token and account_id and app_id and meeting_id):
        raise ValueError("give --token, or all of --api-token, --account-id, --app-id and --meeting-id")
    return MeetingAccess(url, account_id, app_id, meeting_id, api_token)


def _media(index: int, audio_only: bool, codec: str, size: str, fps: int, tone: int) -> Media:
    codecs: dict[str, VideoCodec] = {"vp8": "vp8", "vp9": "vp9", "h264": "h264"}
    if codec.lower() not in codecs:
        raise ValueError(f"--video-codec {codec} is not one of vp8, vp9, h264")
    width, _, height = size.partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise ValueError(f"--size {size} is not WIDTHxHEIGHT, such as 640x360")
    return Media(
        tone_hz=tone + TONE_STEP_HZ * (index % TONES),
        video_codec=None if audio_only else codecs[codec.lower()],
        width=int(width),
        height=int(height),
        fps=fps,
        identity=index % LOOKS,
    )


async def _run(
    url: str,
    tokens: Sequence[str],
    access: MeetingAccess | None,
    preset: str,
    names: Sequence[str],
    media: Sequence[Media],
    seconds: float,
    addresses: Sequence[str] | None,
    reconnect: bool,
) -> int:
    """Join, show, leave; return how many could not join."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if access is not None:
        async with httpx.AsyncClient() as client:
            tokens = [await add_participant(client, access, name, preset) for name in names]
    run = Run(
        [
            Seat(SimulatedParticipant(url, t, m, name=n, local_addresses=addresses or (), reconnect=reconnect))
            for t, m, n in zip(tokens, media, names, strict=True)
        ]
    )
    joining = asyncio.create_task(run.join())
    try:
        await _watch(run, stop, seconds)
    finally:
        joining.cancel()
        await asyncio.gather(joining, return_exceptions=True)
        await run.leave()
    return sum(seat.failed for seat in run.seats)


async def _watch(run: Run, stop: asyncio.Event, seconds: float) -> None:
    """Show the table until told to stop, until the time is up, or until nobody is left who could send."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds if seconds else float("inf")
    with Live(run.table(), console=Console(), refresh_per_second=2) as live:
        while not stop.is_set() and loop.time() < end and not all(seat.failed for seat in run.seats):
            try:
                await asyncio.wait_for(stop.wait(), min(0.5, max(0.0, end - loop.time())))
            except TimeoutError:
                live.update(run.table())
        live.update(run.table())
