"""Owns the recordings of pages while they live: a recorder process for each, what it says, and its end.

What the recorder says lies in its journal, so a server that was away reads on where it was, and what it has logged
already it knows from the session's log. docs/page-recordings.md tells the whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import psutil
import structlog

from roomtape import metrics
from roomtape.browser.job import PageJob
from roomtape.browser.journal import Entry
from roomtape.capture.events import MessageSent, PageHappened
from roomtape.capture.paths import EVENTS, capture_dir
from roomtape.clock import now_us
from roomtape.db import participants
from roomtape.db import recordings as rows
from roomtape.domain.recording import Recording, Status, StopCause
from roomtape.errors import Conflict, RoomtapeError
from roomtape.recordings import page_news, page_process, page_url
from roomtape.recordings.page_guest import Guests
from roomtape.recordings.page_journal import PageJournal
from roomtape.recordings.page_process import PageProcess
from roomtape.recordings.page_url import Places
from roomtape.recordings.port import Rooms
from roomtape.recordings.service import Recordings
from roomtape.rooms.tokens import TokenIssuer
from roomtape.settings import Settings

log = structlog.get_logger()

FOLDER = "pages"
"""In the data folder: a work folder for each recorder."""
BEGIN_WITHIN_S = 120.0
SLACK_S = 120.0
"""On top of that, for browser and page to load; the recorder itself says so of a page that does not begin in time."""
POLL_EARLY_S, POLL_S = 0.05, 0.2
TOUCH_EVERY_S = 20.0
MOST_DEATHS = 6
MOST_WARNINGS = 10
"""On the row, of a kind: a page that is refused much must not hide that it crashed. The manifest has all."""
STEADY_S = 120.0
"""A recorder that ran for so long did not die of what it does first."""
PAUSE_S, PAUSE_MOST_S = 0.5, 30.0
STOP_WITHIN_S = 3.0
FOLLOWER_ENDS_WITHIN_S = 20.0
TOKEN_SLACK_S = 3600


class Describing(Protocol):
    def __call__(self, recording: Recording) -> dict[str, Any]:
        """Return a recording's configuration as the public API names it, without secrets."""


@dataclass
class _Page:
    """A recording's page. `known` is what of it the log had when it was adopted, `deaths` how often in a row it died
    early."""

    recording_id: str
    session_id: str
    process: PageProcess
    journal: PageJournal
    adopted: bool = False
    known: set[tuple[int, str]] = field(default_factory=set)
    began: bool = False
    started: float = 0.0
    deaths: int = 0
    away_us: int | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    ending: asyncio.Task[None] | None = None
    told: Counter[str] = field(default_factory=Counter)


