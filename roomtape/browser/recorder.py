"""Owns the course of a page's recording: browser, studio and page, each started again when it fails, and told of."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import NoReturn
from urllib.parse import urlsplit

import structlog
from playwright.async_api import Error

from roomtape.browser.attempts import Attempts
from roomtape.browser.beginning import Beginning
from roomtape.browser.chromium import Chromium
from roomtape.browser.confinement import Confinement
from roomtape.browser.failure import PageFailed
from roomtape.browser.glance import Glance
from roomtape.browser.guardproxy import GuardProxy
from roomtape.browser.job import PageJob
from roomtape.browser.journal import What
from roomtape.browser.studio import Studio
from roomtape.browser.tab import Hung, NotOpened, RecordedTab
from roomtape.browser.telling import Telling, plain
from roomtape.browser.whip import WhipRefused, WhipSession
from roomtape.outbound.guard import Guard

log = structlog.get_logger()

LOOK_EVERY_S = 1.0
WEIGH_EVERY_S = 1.0
BLANK_AFTER_S = 10.0
MOST_BLANK = 3
"""A page that is blank again after this many starts is so by nature."""
UNSEEN_FOR_S = 20.0
DISCONNECTED_FOR_S = 3.0
OPENINGS = 3
HUSH = 1e-7
CHROMIUM_ASKS = "accounts.google.com"
"""At its start, who is signed in; a page may have it too."""


class Trouble(Exception):
    """The page must be started again; `whole`: with a new browser."""

    def __init__(self, what: What, detail: str = "", whole: bool = False) -> None:
        super().__init__(detail)
        self.what: What = what
        self.detail = detail
        self.whole = whole
        self.told = False


class Recorder:
    """Records the page of a job until it is cancelled."""

    def __init__(self, job: PageJob, confinement: Confinement, telling: Telling) -> None:
        self._job = job
        self._confinement = confinement
        self._telling = telling
        self._whip = WhipSession(job.publish_url, job.publish_token)
        self._proxy = GuardProxy(
            Guard(job.allowed, setting="page_allow"),
            job.own,
            job.most_download_mb << 20,
            confinement.uid,
            self._refused,
        )
        self._beginning = Beginning(telling, job.begin_within_s, job.begun, job.interactive)
        self._attempts = Attempts()
        self._shown = job.begun
        self._troubled = job.begun  # then the page was there before, and is back once it is shown
        self._blanks = 0
        self._openings = 0
        self._opened = False

    async def run(self) -> None:
        """Record. Raises PageFailed when there is nothing to record; ends otherwise only when cancelled."""
        port = await self._proxy.start()
        try:
            while True:
                try:
                    await self._browser_life(port)
                except Trouble as trouble:
                    await self._pause(trouble)
                except PageFailed:
                    raise
                except Exception:
                    log.exception("the recorder stumbled")  # a recording that runs is worth another attempt
                    await self._pause(Trouble("gone", "the recorder stumbled; the server's log says how", whole=True))
        finally:
            await self._whip.leave()
            await self._whip.close()
            await self._proxy.stop()

    async def _browser_life(self, port: int) -> None:
        """Record with one browser for as long as it lives. Raises Trouble, PageFailed."""
        try:
            chromium = await Chromium.start(self._confinement, port)
        except PageFailed as error:
            if not self._shown and self._attempts.too_many:
                raise
            raise Trouble("gone", str(error), whole=True) from error
        course = asyncio.create_task(self._pages(chromium))
        gone = asyncio.create_task(chromium.gone.wait())
        weighing = asyncio.create_task(_weigh(chromium, self._job.most_memory_mb))
        try:
            done, _ = await asyncio.wait({course, gone, weighing}, return_when=asyncio.FIRST_COMPLETED)
            await (weighing if weighing in done else gone if gone in done else course)
            raise Trouble("gone", "Chromium ended", whole=True)
        finally:
            for task in (course, gone, weighing):
                task.cancel()
            await asyncio.gather(course, gone, weighing, return_exceptions=True)
            leaving = asyncio.create_task(self._whip.leave())
            await chromium.stop()
            await leaving

    async def _pages(self, chromium: Chromium) -> None:
        """Show the page again and again in one browser. Raises Trouble of the whole browser, PageFailed."""
        try:
            studio = Studio(chromium.browser, self._job, self._whip)
            tab, _ = await asyncio.gather(self._tab(chromium), studio.open())
            published = False
            while True:
                await studio.capture()
                if not published:
                    await self._publish(studio)
                    published = True
                try:
                    await self._show(tab, studio)
                    await self._watch(tab, studio)
                except Trouble as trouble:
                    self._tell(trouble)
                    await studio.show(False)
                    if not await tab.close():
                        trouble.whole = True
                    if trouble.whole:
                        raise
                    await self._pause(trouble)
                    tab = await self._tab(chromium)
        except (Error, TimeoutError) as error:
            why = str(error).partition("\n")[0] or "the browser does not answer"
            raise Trouble("gone", why, whole=True) from error

    async def _tab(self, chromium: Chromium) -> RecordedTab:
        sdk = self._beginning.sdk
        return await RecordedTab.open(chromium.browser, self._job, chromium.title, sdk, self._proxy, self._telling)

    async def _publish(self, studio: Studio) -> None:
        """Publish, however often it takes. Raises PageFailed when the server never took it and never will."""
        attempts = Attempts()
        while True:
            try:
                peer_id = await studio.publish()
            except WhipRefused as error:
                if not self._shown and (error.for_good or attempts.too_many):
                    raise PageFailed(f"the page's picture cannot be brought into the meeting: {error}") from error
                log.warning("not published", error=str(error))
            except (Error, TimeoutError) as error:
                log.warning("not published", error=str(error)[:300])
                if attempts.too_many:
                    raise
            else:
                self._telling.tell("published", peer_id)
                return
            await asyncio.sleep(min(5.0, attempts.pause_s()))

    async def _show(self, tab: RecordedTab, studio: Studio) -> None:
        """Open the page and let it be seen. Raises Trouble, PageFailed."""
        self._opened = True
        try:
            await tab.show()
        except NotOpened as error:
            self._openings += 1
            why = f"{plain(self._job.url)} cannot be opened: {error}"
            if not self._shown and (error.for_good or self._openings >= OPENINGS):
                raise PageFailed(why) from error
            if tab.crashed.is_set():
                raise Trouble("crashed", "the page crashed while it was loaded") from error
            raise Trouble("blank", why) from error
        await studio.show(True)
        self._shown = True
        if self._troubled:
            self._troubled = False
            self._telling.tell("back")

    async def _watch(self, tab: RecordedTab, studio: Studio) -> None:
        """Look at everything once a second. Raises Trouble, PageFailed."""
        settling = asyncio.create_task(self._settle(tab))
        watch = _Watch(tab, studio)
        try:
            while True:
                glance = await watch.page(may_be_blank=self._blanks >= MOST_BLANK)
                self._beginning.check(glance, tab.documents)
                self._telling.catch_up()
                if self._beginning.left:
                    await asyncio.Event().wait()  # the server ends us
                if await watch.tape_lost():
                    await self._publish_anew(studio)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(tab.crashed.wait(), LOOK_EVERY_S)
        except Trouble as trouble:
            self._blanks += trouble.what == "blank"
            raise
        finally:
            settling.cancel()

    async def _settle(self, tab: RecordedTab) -> None:
        await tab.settled()
        self._beginning.settled()

    def _refused(self, address: str, why: str) -> None:
        """Tell of what the page did not get. What Chromium itself asks is nobody's business."""
        if self._opened and urlsplit(address).hostname != CHROMIUM_ASKS:
            self._telling.refused(address, why)

    async def _publish_anew(self, studio: Studio) -> None:
        self._telling.tell("silent", "media does not reach the server any more")
        await self._publish(studio)
        self._telling.tell("back")

    def _tell(self, trouble: Trouble) -> None:
        if not trouble.told:
            trouble.told = self._troubled = True
            self._telling.tell(trouble.what, trouble.detail)

    async def _pause(self, trouble: Trouble) -> None:
        """Tell of a trouble and wait before the next attempt. Raises PageFailed when there shall be none."""
        self._tell(trouble)
        pause_s = self._attempts.pause_s()
        if self._attempts.too_many and not self._shown:
            raise PageFailed(f"the page was started {self._attempts.count} times and never shown: {trouble.detail}")
        await asyncio.sleep(pause_s)


