"""The sample recorder on the official SDKs records a meeting of two: faces, voices and text are theirs."""

from __future__ import annotations

import asyncio
import os
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.async_api import Browser

from roomtape.simulate.participant import Media, SimulatedParticipant
from tests.support import detect, readability
from tests.support.pagerecording import PageRecording, record_page
from tests.support.pagesite import Site
from tests.support.sdk import sdk_browser
from tests.support.sdkmeeting import SdkMeeting
from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

SIZE = 1280, 720
CAST = {"ann": (1, 440, 2500), "bob": (2, 880, 3700)}
RECTS = {"ann": (24, 165, 608, 342), "bob": (648, 165, 608, 342)}
"""Where the sample shows two people who came in this order, in pixels."""
CAPTION = "The quick brown fox reads 14px text aloud l1I O0 8B rn m S5 Z2"
CAPTION_ROWS = slice(684, 708)
LASTS_S = 10.0
STRICT = bool(os.environ.get("PAGE_TEST_STRICT"))
"""Two browsers, senders and a renderer want more than two processors, and a starved browser shows and plays late, which
is recorded as it is. So what depends on the machine is only held to its bounds where it is told to have time."""
LEAST_RATE, LEAST_HEARD, LEAST_FLASHES = (25, 0.98, 16) if STRICT else (5, 0.6, 4)
MOST_OFF_MS = 80
SETTLES_S = 15.0 if STRICT else 1.0
"""After the third browser, which only says the caption, is gone: what it took was missing here, and playing catches up
by and by."""


async def test_a_meeting_of_two_is_recorded_by_the_sample(server: Server, site: Site, tmp_path: Path) -> None:
    meeting = await server.meeting()
    people = [await _person(server, meeting, name) for name in CAST]
    width, height = SIZE
    recording = await record_page(
        server, site.sample(server.base_url), meeting, video_config={"width": width, "height": height}
    )
    async with sdk_browser() as browser:
        line = await _drawn(browser.browser, site)
        await _caption(SdkMeeting(server, browser, meeting))
    await asyncio.sleep(SETTLES_S)
    alone = time.time()
    await asyncio.sleep(LASTS_S)
    await recording.stop()
    video = await recording.file(tmp_path)
    for person in people:
        await person.leave()
    print(f"RECORDING after {recording.starting_s:.1f} s")
    begin = recording.in_file(alone)
    _check_faces(video, begin)
    _check_sync(video, begin)
    _check_text(video, line)
    await _check_told(recording)


async def _person(server: Server, meeting: str, name: str) -> SimulatedParticipant:
    identity, tone, beep = CAST[name]
    media = Media(tone, beep, "vp8", 640, 360, 30, identity, None, 2, 600_000)
    token = (await server.participant(meeting, name)).token
    person = SimulatedParticipant(server.base_url, token, media, name=name, local_addresses=("127.0.0.2",))
    await person.join()
    return person


async def _drawn(browser: Browser, site: Site) -> readability.Line:
    page = await browser.new_page()
    await page.goto(f"http://{site.host}/sample/index.html")
    return await readability.drawn(page, CAPTION, "#caption", SIZE[0], CAPTION_ROWS.stop - CAPTION_ROWS.start)


async def _caption(meeting: SdkMeeting) -> None:
    """Let somebody come, see nobody but the two, say the caption, and leave."""
    cat = await meeting.join("cat", defaults={"audio": False, "video": False})
    assert {one["name"] for one in (await cat.others()).values()} == set(CAST)
    await cat.run("(meeting, text) => meeting.participants.broadcastMessage('caption', {text})", CAPTION)
    await cat.leave()


def _check_faces(video: Path, begin: float) -> None:
    """Both are seen, and move at the meeting's own rate as far as the machine has time for it."""
    seen: dict[float, dict[int, int]] = {}
    for reading in detect.read_counters(video, list(RECTS.values())):
        if begin <= reading.t < begin + LASTS_S:
            seen.setdefault(reading.t, {})[reading.identity] = reading.counter
    pictures = list(seen.values())
    assert {identity for picture in pictures for identity in picture} == {1, 2}
    rate = sum(one != other for one, other in pairwise(pictures)) / LASTS_S
    each = [sum(a != b for a, b in pairwise(p[i] for p in pictures if i in p)) / LASTS_S for i in (1, 2)]
    print(f"distinct pictures a second at {SIZE[0]}x{SIZE[1]}: {rate:.1f} (of each person {each})")
    assert rate >= LEAST_RATE


def _check_sync(video: Path, begin: float) -> None:
    offsets = []
    for name, rect in RECTS.items():
        _, tone, beep = CAST[name]
        beeps = np.array(detect.beep_times(video, beep))
        flashes = [t for t in detect.flash_times(video, rect) if t >= begin]
        offsets += [float(t - beeps[np.abs(beeps - t).argmin()]) for t in flashes]
        heard = sum(min(b, begin + LASTS_S) - max(a, begin) for a, b in detect.tone_intervals(video, tone) if b > begin)
        print(f"{name}: {len(flashes)} flashes, tone heard for {heard:.2f} of {LASTS_S:.0f} s")
        assert heard >= LEAST_HEARD * LASTS_S
    ms = np.array(offsets) * 1000
    print(f"beep to flash: n={len(ms)} p50={np.median(ms):.0f} p95(abs)={np.percentile(np.abs(ms), 95):.0f} "
          f"max(abs)={np.abs(ms).max():.0f} ms")  # fmt: skip
    assert len(ms) >= LEAST_FLASHES
    assert not STRICT or np.percentile(np.abs(ms), 95) <= MOST_OFF_MS, ms


def _check_text(video: Path, line: readability.Line) -> None:
    shown = detect.frame_at(video, detect.durations(video)["video"] - 0.5)
    strip = readability.grey(shown)[CAPTION_ROWS]
    read, sharp, psnr = readability.read(strip, line), readability.sharpness(strip, line), readability.psnr(strip, line)
    print(f"14 px text: {read!r}, edges {sharp:.2f} as steep as drawn, {psnr:.1f} dB")
    assert read == CAPTION
    assert sharp >= 0.75
    assert psnr >= 20


async def _check_told(recording: PageRecording) -> None:
    manifest = await recording.manifest()
    page: dict[str, Any] = manifest["page"]
    assert page["address"].endswith("/sample/index.html"), "without query"
    assert page["happened"] == []
