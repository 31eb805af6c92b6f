"""Owns a run of simulated participants: they join, are shown while they send, and leave together."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx
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

    @property
    def failed(self) -> int:
        """How many could not join."""
        return sum(seat.failed for seat in self.seats)

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


def media_for(index: int, audio_only: bool, codec: str, size: str, fps: int, tone: int) -> Media:
    """Return what participant number `index` sends. Raises ValueError, naming the option, for what is not allowed."""
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


async def tokens_for(access: MeetingAccess, count: int, preset: str) -> list[str]:
    """Add `count` participants to the meeting and return their tokens. Raises DestinationError."""
    async with httpx.AsyncClient() as client:
        return [await add_participant(client, access, f"Simulated {i + 1}", preset) for i in range(count)]


async def publish(
    url: str,
    tokens: Sequence[str],
    media: Sequence[Media],
    *,
    seconds: float = 0,
    addresses: Sequence[str] = (),
    reconnect: bool = True,
) -> Run:
    """Let one participant a token publish until SIGINT or SIGTERM, or for `seconds` once all are in (0: no limit)."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    run = Run()
    for i, (token, sent) in enumerate(zip(tokens, media, strict=True)):
        name = f"Simulated {i + 1}"
        someone = SimulatedParticipant(url, token, sent, name=name, local_addresses=addresses, reconnect=reconnect)
        run.seats.append(Seat(someone))
    joining = asyncio.create_task(run.join())
    try:
        await _watch(run, joining, stop, seconds)
    finally:
        joining.cancel()
        await asyncio.gather(joining, return_exceptions=True)
        await run.leave()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    return run


async def _watch(run: Run, joining: asyncio.Task[None], stop: asyncio.Event, seconds: float) -> None:
    """Show the table until told to stop, until all have been in for `seconds`, or until nobody could join."""
    loop = asyncio.get_running_loop()
    end = float("inf")
    with Live(run.table(), console=Console(), refresh_per_second=2) as live:
        while not stop.is_set() and loop.time() < end and not all(seat.failed for seat in run.seats):
            try:
                await asyncio.wait_for(stop.wait(), min(0.5, max(0.0, end - loop.time())))
            except TimeoutError:
                live.update(run.table())
            if seconds and joining.done() and end == float("inf"):
                end = loop.time() + seconds
        live.update(run.table())
