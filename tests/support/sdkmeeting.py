"""Owns one meeting of a running server with participants of the official SDK: people with names, tones and pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from roomtape.simulate.participant import Media, SimulatedParticipant
from tests.support.sdk import Devices, SdkBrowser, SdkPeer
from tests.support.server import Server

HOST, GUEST = "group_call_host", "group_call_participant"
TONES = {"ann": 440, "bob": 880, "cat": 1320, "dan": 1760, "eve": 660}
IDENTITIES = {name: number for number, name in enumerate(TONES, start=1)}


@dataclass
class SdkMeeting:
    """A meeting; `people` holds everybody who joined through it, by name."""

    server: Server
    browser: SdkBrowser
    id: str
    people: dict[str, SdkPeer] = field(default_factory=dict)

    async def token(self, name: str, preset: str = GUEST) -> str:
        return str((await self.server.participant(self.id, name, preset)).token)

    async def join(self, name: str, preset: str = GUEST, origin: str | None = None, **options: Any) -> SdkPeer:
        """Let somebody join with the SDK; `origin` is where they reach the server, `options` are of the SDK's init."""
        devices = Devices(TONES[name], IDENTITIES[name])
        where = origin or self.server.base_url
        peer = await self.browser.join(where, await self.token(name, preset), devices, **options)
        self.people[name] = peer
        return peer

    async def publisher(self, name: str) -> SimulatedParticipant:
        """Let somebody publish over WHIP."""
        media = Media(tone_hz=TONES[name], identity=IDENTITIES[name], width=320, height=180, fps=15)
        token = await self.token(name)
        who = SimulatedParticipant(self.server.base_url, token, media, name=name, local_addresses=("127.0.0.2",))
        await who.join()
        return who

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all windows, and end the session on the server."""
        for peer in self.people.values():
            await peer.close()
        await self.server.http.post(f"{self.server.prefix}/meetings/{self.id}/active-session/kick-all")


async def perceives(who: SdkPeer, name: str, peer_id: str) -> None:
    """Wait until `who` sees and hears `name` under this peer id: their own picture and tone."""
    await who.sees(peer_id, IDENTITIES[name])
    await who.hears(peer_id, TONES[name])
