"""Owns a player of HLS packages: hls.js in a page of its own origin, which tells which cues fired and what flashed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, Route

from tests.support.chromium import FIXTURES

HLS = Path(__file__).parents[1] / "servers" / "node_modules" / "hls.js" / "dist" / "hls.min.js"
ORIGIN = "http://player.rtk.test"


@dataclass(frozen=True)
class Cue:
    """A cue that fired: its own time and the player's, both in s, the ID3 frame's id and name, and what it holds."""

    at: float
    fired_at: float
    key: str
    info: str
    data: str | bytes


@dataclass
class Played:
    """What was seen from a seek to the end: cues in the order in which they fired, flashes (name, s) likewise."""

    cues: list[Cue]
    flashes: list[tuple[str, float]]
    errors: list[str]
    parsed: int


@dataclass
class HlsPlayer:
    page: Page
    duration: float

    @staticmethod
    async def load(browser: Browser, url: str) -> HlsPlayer:
        """Open a page and load a playlist from its link."""
        page = await (await browser.new_context()).new_page()
        await page.route(f"{ORIGIN}/**", _serve)
        await page.goto(f"{ORIGIN}/hlsplayer.html")
        return HlsPlayer(page, float(await page.evaluate("url => load(url)", url)))

    async def watch(self, spots: dict[str, tuple[int, int]]) -> None:
        """Watch these pixels of the picture for flashes."""
        await self.page.evaluate("spots => watchPicture(spots)", spots)

    async def play(self, start: float = 0, rate: float = 1) -> Played:
        log: dict[str, Any] = await self.page.evaluate("([start, rate]) => play(start, rate)", [start, rate])
        cues = [
            Cue(
                c["at"],
                c["firedAt"],
                c["key"],
                c["info"],
                c["data"] if isinstance(c["data"], str) else bytes(c["data"]),
            )
            for c in log["entered"]
        ]
        return Played(cues, [(f["name"], f["at"]) for f in log["flashes"]], log["errors"], len(log["parsed"]))


async def _serve(route: Route) -> None:
    name = route.request.url.rsplit("/", 1)[1]
    await route.fulfill(path=HLS if name == HLS.name else FIXTURES / name)
