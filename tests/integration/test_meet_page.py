"""The meeting page: the official UI kit from our own server, from the start page to a recording that plays."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.support import detect
from tests.support.meetpage import WITHIN_MS, MeetPage, open_page
from tests.support.sdk import Devices, SdkBrowser
from tests.support.sdkmeeting import GUEST, HOST, IDENTITIES, TONES
from tests.support.server import Server, running

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> Any:
    async with running(tmp_path_factory.mktemp("server") / "data") as started:
        yield started


async def open_meeting(server: Server, browser: SdkBrowser, meeting: str, name: str, preset: str) -> MeetPage:
    token = (await server.participant(meeting, name, preset)).token
    address = f"{server.base_url}/meet/{meeting}?authToken={token}"
    return await open_page(browser, address, Devices(TONES[name], IDENTITIES[name]))


async def test_the_record_button_records_what_everybody_sees_is_recorded(
    server: Server, browser: SdkBrowser, tmp_path: Path
) -> None:
    meeting = await server.meeting()
    ann = await open_meeting(server, browser, meeting, "ann", HOST)
    bob = await open_meeting(server, browser, meeting, "bob", GUEST)
    for who in (ann, bob):
        await who.join()
    for who in (ann, bob):
        await who.sees_tiles({"ann", "bob"})
        await who.shows_rec(False)
    await ann.offers("Record")
    await bob.offers("Record", offered=False)
    await ann.choose("Record")
    for who in (ann, bob):
        await who.shows_rec()
    await asyncio.sleep(2)
    await ann.page.get_by_text("Stop Recording", exact=True).click(timeout=WITHIN_MS)
    for who in (ann, bob):
        await who.shows_rec(False)
        who.nothing_went_wrong({server.base_url})
        await who.page.context.close()
    (recording,) = (await server.http.get(f"{server.prefix}/recordings", params={"meeting_id": meeting})).json()["data"]
    done = await server.until(recording["id"], "UPLOADED", 60)
    assert done.start_reason.caller.name == "ann"
    video = await server.download(done.download_url, tmp_path / "made-by-hand.mp4")
    for name in ("ann", "bob"):
        heard = sum(end - start for start, end in detect.tone_intervals(video, TONES[name]))
        # A browser that is starved of processor time leaves holes in what it sends.
        assert heard > 0.7 * detect.duration_s(video), name
    rects = [(0, 180, 640, 360), (640, 180, 640, 360)]
    assert {r.identity for r in detect.read_counters(video, rects)} == {IDENTITIES["ann"], IDENTITIES["bob"]}


async def test_from_the_start_page_into_a_meeting(server: Server, browser: SdkBrowser) -> None:
    start = await open_page(browser, server.base_url)
    await start.page.get_by_label("API token").fill(server.token)
    await start.page.get_by_role("button", name="Sign in").click()
    await start.page.get_by_label("New meeting").fill("By hand")
    await start.page.get_by_role("button", name="Create").click()
    async with start.page.context.expect_page() as opened:
        await start.page.locator("li", has_text="By hand").get_by_role("button", name="Open as host").click()
    room = MeetPage(await opened.value, start.log)
    await room.join()
    await expect(room.page.locator("rtk-meeting-title").get_by_text("By hand").first).to_be_visible()
    await room.page.context.close()


async def test_a_link_that_opens_nothing_says_so_and_what_to_do(server: Server, browser: SdkBrowser) -> None:
    meeting, other = await server.meeting(), await server.meeting()
    token = (await server.participant(meeting, "ann")).token
    head, claims, signature = token.split(".")
    room = await open_page(browser, server.base_url)
    for address, words in (
        (f"{meeting}", "not complete"),
        (f"{other}?authToken={token}", "does not open this meeting"),
        (f"{meeting}?authToken={head}.{claims}.{signature[::-1]}", "does not open the meeting"),
    ):
        await room.page.goto(f"{server.base_url}/meet/{address}")
        await expect(room.page.get_by_text(words)).to_be_visible(timeout=WITHIN_MS)
        assert "Ask whoever invited you" in await room.page.locator("body").inner_text()
    await room.page.context.close()
