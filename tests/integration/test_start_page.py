"""The start page's lists in a browser: what each kind of recording offers, and how one gets to earlier ones."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from roomtape.db import recordings
from roomtape.domain.recording import Kind, Status
from roomtape.domain.recording_config import RecordingConfig
from roomtape.domain.storage_config import StorageConfig
from tests.support.api import House, a_recording

SHOTS = os.environ.get("START_PAGE_SHOTS")
"""A folder for pictures of the page, for whoever wants to look at it."""
pytestmark = pytest.mark.asyncio(loop_scope="session")

NEVER = datetime(2100, 1, 1, tzinfo=UTC)
TAPES = StorageConfig("aws", bucket="tapes", path="in", access_key="k", secret="s")
PEER = "2fdaae5c-0000-4000-8000-000000000001"
TRACKS = [f"my_tapes_ann_{PEER}_peer_audio_1.webm", f"my_tapes_bob-7_{PEER}_screenshare_video_2.webm"]
UPLOADED: dict[str, dict[str, Any]] = {
    "video": {"download": "a/r/v.mp4", "expires_at": NEVER},
    "both": {"download": "a/r/v.mp4", "audio_download": "a/r/v.mp3", "expires_at": NEVER},
    "sound": {"audio_download": "a/r/v.mp3", "expires_at": NEVER},
    "tracks": {
        "kind": Kind.TRACK,
        "output_file_name": "my_tapes_{user_id}_{peer_id}_{stream_kind}_audio_{timestamp}.webm",
        "download": [{"layer_name": "default", "paths": {name: f"a/r/{name}" for name in TRACKS}}],
        "expires_at": NEVER,
    },
    "interactive": {"download": "a/r/v.tar", "config": RecordingConfig(interactive=True), "expires_at": NEVER},
    "expired": {"expires_at": datetime(2020, 1, 1, tzinfo=UTC), "expired": True},
    "elsewhere": {"config": RecordingConfig(storage=TAPES, own_bucket=False)},
    "kept": {
        "download": "a/r/v.mp4",
        "config": RecordingConfig(storage=TAPES),
        "expires_at": NEVER,
        "warnings": ("storage aws://tapes: the service answered 403",),
    },
    "nobody": {"kind": Kind.TRACK, "download": [], "expires_at": NEVER, "warnings": ("nobody was in the meeting",)},
}


async def _recorded(api: House, title: str, **values: Any) -> None:
    meeting = await api.meeting(title=title)
    session = await api.session(meeting)
    await recordings.insert(api.db, a_recording(api.app_id, meeting, session.id, **values))


def _item(page: Page, title: str) -> Locator:
    return page.locator("#recordings li").filter(has=page.get_by_text(title, exact=True))


async def _offers(page: Page, title: str) -> list[str]:
    """Return the state of a recording, and the names of its links and buttons as somebody who listens is told them."""
    told = await _item(page, title).evaluate(
        """item => [item.querySelector(".state").textContent,
          ...[...item.querySelectorAll("a, button")].map((it) => it.ariaLabel ?? it.textContent)]"""
    )
    return list(told)


async def _shot(page: Page, name: str) -> None:
    if SHOTS:
        for size, width, height in (("desk", 1280, 800), ("phone", 390, 844)):
            for scheme in ("light", "dark"):
                await page.set_viewport_size({"width": width, "height": height})
                await page.emulate_media(color_scheme=scheme)
                await page.screenshot(path=str(Path(SHOTS) / f"{name}-{size}-{scheme}.png"), full_page=True)


async def test_what_a_finished_recording_offers(served: Any, windows: Browser) -> None:
    api, address = served
    wrong: list[str] = []
    for title, values in UPLOADED.items():
        await _recorded(api, title, **({"status": Status.UPLOADED} | values))
    waits = ("storage aws://tapes: the service answered 503. It is tried again",)
    await _recorded(api, "waits", status=Status.UPLOADING, config=RecordingConfig(storage=TAPES), warnings=waits)
    await _recorded(api, "rendered", status=Status.UPLOADING)
    page = await windows.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    await page.goto(f"{address}/#token={api.token}")
    await expect(_item(page, "video")).to_be_visible()
    assert {title: await _offers(page, title) for title in (*UPLOADED, "waits", "rendered")} == {
        "video": ["ready", "Play", "Download"],
        "both": ["ready", "Play Video", "Download Video", "Play Sound", "Download Sound"],
        "sound": ["ready", "Play Sound", "Download Sound"],
        "tracks": ["ready", "Play ann", "Download ann", "Play bob-7, screen, video", "Download bob-7, screen, video"],
        "interactive": ["ready", "Copy playlist link", "Download"],
        "expired": ["expired"],
        "elsewhere": ["ready"],
        "kept": ["ready", "Play", "Download"],
        "nobody": ["empty"],
        "waits": ["waiting for its storage"],
        "rendered": ["being made"],
    }
    await expect(_item(page, "elsewhere")).to_contain_text("in Amazon S3, tapes/in")
    await expect(_item(page, "kept")).not_to_contain_text("Amazon S3")
    assert "download=1" in str(await page.get_by_role("link", name="Download ann").get_attribute("href"))
    await _shot(page, "offers")
    assert wrong == []


async def test_earlier_meetings_and_recordings_are_reached(served: Any, windows: Browser) -> None:
    api, address = served
    meeting = await api.meeting(title="Weekly")
    session = await api.session(meeting)
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    for day in range(45):
        made = a_recording(api.app_id, meeting, session.id, invoked_at=begin + timedelta(days=day))
        await recordings.insert(api.db, made)
    for number in range(25):
        await api.meeting(title=f"Meeting {number}")
    page = await windows.new_page()
    await page.goto(f"{address}/#token={api.token}")
    for what, counts in (("meetings", (4, 20, 26)), ("recordings", (20, 40, 45))):
        more = page.get_by_role("button", name=f"Show earlier {what}")
        for count in counts:
            await expect(page.locator(f"#{what} > li")).to_have_count(count)
            if count != counts[-1]:
                await more.click()
        await expect(more).to_be_hidden()


@pytest.mark.parametrize("pasted", ['"{}"', '"{}",', " {} "])
async def test_a_token_as_it_stands_in_the_file_signs_in_and_leads_back_to_the_storage_page(
    served: Any, windows: Browser, pasted: str
) -> None:
    api, address = served
    page = await windows.new_page()
    await page.goto(f"{address}/storage")
    await page.get_by_role("link", name="Sign in").click()
    await page.get_by_label("API token").fill(pasted.format(api.token))
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("button", name="Test it")).to_be_visible()


@pytest.mark.parametrize("phone", [False, True])
async def test_no_phone_opens_its_keyboard_unasked(served: Any, windows: Browser, phone: bool) -> None:
    _, address = served
    page = await windows.new_page(has_touch=phone, is_mobile=phone, viewport={"width": 390, "height": 844})
    await page.goto(address)
    await expect(page.get_by_label("API token")).to_be_visible()
    assert await page.evaluate("document.activeElement.id") == ("" if phone else "token")
