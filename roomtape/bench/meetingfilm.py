"""Owns the film of a meeting that is going on: the browser is a participant with the official SDK, over WebRTC."""

from __future__ import annotations

import asyncio
from pathlib import Path

from roomtape.bench import browser, filmedpage
from roomtape.bench.meeting import held
from roomtape.bench.plan import Plan
from roomtape.console.packages import BESIDE_OUR_CODE, SDK, Packages
from roomtape.domain.layout import grid
from roomtape.domain.recording_config import VideoConfig
from roomtape.simulate.participant import Media
from roomtape.simulate.run import tokens_for

_PRESET = "recorder_preset_v2"
_SCRIPT = "dist/browser.js"


def sdk_script() -> str:
    """Return where on a server the official SDK lies. Raises OurError without the npm packages."""
    return f"/assets/{Packages(BESIDE_OUR_CODE).address(SDK, _SCRIPT)}"


def film(folder: Path, count: int, plan: Plan) -> browser.Grabbed:
    """Film a meeting of `count` simulated participants. Raises DestinationError, OurError without the npm packages."""
    return asyncio.run(_film(folder, count, plan))


async def _film(folder: Path, count: int, plan: Plan) -> browser.Grabbed:
    (folder / "server").mkdir(parents=True)
    tiles = grid(count, VideoConfig.width, VideoConfig.height)
    media = [Media(tone_hz=440 + 110 * i, identity=i) for i in range(count)]
    async with held(folder / "server", media) as meeting:
        (token,) = await tokens_for(meeting.access, 1, _PRESET)
        with filmedpage.of_meeting(meeting.access.url, sdk_script(), token, tiles) as shown:
            return await asyncio.to_thread(
                browser.film, folder / "film", shown, tiles[0], VideoConfig(), plan.browser_s
            )
