"""Owns a real meeting to measure in: a server of our own, its API, and simulated participants over real WebRTC."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from roomtape.errors import DestinationError
from roomtape.simulate import ownserver
from roomtape.simulate.ownserver import call
from roomtape.simulate.participant import Media, SimulatedParticipant
from roomtape.simulate.rest import MeetingAccess
from roomtape.simulate.run import Run, Seat, tokens_for

ADDRESSES = "ROOMTAPE_ICE_ADDRESSES"
UPLOADED_WITHIN_S = 60.0


@dataclass(frozen=True)
class Meeting:
    """A meeting that is going on: its id, the API of its server, and the server's process and data folder."""

    access: MeetingAccess
    api: httpx.AsyncClient
    server_pid: int
    folder: Path

    @property
    def meeting_id(self) -> str:
        return self.access.meeting_id

    async def start(self, kind: str = "", **more: Any) -> str:
        """Start a recording, of `kind` "/track" or "" (composite), and return its id when it is RECORDING."""
        body = await call(self.api, "POST", f"/recordings{kind}", meeting_id=self.meeting_id, **more)
        recording_id = str((body.get("recording") or body)["id"])
        await ownserver.until(self.api, recording_id, "RECORDING", UPLOADED_WITHIN_S)
        return recording_id

    async def stop(self, recording_id: str) -> None:
        """Tell a recording to stop."""
        await call(self.api, "PUT", f"/recordings/{recording_id}", action="stop")


@asynccontextmanager
async def held(
    folder: Path, media: Sequence[Media], settings: Mapping[str, str] | None = None
) -> AsyncIterator[Meeting]:
    """Run a server in `folder`, which is there, and a meeting with one participant for each of `media`, then end all.

    `settings` are further ROOMTAPE_ variables for the server. Media go over loopback alone.
    Raises DestinationError when the server does not start or somebody cannot join.
    """
    addresses = tuple(a for a in os.environ.get(ADDRESSES, "").split(",") if a.startswith("127."))
    if not addresses:
        raise DestinationError(f"{ADDRESSES} names no loopback address; `make bench` sets it to the one it makes")
    async with ownserver.running(folder, settings) as server, ownserver.client(server.access) as api:
        meeting_id = str((await call(api, "POST", "/meetings", title="Bench"))["id"])
        access = replace(server.access, meeting_id=meeting_id)
        tokens = await tokens_for(access, len(media), "group_call_participant")
        run = Run(
            [
                Seat(SimulatedParticipant(access.url, token, sent, name=str(i), local_addresses=addresses))
                for i, (token, sent) in enumerate(zip(tokens, media, strict=True))
            ]
        )
        try:
            await run.join()
            if run.failed:
                reason = next(seat.state for seat in run.seats if seat.failed)
                raise DestinationError(f"{run.failed} of {len(media)} participants could not join: {reason}")
            yield Meeting(access, api, server.pid, folder)
        finally:
            await run.leave()
