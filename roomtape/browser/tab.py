"""Owns the recorded tab: a page without any rights, opened anew for each attempt, and what happens to it."""

from __future__ import annotations

import asyncio
import contextlib

from playwright.async_api import Browser, BrowserContext, CDPSession, Dialog, Download, Error, Page
from playwright.async_api import TimeoutError as NotInTime

from roomtape.browser.glance import LOOK, Glance
from roomtape.browser.guardproxy import GuardProxy
from roomtape.browser.job import PageJob
from roomtape.browser.sdksocket import ADDRESS, SdkSocket
from roomtape.browser.telling import Telling, plain

OPENED_WITHIN_S = 45.0
LOADED_WITHIN_S = 20.0
CLOSED_WITHIN_S = 4.0
LOOKED_WITHIN_S = 10.0


class NotOpened(Exception):
    """The page was not opened; `for_good` when trying again soon is of no use."""

    def __init__(self, why: str, for_good: bool) -> None:
        super().__init__(why)
        self.for_good = for_good


class Hung(Exception):
    """The page does not answer."""


class RecordedTab:
    """One attempt at the page. `crashed` and `closed` are set when that happens; `documents` counts what it loaded."""

    def __init__(
        self, context: BrowserContext, page: Page, eyes: CDPSession, job: PageJob, proxy: GuardProxy, telling: Telling
    ) -> None:
        self.crashed = asyncio.Event()
        self.closed = asyncio.Event()
        self.documents = 0
        self._context = context
        self._page = page
        self._eyes = eyes
        self._job = job
        self._proxy = proxy
        self._telling = telling
        self._at = ""
        self._doing: set[asyncio.Task[None]] = set()
        page.on("crash", lambda _: self.crashed.set())
        page.on("close", lambda _: self.closed.set())
        page.on("domcontentloaded", self._loaded)
        page.on("dialog", _dismissed)
        page.on("download", self._downloading)
        context.on("page", self._popped_up)

    @staticmethod
    async def open(
        browser: Browser, job: PageJob, title: str, sdk: SdkSocket, proxy: GuardProxy, telling: Telling
    ) -> RecordedTab:
        """Open an empty tab with `title`, which the studio can capture. Raises Playwright's Error."""
        context = await browser.new_context(
            viewport={"width": job.width, "height": job.height},
            device_scale_factor=1,
            accept_downloads=False,
            # All others are denied. Which hosts are private is our guard's to say, which sees what Chromium does not.
            permissions=["local-network-access"],
        )
        await context.route_web_socket(ADDRESS, sdk.serve)
        page = await context.new_page()
        eyes = await context.new_cdp_session(page)
        await eyes.send("Runtime.evaluate", {"expression": f"document.title = {title!r}"})
        return RecordedTab(context, page, eyes, job, proxy, telling)

    async def show(self) -> None:
        """Go to the job's page; done when its document is there. Raises NotOpened."""
        try:
            response = await self._page.goto(
                self._job.url, wait_until="domcontentloaded", timeout=OPENED_WITHIN_S * 1000
            )
        except NotInTime as error:
            raise NotOpened(f"it was not loaded within {OPENED_WITHIN_S:g} s", False) from error
        except Error as error:
            raise self._not_opened(error.message) from error
        if response is not None and response.status >= 400:
            problem = self._proxy.problem(self._job.url)
            if problem is not None:
                raise NotOpened(problem.why, problem.for_good)
            why = f"its server answered {response.status} {response.status_text}".rstrip()
            raise NotOpened(why, response.status < 500)

    async def settled(self) -> None:
        """Wait, within bounds, until the page has loaded and is quiet."""
        with contextlib.suppress(Error):
            await self._page.wait_for_load_state("load", timeout=LOADED_WITHIN_S * 1000)
            await self._page.wait_for_load_state("networkidle", timeout=LOADED_WITHIN_S * 500)

    async def look(self) -> Glance | None:
        """Look at the page; None while it is between two documents. Raises Hung.

        Playwright's own `evaluate` counts as a click, after which a page may open windows and capture.
        """
        asked = {"expression": f"({LOOK})()", "returnByValue": True}
        looking = asyncio.create_task(self._eyes.send("Runtime.evaluate", asked))
        crashed = asyncio.create_task(self.crashed.wait())  # then there is never an answer
        try:
            await asyncio.wait({looking, crashed}, timeout=LOOKED_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
            if self.crashed.is_set():
                return None
            if not looking.done():
                raise Hung
            seen = looking.result()
            return Glance.of(seen["result"]["value"]) if "value" in seen["result"] else None
        except Error:
            return None
        finally:
            for task in (looking, crashed):
                task.cancel()
            await asyncio.gather(looking, crashed, return_exceptions=True)

    @property
    def problem(self) -> str | None:
        """Why Chromium shows an error of its own in place of the page; None when it does not."""
        if self._page.url.startswith("chrome-error:"):
            problem = self._proxy.problem(self._job.url)
            return "what it went to cannot be opened" if problem is None else problem.why
        return None

    async def close(self) -> bool:
        """Close the tab; False when it does not close."""
        try:
            async with asyncio.timeout(CLOSED_WITHIN_S):
                await self._context.close()
        except (Error, TimeoutError):
            return False
        return True

    def _not_opened(self, message: str) -> NotOpened:
        why = message.partition("\n")[0].removeprefix("Page.goto: ").replace(self._job.url, plain(self._job.url))
        problem = self._proxy.problem(self._job.url)
        if problem is not None:
            return NotOpened(problem.why, problem.for_good)
        if "ERR_CERT" in why or "ERR_SSL" in why:
            return NotOpened(f"its certificate or TLS is not valid ({why})", True)
        if "ERR_INVALID_AUTH_CREDENTIALS" in why:
            return NotOpened("it asks for a user name and password, which cannot be given", True)
        if "Download is starting" in why:
            return NotOpened("it is a file to download and no page", True)
        return NotOpened(why, False)

    def _loaded(self, page: Page) -> None:
        at = plain(page.url)
        self.documents += 1
        if self._at and at != self._at and not at.startswith("chrome-error:"):
            self._telling.tell("navigated", at)
        self._at = at

    def _popped_up(self, page: Page) -> None:
        if page != self._page:
            self._telling.refused(page.url, "the page opened a window, which is not recorded")
            self._do(page.close())

    def _downloading(self, download: Download) -> None:
        self._telling.refused(download.url, "downloads are not taken")
        self._do(download.cancel())

    def _do(self, work: object) -> None:
        async def quietly() -> None:
            with contextlib.suppress(Error):
                await work  # type: ignore[misc]

        task = asyncio.create_task(quietly())
        self._doing.add(task)
        task.add_done_callback(self._doing.discard)


async def _dismissed(dialog: Dialog) -> None:
    with contextlib.suppress(Error):
        await dialog.dismiss()
