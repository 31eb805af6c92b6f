"""The start page, and what the meeting page's script does with addresses, in a real browser on a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, expect

from tests.support.sdk import SdkBrowser
from tests.support.server import Server, running

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def empty(tmp_path: Path) -> AsyncIterator[Server]:
    """A server on which nothing has been made yet."""
    async with running(tmp_path / "data") as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    async with running(tmp_path_factory.mktemp("server") / "data") as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: SdkBrowser) -> AsyncIterator[BrowserContext]:
    async with await browser.browser.new_context() as context:
        context.set_default_timeout(10_000)
        yield context


def hosts_of(page: Page) -> set[str]:
    """Return a set that fills with the hosts that a page asks."""
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    return hosts


async def until(page: Page, expression: str, within_s: float = 15) -> None:
    """Wait for an expression to be true; Playwright's own way needs `eval`, which our policy forbids."""
    async with asyncio.timeout(within_s):
        while not await page.evaluate(expression):
            await asyncio.sleep(0.1)


async def test_two_clicks_from_the_token_into_a_meeting_and_a_recording_that_plays(
    empty: Server, context: BrowserContext
) -> None:
    page = await context.new_page()
    hosts = hosts_of(page)
    await page.goto(empty.base_url)

    await page.get_by_label("API token").fill("not-a-token")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_contain_text("not a valid API token")

    await page.get_by_label("API token").fill(empty.token)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_text("No recordings yet")).to_be_visible()
    assert await page.evaluate("[localStorage.length, document.cookie]") == [0, ""]

    await page.get_by_label("New meeting").fill("<b>Standup</b>")
    await page.get_by_role("button", name="Create").click()
    await expect(page.get_by_text("<b>Standup</b>", exact=True)).to_be_visible()
    async with context.expect_page() as opened:
        await page.get_by_role("button", name="Open as host").click()
    tab = await opened.value
    await tab.wait_for_url(f"{empty.base_url}/meet/*")
    assert await tab.evaluate("window.opener") is None
    await tab.get_by_text("Join", exact=True).click()
    await until(tab, "window.meeting?.self.roomJoined")
    assert await tab.evaluate("meeting.self.permissions.canRecord") is True
    await tab.evaluate("meeting.recording.start()")

    await expect(page.locator("#recordings .state")).to_have_text("recording")
    await tab.wait_for_timeout(2500)
    await page.get_by_role("button", name="Stop").click()
    await expect(page.locator("#recordings .state")).to_have_text("ready", timeout=60_000)
    async with context.expect_page() as opened:
        await page.get_by_role("link", name="Play").click()
    video = await opened.value
    await until(video, "document.querySelector('video')?.currentTime > 0.5")
    assert hosts == {urlsplit(empty.base_url).netloc}


async def test_a_link_with_the_token_signs_in_and_the_token_leaves_the_address(
    empty: Server, context: BrowserContext
) -> None:
    page = await context.new_page()
    await page.goto(f"{empty.base_url}/#token={empty.token}")
    await expect(page.get_by_text("No meetings yet")).to_be_visible()
    assert page.url == f"{empty.base_url}/"
    await page.reload()
    await expect(page.get_by_text("No meetings yet")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    assert await page.evaluate("sessionStorage.getItem('token')") is None
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "It lacks its token"),
        ("?authToken=nonsense", "Its token is damaged"),
        ("?authToken=OTHER", "Its token is for another one"),
        ("?authToken=FORGED", "This link does not open the meeting"),
    ],
)
async def test_a_link_that_opens_nothing_says_so(
    server: Server, context: BrowserContext, query: str, words: str
) -> None:
    meeting = await server.meeting()
    token = (await server.participant(meeting, "Ada")).token
    other = (await server.participant(await server.meeting(), "Ada")).token
    page = await context.new_page()
    forged = token.rpartition(".")[0] + ".AAAA"
    await page.goto(f"{server.base_url}/meet/{meeting}{query.replace('OTHER', other).replace('FORGED', forged)}")
    await expect(page.locator("#message")).to_contain_text(words)
    await expect(page.locator("rtk-meeting")).to_be_hidden()


async def test_every_address_of_the_sdk_and_the_kit_leads_to_our_own_server(
    server: Server, context: BrowserContext
) -> None:
    page = await context.new_page()
    hosts = hosts_of(page)
    meeting = await server.meeting()
    await page.goto(f"{server.base_url}/meet/{meeting}")
    asked = await page.evaluate(
        """async () => {
          const base = roomtape.baseURI;
          const kit = "https://rtk-assets.realtime.cloudflare.com";
          const status = async (...given) => (await fetch(...given)).status;
          const byXhr = await new Promise((resolve) => {
            const request = new XMLHttpRequest();
            request.onload = () => resolve(request.status);
            request.open("GET", `https://api.${base}/iceservers`);
            request.send();
          });
          const audio = new Audio();
          audio.src = "https://rtk-uploads.realtime.cloudflare.com/notification_join.mp3";
          const other = new Audio();
          other.setAttribute("src", `${kit}/ui-kit/speaker-test.mp3`);
          const font = document.createElement("link");
          font.href = "https://fonts.googleapis.com/css2?family=Comic";
          return [
            await status(`https://api.${base}/v2/internals/participant-details`),
            await status(new Request(`https://api-silos.${base}/otel/logs`, { method: "POST", body: "x" })),
            await status(`https://da-collector.${base}/api/v1/message`, { method: "POST", body: "x" }),
            (await (await fetch(`https://location.${base}`)).json()).loc,
            byXhr,
            new WebSocket(`wss://socket-edge.${base}/ws?a=1`).url,
            (await (await fetch(`${kit}/assets/emojis-data.json`)).json()).emojis.length > 1000,
            await status(`${kit}/ui-kit/permissions/Chrome2.svg`),
            navigator.sendBeacon(`https://api-silos.${base}/otel/logs`, "x"),
            [audio.src, other.src, font.href].map((address) => new URL(address).pathname),
          ];
        }"""
    )
    socket = server.base_url.replace("http", "ws", 1) + "/ws?a=1"
    sounds = ["/console/join.mp3", "/console/speaker.mp3", "/console/no-font.css"]
    assert asked == [401, 200, 200, "0.0000,0.0000", 401, socket, True, 200, True, sounds]
    assert hosts == {urlsplit(server.base_url).netloc}
    blocked = await page.evaluate("fetch('https://elsewhere.example/').then(() => 'asked', () => 'blocked')")
    assert blocked == "blocked"


async def test_no_link_takes_a_token_to_cloudflare(server: Server, context: BrowserContext) -> None:
    page = await context.new_page()
    await page.goto(f"{server.base_url}/meet/{await server.meeting()}")
    await page.evaluate(
        """() => {
          const host = document.body.appendChild(document.createElement("div"));
          host.attachShadow({ mode: "open" }).innerHTML =
            '<a target="_blank" href="https://test.realtime.cloudflare.com?authToken=secret">Troubleshoot</a>';
        }"""
    )
    async with context.expect_page() as opened:
        await page.get_by_role("link", name="Troubleshoot").click()
    tab = await opened.value
    await tab.wait_for_url(f"{server.base_url}/console/help.html")
    await expect(tab.get_by_role("heading")).to_contain_text("does not work")
