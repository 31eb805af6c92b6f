"""Owns peers in a browser that negotiate as the official SDK does, straight with the rooms: no socket in between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from roomtape.domain.ids import new_id
from roomtape.rooms.realtimekit.media_port import PeerMedia, ProducerInfo
from tests.support.chromium import chromium

SCRIPT = Path(__file__).parents[1] / "fixtures" / "sdkpeer.js"


@dataclass
class Client:
    """One peer in the page, and its media on the server's side; `mids` says where each producer arrives."""

    page: Page
    media: PeerMedia
    id: str = field(default_factory=new_id)
    mids: dict[str, str] = field(default_factory=dict)

    async def js(self, code: str) -> Any:
        return await self.page.evaluate(f"sdkPeers[{json.dumps(self.id)}].{code}")

    async def connect(self, *directions: bool) -> None:
        """Make the transports (`True`: the receiving one), both without arguments."""
        for consuming in directions or (False, True):
            flag = json.dumps(consuming)
            offer = await self.js(f"connect({flag})")
            _, answer = await self.media.create_transport(consuming, offer)
            await self.js(f"accept({flag}, {json.dumps(answer)})")
        for consuming in directions or (False, True):
            async with asyncio.timeout(10):
                await self.js(f"connected({json.dumps(consuming)})")

    async def produce(self, kind: str, *, share: bool = False, paused: bool = False, **how: Any) -> ProducerInfo:
        made = await self.js(f"produce({json.dumps(kind)}, {json.dumps(how)})")
        mime = "audio/opus" if kind == "audio" else "video/VP8"
        producer, answer = await self.media.produce(made["offer"], kind, made["mid"], share, paused, "{}", mime)
        await self.js(f"accept(false, {json.dumps(answer)})")
        self.mids[producer.producer_id] = made["mid"]
        return producer

    async def stop(self, producer: ProducerInfo) -> None:
        offer = await self.js(f"stopSending({json.dumps(self.mids[producer.producer_id])})")
        _, answer = await self.media.close_producer(producer.producer_id, offer)
        await self.js(f"accept(false, {json.dumps(answer)})")

    async def consume(self, *producers: ProducerInfo, rid: str | None = None) -> dict[str, str]:
        mids, missing, offer = await self.media.consume([(p.producer_id, rid) for p in producers])
        assert offer is not None, f"not there: {missing}"
        answer = await self.js(f"answer({json.dumps(offer)})")
        await self.media.renegotiate(answer)
        return mids

    async def unconsume(self, *mids: str) -> None:
        offer = await self.js(f"stopReceiving({json.dumps(mids)})")
        answer = await self.media.close_consumers(list(mids), offer)
        await self.js(f"accept(true, {json.dumps(answer)})")

    async def inbound(self, mid: str) -> dict[str, Any]:
        return dict((await self.js("inbound()")).get(mid, {}))

    async def flows(self, mid: str, within_s: float = 10) -> None:
        """Return once frames are decoded, or sound is heard, more than a moment ago."""
        before = await self.inbound(mid)
        async with asyncio.timeout(within_s):
            while not _more(before, await self.inbound(mid)):
                await asyncio.sleep(0.05)

    async def states(self) -> list[str]:
        return list(await self.js("states()"))


def _more(before: dict[str, Any], now: dict[str, Any]) -> bool:
    if not now:
        return False
    what, least = ("frames", 2) if now["kind"] == "video" else ("energy", 1e-4)
    return bool(now[what] > before.get(what, 0) + least)


@asynccontextmanager
async def browser_page() -> AsyncIterator[Page]:
    """Yield a page in which `client` makes peers."""
    async with chromium() as browser:
        page = await browser.context.new_page()
        await page.goto(f"{browser.base}/geometry.json")
        await page.add_script_tag(path=SCRIPT)
        yield page


async def client(page: Page, media: PeerMedia) -> Client:
    """Make a peer in the page for a peer of the server."""
    made = Client(page, media)
    await page.evaluate(f"sdkPeers[{json.dumps(made.id)}] = new SdkPeer(); 0")
    return made