async def _weigh(chromium: Chromium, most_mb: int) -> NoReturn:
    """Weigh a browser once a second, whether or not its page answers. Raises Trouble when it is too heavy."""
    while True:
        await asyncio.sleep(WEIGH_EVERY_S)
        memory_mb = await asyncio.to_thread(chromium.memory_mb)
        if memory_mb > most_mb:
            raise Trouble("memory", f"{memory_mb:.0f} MB, and {most_mb} are allowed", whole=True)


class _Watch:
    """What was seen of one page so far."""

    def __init__(self, tab: RecordedTab, studio: Studio) -> None:
        self._tab = tab
        self._studio = studio
        self._energy = 0.0
        self._showed_at = self._connected_at = self._seen_at = time.monotonic()

    async def page(self, may_be_blank: bool) -> Glance | None:
        """Look at the page. Raises Trouble."""
        if self._tab.crashed.is_set():
            raise Trouble("crashed", "the page's process ended")
        if self._tab.closed.is_set():
            raise Trouble("blank", "the page closed its own window")
        problem = self._tab.problem
        if problem is not None:
            raise Trouble("blank", problem)
        try:
            glance = await self._tab.look()
        except Hung as error:
            raise Trouble("hung", "the page does not answer") from error
        if self._tab.crashed.is_set():
            raise Trouble("crashed", "the page's process ended")
        if glance is not None:
            self._seen_at = time.monotonic()
        elif time.monotonic() - self._seen_at > UNSEEN_FOR_S:
            raise Trouble("hung", "the page cannot be looked at")
        if glance is None or glance.shows or may_be_blank:
            self._showed_at = time.monotonic()
        elif time.monotonic() - self._showed_at > BLANK_AFTER_S:
            raise Trouble("blank", "the page shows nothing, and makes no sound")
        return glance

    async def tape_lost(self) -> bool:
        """Measure what goes out; tell whether it does not arrive any more. Raises Trouble when nothing is captured."""
        health = await self._studio.health()
        now = time.monotonic()
        if health.energy - self._energy > HUSH:
            self._showed_at = now
        self._energy = health.energy
        if not health.captured and not self._tab.crashed.is_set():
            raise Trouble("silent", "the browser does not capture the page any more")
        if health.state == "connected":
            self._connected_at = now
        return health.state in ("failed", "closed", "none") or now - self._connected_at > DISCONNECTED_FOR_S
