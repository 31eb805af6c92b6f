"""Owns SDK peers over a house with a fake SFU: their offers made up, what observers are told remembered."""

from __future__ import annotations

from typing import Any

from roomtape.domain.ids import new_id
from roomtape.rooms.live import LivePeer, LiveSession
from roomtape.rooms.realtimekit.media_port import ProducerInfo
from roomtape.rooms.realtimekit.sdk_peer import SdkPeer
from tests.support.house import House
from tests.support.sdkoffer import Browser, send_offer

ALL = {"media": {kind: {"can_produce": "ALLOWED"} for kind in ("audio", "video", "screenshare")}}


class Told:
    """A room observer that remembers, as words."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def peer_joined(self, session: LiveSession, peer: LivePeer) -> None:
        self.words.append(f"joined {peer.name}")

    def peer_left(self, session: LiveSession, peer: LivePeer, reason: str) -> None:
        self.words.append(f"left {peer.name} {reason}")

    def peer_renamed(self, session: LiveSession, peer: LivePeer) -> None:
        self.words.append(f"renamed {peer.name}")

    def producer_added(self, session: LiveSession, producer: ProducerInfo) -> None:
        self.words.append(f"added {producer.source} {producer.kind}")

    def producer_changed(self, session: LiveSession, producer: ProducerInfo, by_peer_id: str) -> None:
        self.words.append(f"changed {producer.kind} paused={producer.paused}")

    def producer_removed(self, session: LiveSession, producer: ProducerInfo) -> None:
        self.words.append(f"removed {producer.source} {producer.kind}")

    def recording_changed(self, session: LiveSession, recording_id: str, kind: str, status: str) -> None:
        self.words.append(f"recording {status}")

    async def session_ending(self, session: LiveSession) -> None:
        pass

    def session_ended(self, session: LiveSession, reason: str) -> None:
        self.words.append(f"ended {reason}")


class Sdk:
    """One SDK client: `tracks` is what its send transport offers, `browser` its receive transport."""

    def __init__(self, house: House, name: str, **permissions: Any) -> None:
        self.house = house
        self.name = name
        self.permissions = permissions or ALL
        self.id = new_id()
        self.tracks: list[tuple[str, str, str]] = []
        self.browser = Browser()
        self.media: SdkPeer

    async def open(self) -> SdkPeer:
        session = await self.house.rooms.open(self.house.meeting)
        admission = self.house.admission(self.name, **self.permissions)
        self.media = await self.house.rooms.sdk_media.open(session, admission, self.id)
        return self.media

    async def enter(self) -> SdkPeer:
        await self.open()
        await self.media.create_transport(False, send_offer())
        _, answer = await self.media.create_transport(True, self.browser.first_offer())
        self.browser.take_answer(answer)
        await self.media.enter(self.name)
        return self.media

    async def produce(self, kind: str, *, share: bool = False, paused: bool = False) -> ProducerInfo:
        mid = str(2 + len(self.tracks))
        self.tracks.append((kind, mid, "sendonly"))
        made, _ = await self.media.produce(send_offer(*self.tracks), kind, mid, share, paused, "{}", "")
        return made

    async def consume(self, *producers: ProducerInfo) -> dict[str, str]:
        mids, _, offer = await self.media.consume([(p.producer_id, None) for p in producers])
        if offer is not None:
            await self.media.renegotiate(self.browser.answer(offer))
        return mids
