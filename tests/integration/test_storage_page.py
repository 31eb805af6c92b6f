"""The storage page in a browser: a storage is tested, the answer is in words, and no secret stays."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.api import House

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHOTS = os.environ.get("STORAGE_PAGE_SHOTS")
"""A folder for pictures of the page, for whoever wants to look at it."""
SFTP = {"type": "sftp", "host": "of-app.invalid", "username": "u", "password": "hush-hush", "path": "in"}


async def _shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


async def test_a_storage_is_tested_and_the_answer_is_in_words(served: Any, windows: Browser, monkeypatch: Any) -> None:
    api, address = served
    page = await windows.new_page(viewport={"width": 1100, "height": 900})
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
    await page.goto(f"{address}/storage")
    await expect(page.get_by_text("Sign in first")).to_be_visible()
    await api.client.put(f"{api.kit}/recording-config", json={"storage_config": SFTP})
    await api.meeting(title="Weekly", recording_config={"storage_config": SFTP | {"host": "of-meeting.invalid"}})
    await page.goto(f"{address}/#token={api.token}")
    await page.get_by_role("link", name="Storage").click()

    what, result = page.get_by_label("Storage"), page.get_by_role("status")
    await expect(what).to_be_visible()
    await page.get_by_role("button", name="Test it").click()
    await expect(result).to_contain_text("there is no host of-app.invalid")
    await _shot(page, "configured")
    await what.select_option("Weekly: SFTP server, of-meeting.invalid/in")
    await expect(result).to_be_hidden()
    await page.get_by_role("button", name="Test it").click()
    await expect(result).to_contain_text("there is no host of-meeting.invalid")

    await what.select_option("SFTP server")
    await _shot(page, "sftp")
    await page.get_by_label("Host").fill("files.invalid")
    await page.get_by_label("User").fill("roomtape")
    await page.get_by_label("Password").fill("hush-77")
    await what.select_option("Google Cloud Storage")
    await _shot(page, "gcs")
    await what.select_option("Amazon S3")
    given = {"Bucket": "tapes", "Folder": "meetings/2026", "Access key": "AKIA77", "Secret": "hush-hush"}
    for label, text in given.items():
        await page.get_by_label(label, exact=True).fill(text)
    asked: list[Any] = []

    async def test(storage: Any) -> str | None:
        asked.append(storage)
        return "aws://tapes/meetings/2026: the service answered 403 Forbidden" if len(asked) == 1 else None

    monkeypatch.setattr(_deliveries(api), "test", test)
    await page.get_by_role("button", name="Test it").click()
    await expect(result).to_contain_text("403 Forbidden.")
    await _shot(page, "refused")
    assert await page.get_by_label("Secret", exact=True).input_value() == "hush-hush"  # to be corrected
    await page.get_by_role("button", name="Test it").click()
    await expect(result).to_contain_text("Amazon S3, tapes/meetings/2026: written, read and deleted in")
    await _shot(page, "works")
    assert (asked[1].type, asked[1].secret, asked[1].region) == ("aws", "hush-hush", None)
    assert await page.get_by_label("Secret", exact=True).input_value() == ""
    assert await page.get_by_label("Bucket", exact=True).input_value() == "tapes"
    kept = await page.evaluate(
        "JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie, location.href])"
    )
    assert "hush" not in kept
    await page.set_viewport_size({"width": 390, "height": 800})
    await _shot(page, "narrow")
    assert wrong == []


def _deliveries(api: House) -> Any:
    app = api.client._transport.app  # type: ignore[attr-defined]
    while not hasattr(app, "state"):
        app = app.app
    return app.state.deps.deliveries
