"""Owns which of these tests are long, in which order files run (no worker shall end alone), and the shared browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.support.api import House, house
from tests.support.asgi import listening
from tests.support.sdk import SdkBrowser, sdk_browser

LONGEST_FIRST = (
    "crashes|sdk_meeting|both_ways|pages|sdk_reconnect|watermark|life|storage_recorded|sdk_recording|"
    "rtmp|demo|disk|sdk_media|storage_servers|meet_page|golden|attempts|webhooks|own_bucket_recorded|playback"
)
CALM = "sync|janus_dies|chat_log|janus|keyframes|chromium_publisher|tape_tokens|guarded"
"""They mostly wait, but for the first, which holds browsers to milliseconds: what runs beside it leaves it time."""
LONG = (
    "examples|finalize_crash|three|sample|kill|interactive|interactive_away|process|chromium_recorded|bench|schema|"
    "long_capture|long_list"
)
"""They want a machine to themselves to say anything, or need minutes of it; `make test-long` runs them one by one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort whole files; those that are not listed come before the calm ones."""
    named = [*LONGEST_FIRST.split("|"), "", *CALM.split("|")]
    rank = {f"test_{name}": place for place, name in enumerate(named)}
    items.sort(key=lambda item: rank.get(item.path.stem, rank["test_"]))
    long = {f"test_{name}" for name in LONG.split("|")}
    for item in items:
        if item.path.stem in long:
            item.add_marker("long")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[SdkBrowser]:
    """The Chromium of all tests of a worker that want one for windows only: a start is four seconds of a core."""
    async with sdk_browser() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def windows(browser: SdkBrowser) -> AsyncIterator[Browser]:
    """The same Chromium for pages that are nobody's in a meeting; what is opened here is closed after the test."""
    before = set(browser.browser.contexts)
    yield browser.browser
    for context in set(browser.browser.contexts) - before:
        await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def served(tmp_path: Path) -> AsyncIterator[tuple[House, str]]:
    """An API with made-up meetings, and the address at which it serves browsers."""
    async with house(tmp_path) as made:
        app = made.client._transport.app  # type: ignore[attr-defined]
        async with listening(app) as host:
            yield made, f"http://{host}"
