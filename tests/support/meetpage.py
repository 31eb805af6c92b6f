"""Owns people on the meeting page: the official UI kit as the server serves it, used by its buttons."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.async_api import Page, expect

from tests.support.sdk import Devices, Log, SdkBrowser

WITHIN_MS = 20_000


@dataclass
class MeetPage:
    """One person's page; Playwright's locators see through the UI kit's shadow trees."""

    page: Page
    log: Log

    async def join(self) -> None:
        """Press Join and wait for the room."""
        await self.page.get_by_role("button", name="Join").click(timeout=WITHIN_MS)
        await expect(self.page.locator("rtk-controlbar")).to_be_visible(timeout=WITHIN_MS)

    async def sees_tiles(self, names: set[str]) -> None:
        """Wait until there is a playing tile for each of `names`, which are shown."""
        for name in names:
            tile = self.page.locator("rtk-participant-tile", has_text=name)
            await expect(tile).to_be_visible(timeout=WITHIN_MS)
        await self.page.wait_for_function(
            "count => roomtapeTest.videos().filter(v => v.readyState > 2 && !v.paused).length >= count",
            arg=len(names), timeout=WITHIN_MS,
        )  # fmt: skip

    async def offers(self, item: str, offered: bool = True) -> None:
        """Wait until the menu "More" shows an item, or shows that it lacks it, and close it again."""
        toggle = self.page.locator("rtk-more-toggle")
        await toggle.click()
        await expect(self.page.get_by_text("Troubleshooting", exact=True)).to_be_visible(timeout=WITHIN_MS)
        found = expect(self.page.get_by_text(item, exact=True))
        await (found.to_be_visible if offered else found.to_be_hidden)(timeout=WITHIN_MS)
        await toggle.click()

    async def choose(self, item: str) -> None:
        """Open the menu "More", which then stays open, and choose an item."""
        await self.page.locator("rtk-more-toggle").click()
        await self.page.get_by_text(item, exact=True).click(timeout=WITHIN_MS)

    async def shows_rec(self, shown: bool = True) -> None:
        """Wait until the page shows that it is recorded, or that it is not."""
        indicator = self.page.locator("rtk-recording-indicator").get_by_text("REC", exact=True)
        await (expect(indicator).to_be_visible if shown else expect(indicator).to_be_hidden)(timeout=WITHIN_MS)

    def nothing_went_wrong(self, origins: set[str]) -> None:
        """Fail when a request failed or left `origins`, or anything was complained of."""
        assert self.log.failed == []
        assert self.log.errors == []
        assert self.log.console == []
        elsewhere = [u for u in self.log.requested if not u.removeprefix("blob:").startswith((*origins, "data:"))]
        assert elsewhere == []


# The UI kit's videos lie in nested shadow trees.
_VIDEOS = """
globalThis.roomtapeTest = {videos(root = document) {
  const found = [...root.querySelectorAll('video')];
  for (const element of root.querySelectorAll('*')) {
    if (element.shadowRoot) found.push(...roomtapeTest.videos(element.shadowRoot));
  }
  return found;
}};
"""


async def open_page(browser: SdkBrowser, address: str, devices: Devices | None = None) -> MeetPage:
    """Open an address in a window of its own with made-up devices."""
    context = await browser.context(devices or Devices())
    await context.add_init_script(_VIDEOS)
    page = await context.new_page()
    log = Log()
    log.watch(page)
    await page.goto(address)
    return MeetPage(page, log)