class Pages:
    """The pages of this server; all methods belong to its event loop. `recordings` calls begin, adopt and finish."""

    def __init__(
        self,
        settings: Settings,
        rooms: Rooms,
        recordings: Recordings,
        issuer: TokenIssuer,
        places: Places,
        describe: Describing,
        command: Sequence[str] = page_process.COMMAND,
    ) -> None:
        self._settings = settings
        self._rooms = rooms
        self._recordings = recordings
        self._db = recordings.db
        self._issuer = issuer
        self._places = places
        self._describe = describe
        self._command = command
        self._guests = Guests(self._db, rooms, issuer)
        self._root = settings.data_dir / FOLDER
        self._pages: dict[str, _Page] = {}
        self._ending: dict[str, _Page] = {}
        self._stopping = False

    def begin(self, recording: Recording) -> None:
        """Open the page of a new recording; it begins when the page says so."""
        self._follow(recording)

    def adopt(self, recording: Recording) -> None:
        """Go on with a recording that an earlier run of the server left, and with its recorder if that still runs."""
        self._follow(recording, adopted=True)

    def finish(self, recording: Recording) -> None:
        """The recording is over: its captures go off, then its recorder and all that was made for it."""
        page = self._pages.pop(recording.id, None)
        if page is None:
            return
        page.over.set()
        page.ending = asyncio.create_task(self._end(page, recording), name=f"page's end {recording.id}")
        self._ending[recording.id] = page
        page.ending.add_done_callback(lambda _: self._ending.pop(recording.id, None))

    async def hear_out(self, recording: Recording) -> None:
        """Have in the log what its page has forwarded until now: what is logged after this call is later."""
        page = self._pages.get(recording.id)
        if page is not None:
            try:
                await page.journal.read()
            except OSError as error:
                log.warning("journal of a page not read", recording_id=recording.id, error=str(error))

    async def sweep(self, active: Collection[str]) -> None:
        """At the start: end the recorders of recordings that are over, and remove what was made for them."""
        found = await asyncio.to_thread(page_process.running, self._root)
        folders = await asyncio.to_thread(lambda: [p.name for p in self._root.glob("*")])
        over = {*found, *folders} - {*active, *self._ending}
        await asyncio.gather(*(self._sweep(name, found.get(name)) for name in over))
        await participants.forget_recorders(self._db, but_of=active)
        for session in self._rooms.sessions.values():
            strays = [p.id for p in session.peers.values() if p.tape and p.participant_id not in active]
            await self._rooms.kick(session, strays)

    async def _sweep(self, name: str, found: psutil.Process | None) -> None:
        process = PageProcess(self._root / name, self._command)
        if found is not None:
            process.adopt(found)
        log.info("recorder of a recording that is over", recording_id=name, running=process.alive)
        await process.end(STOP_WITHIN_S)
        await asyncio.to_thread(process.forget)

    async def stop(self) -> None:
        """The server stops: all recorders end, and are started again at the next start."""
        self._stopping = True
        pages = list(self._pages.values())
        tasks = [page.task for page in pages if page.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        over = list(self._ending.values())
        ends = [page.process.end(STOP_WITHIN_S) for page in pages]
        ends += [self._cut_short(page) for page in over]
        await asyncio.gather(*ends, return_exceptions=True)

    async def _cut_short(self, page: _Page) -> None:
        """Its end has no more time than the server's; the next start sweeps what is left."""
        assert page.ending is not None
        _, late = await asyncio.wait({page.ending}, timeout=STOP_WITHIN_S)
        if late:
            page.ending.cancel()
            await page.process.end(0)

    # -- one page

    def _follow(self, recording: Recording, *, adopted: bool = False) -> None:
        if self._stopping or recording.id in self._pages:
            return
        work = self._root / recording.id
        process = PageProcess(work, self._command)
        journal = PageJournal(work, lambda entry: self._forwarded(page, entry))
        page = _Page(recording.id, recording.session_id, process, journal, adopted)
        page.began = recording.started_at is not None
        session = self._rooms.sessions.get(recording.session_id)
        if session is not None and not page.began:
            self._rooms.hold(session, recording.id)
        self._pages[recording.id] = page
        page.task = asyncio.create_task(self._run(page), name=f"page {recording.id}")

    async def _run(self, page: _Page) -> None:
        metrics.PAGES.inc()
        try:
            await self._open(page)
            await self._listen(page)
        except (RoomtapeError, OSError) as error:
            await self._fail(page, f"the page cannot be recorded: {error}")
        except Exception:
            log.exception("page not followed", recording_id=page.recording_id)
            await self._fail(page, "the page cannot be recorded, by a fault of the server; its log says more")
        finally:
            metrics.PAGES.dec()

    async def _open(self, page: _Page) -> None:
        """Find the recorder at work, or start one; what it said before is read first."""
        if page.adopted:
            events = capture_dir(self._settings.data_dir, page.session_id) / EVENTS
            page.known = await asyncio.to_thread(page_news.known, events, page.recording_id)
            found = (await asyncio.to_thread(page_process.running, self._root)).get(page.recording_id)
            if found is not None:
                page.process.adopt(found)
        if page.process.alive:
            log.info("recorder of a page found again", recording_id=page.recording_id)
            page.started = time.monotonic()
            return
        if page.began:
            await self._take_all(page)
        else:
            await asyncio.to_thread(page.process.begin_anew)
        await self._start(page)

    async def _start(self, page: _Page) -> None:
        recording = self._live(page)
        if recording is None:
            return
        guest = await self._guests.invite(recording)
        token = self._issuer.issue_tape(
            recording.app_id, recording.meeting_id, recording.id, recording.config.max_seconds + TOKEN_SLACK_S
        )
        config, settings = recording.config, self._settings
        assert config.page_url is not None
        job = PageJob(
            recording_id=recording.id,
            url=page_url.opened(config.page_url, guest, self._describe(recording)),
            width=config.video.width,
            height=config.video.height,
            fps=30,
            publish_url=f"{self._places.local}/whip",
            publish_token=token,
            allowed=(*settings.outbound_allow, *settings.page_allow),
            own=self._places.own,
            begun=page.began,
            interactive=config.interactive,
            most_memory_mb=settings.page_memory_mb,
            most_download_mb=settings.page_download_mb,
            begin_within_s=BEGIN_WITHIN_S,
            orphan_after_s=settings.janus_reclaim_s,
            chromium=settings.chromium_binary,
        )
        await asyncio.to_thread(job.write, page.process.work)
        page.process.touch()
        await page.process.start()
        page.started = time.monotonic()
        log.info("recorder of a page started", recording_id=recording.id, begun=page.began)

    async def _listen(self, page: _Page) -> None:
        touched = opened = time.monotonic()
        while self._live(page) is not None:
            await self._take_all(page)
            if not page.process.alive:
                await self._take_all(page)
                await self._died(page)
            now = time.monotonic()
            if now - touched > TOUCH_EVERY_S:
                page.process.touch()
                touched = now
            if not page.began and now - opened > BEGIN_WITHIN_S + SLACK_S:
                await self._fail(page, f"the page did not begin within {BEGIN_WITHIN_S:.0f} s")
            await _pause(page, POLL_S if page.began else POLL_EARLY_S)

    def _live(self, page: _Page) -> Recording | None:
        return self._recordings.captures.active.get(page.recording_id)

    async def _take_all(self, page: _Page) -> None:
        await page.journal.read()
        while (entry := page.journal.next()) is not None:
            recording = self._live(page)
            if recording is not None:
                await self._take(page, recording, entry)

    async def _forwarded(self, page: _Page, entry: Entry) -> None:
        recording = self._live(page)
        sent = None if recording is None else page_news.message(recording, entry)
        if sent is not None:
            await self._log(page, sent)

    async def _take(self, page: _Page, recording: Recording, entry: Entry) -> None:
        match entry.what:
            case "begin":
                await self._begin(page, recording)
            case "left":
                await self._stop(page, StopCause.ALL_PEERS_LEFT)
            case "failed":
                await self._fail(page, entry.detail or "the page cannot be recorded")
            case "published":
                log.info("page published", recording_id=recording.id, peer_id=entry.detail)
            case _:
                await self._happened(page, entry)

    async def _begin(self, page: _Page, recording: Recording) -> None:
        page.began = True
        if recording.status is not Status.INVOKED:
            return
        try:
            await self._recordings.begin_page(recording.id)
            await self._let_go(recording)
        except Conflict as error:
            log.info("page began too late", recording_id=recording.id, reason=str(error))

    async def _let_go(self, recording: Recording) -> None:
        session = self._rooms.sessions.get(recording.session_id)
        if session is not None:
            await self._rooms.let_go(session, recording.id)

    async def _happened(self, page: _Page, entry: Entry) -> None:
        page.away_us = page_news.away_since(page.away_us, entry)
        event = page_news.event(page.recording_id, entry)
        if event is None or page_news.key(event) in page.known:
            return
        metrics.PAGE_TROUBLES.labels(event.what).inc()
        await self._log(page, event)
        sentence = page_news.warning(entry, page.away_us)
        page.told[entry.what] += 1
        if sentence is not None and page.told[entry.what] <= MOST_WARNINGS:
            log.warning("page in trouble", recording_id=page.recording_id, what=entry.what, detail=entry.detail)
            await rows.warn(self._db, page.recording_id, sentence)

    async def _log(self, page: _Page, event: PageHappened | MessageSent) -> None:
        if page_news.key(event) in page.known:
            return
        session = self._rooms.sessions.get(page.session_id)
        if session is not None:
            await self._rooms.note(session, event)

    async def _died(self, page: _Page) -> None:
        """The recorder ended by itself: start another one, unless that is of no use."""
        if self._live(page) is None:
            return
        early = time.monotonic() - page.started < STEADY_S
        page.deaths = page.deaths + 1 if early else 1
        log.error("recorder of a page died", recording_id=page.recording_id, output=page.process.last_words())
        await self._happened(page, Entry(now_us(), "gone", "its recorder ended"))
        if page.deaths >= MOST_DEATHS:
            await self._fail(page, f"the recorder of the page ended {page.deaths} times in a row")
            return
        await page.process.end(STOP_WITHIN_S)
        await _pause(page, min(PAUSE_S * 2 ** (page.deaths - 1), PAUSE_MOST_S))
        await self._start(page)

    async def _stop(self, page: _Page, cause: StopCause) -> None:
        try:
            await self._recordings.stop(page.recording_id, cause=cause, caller=None)
        except Conflict as error:
            log.info("recording of a page was stopped already", recording_id=page.recording_id, reason=str(error))

    async def _fail(self, page: _Page, sentence: str) -> None:
        """Nothing more can come of the page; what was recorded of it is delivered."""
        log.error("page failed", recording_id=page.recording_id, reason=sentence)
        try:
            await self._recordings.fail_page(page.recording_id, sentence)
        except RoomtapeError as error:
            log.warning("recording of a page not ended", recording_id=page.recording_id, reason=str(error))

    async def _end(self, page: _Page, recording: Recording) -> None:
        try:
            session = self._rooms.sessions.get(recording.session_id)
            if session is not None:
                await self._recordings.captures.apply(session)
                await self._let_go(recording)
            if page.task is not None:  # it may be what stopped the recording, and has to finish that
                await asyncio.wait({page.task}, timeout=FOLLOWER_ENDS_WITHIN_S)
                page.task.cancel()
            await page.process.end()
            await self._guests.see_off(recording)
            await asyncio.to_thread(page.process.forget)
        except Exception:
            log.exception("recorder of a page not ended cleanly", recording_id=recording.id)


async def _pause(page: _Page, seconds: float) -> None:
    """Wait, but not for a recording that is over."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(page.over.wait(), seconds)
