"""The course of a page's recording, with made-up tabs and studios: each trouble told, tried again, and given up."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from roomtape.browser import recorder
from roomtape.browser.attempts import MOST, Attempts
from roomtape.browser.confinement import Confinement
from roomtape.browser.failure import PageFailed
from roomtape.browser.glance import Glance
from roomtape.browser.job import PageJob
from roomtape.browser.recorder import Recorder, Trouble, _Watch
from roomtape.browser.studio import Health
from roomtape.browser.tab import Hung, NotOpened
from roomtape.browser.whip import WhipRefused

SHOWS, BLANK = Glance(True, False, None), Glance(False, False, None)
FINE = Health("connected", True, 1, 0.0, 1)


def _job(begun: bool = False) -> PageJob:
    return PageJob("rec", "http://a.example/?authToken=x", 320, 180, 30, "http://127.0.0.1:9/w", "t", (), (), begun)


class _Told:
    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def tell(self, what: str, detail: str = "") -> None:
        self.said.append((what, detail))

    def refused(self, address: str, why: str) -> None:
        self.said.append(("refused", address))


def _recorder(told: Any, begun: bool = False) -> Recorder:
    return Recorder(_job(begun), Confinement(Path("/nowhere"), Path("/nowhere"), None, True), told)


class _Tab:
    def __init__(self, seen: Any = SHOWS, opening: Exception | None = None) -> None:
        self.crashed, self.closed = asyncio.Event(), asyncio.Event()
        self.documents, self.problem, self.seen, self.opening = 1, None, seen, opening

    async def show(self) -> None:
        if self.opening is not None:
            raise self.opening

    async def look(self) -> Glance | None:
        if isinstance(self.seen, Exception):
            raise self.seen
        seen: Glance | None = self.seen
        return seen


class _Studio:
    def __init__(self, *publishing: Any, health: Health = FINE) -> None:
        self.publishing, self.answer, self.shown = list(publishing), health, [False]

    async def publish(self) -> str:
        outcome = self.publishing.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return str(outcome)

    async def show(self, on: bool) -> None:
        self.shown.append(on)

    async def health(self) -> Health:
        return self.answer


def _watch(tab: _Tab, studio: _Studio | None = None) -> _Watch:
    parts: Any = tab
    its_studio: Any = studio or _Studio()
    return _Watch(parts, its_studio)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Attempts, "pause_s", lambda self: self._failures.append(1) or 0.0)


async def test_a_page_that_is_shown_again_is_told_to_be_back() -> None:
    told = _Told()
    course = _recorder(told)
    tab: Any = _Tab()
    studio: Any = _Studio()
    await course._show(tab, studio)
    assert told.said == []
    await course._pause(Trouble("crashed", "why"))
    await course._show(tab, studio)
    assert told.said == [("crashed", "why"), ("back", "")]
    assert studio.shown[-1] is True


async def test_a_recorder_that_is_started_again_tells_when_its_page_is_back() -> None:
    told, tab, studio = _Told(), cast("Any", _Tab()), cast("Any", _Studio())
    await _recorder(told, begun=True)._show(tab, studio)
    assert told.said == [("back", "")]


async def test_a_page_that_cannot_be_opened_fails_only_while_nothing_was_shown() -> None:
    studio: Any = _Studio()
    gone: Any = _Tab(opening=NotOpened("its server answered 404", True))
    with pytest.raises(PageFailed, match=r"http://a\.example/ cannot be opened: its server answered 404"):
        await _recorder(_Told())._show(gone, studio)
    with pytest.raises(Trouble) as trouble:
        await _recorder(_Told(), begun=True)._show(gone, studio)
    assert trouble.value.what == "blank"
    busy: Any = _Tab(opening=NotOpened("503", False))
    course = _recorder(_Told())
    for _ in range(recorder.OPENINGS - 1):
        with pytest.raises(Trouble):
            await course._show(busy, studio)
    with pytest.raises(PageFailed):
        await course._show(busy, studio)


async def test_what_never_runs_is_given_up_and_what_ran_is_not() -> None:
    course, ran = _recorder(_Told()), _recorder(_Told(), begun=True)
    for _ in range(MOST):
        await course._pause(Trouble("gone", "why"))
    with pytest.raises(PageFailed, match="never shown"):
        await course._pause(Trouble("gone", "why"))
    for _ in range(10):
        await ran._pause(Trouble("gone", "why"))


async def test_publishing_is_tried_until_the_server_takes_it_or_says_never() -> None:
    told = _Told()
    away = WhipRefused("the server cannot be reached", False)
    studio: Any = _Studio(away, TimeoutError(), away, "peer-2")
    await _recorder(told)._publish(studio)
    assert told.said == [("published", "peer-2")]
    never = WhipRefused("the server answered 403", True)
    first: Any = _Studio(never)
    with pytest.raises(PageFailed, match="403"):
        await _recorder(told)._publish(first)
    later: Any = _Studio(never, "peer-3")
    await _recorder(told, begun=True)._publish(later)
    assert told.said[-1] == ("published", "peer-3")


async def test_a_tape_that_is_lost_is_made_anew() -> None:
    told = _Told()
    studio: Any = _Studio("peer-4")
    await _recorder(told)._publish_anew(studio)
    assert [what for what, _ in told.said] == ["silent", "published", "back"]


async def test_only_what_the_page_wanted_is_told() -> None:
    told = _Told()
    course = _recorder(told)
    course._refused("http://10.0.0.1/", "early: Chromium's own")
    course._opened = True
    course._refused("https://accounts.google.com/x", "Chromium's own")
    course._refused("http://10.0.0.1/", "the page's")
    assert told.said == [("refused", "http://10.0.0.1/")]


async def test_troubles_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(recorder, "time", SimpleNamespace(monotonic=lambda: now[0]))
    crashed = _Tab()
    crashed.crashed.set()
    closed = _Tab()
    closed.closed.set()
    for tab, what in ((crashed, "crashed"), (closed, "blank"), (_Tab(Hung()), "hung")):
        with pytest.raises(Trouble) as trouble:
            await _watch(tab).page(False)
        assert trouble.value.what == what


async def test_a_browser_that_is_too_heavy_is_ended_though_its_page_never_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recorder, "WEIGH_EVERY_S", 0.01)
    weights, gone, ended = [100.0, 1e6], asyncio.Event(), asyncio.Event()
    main_thread, weighed_by = threading.get_ident(), set()

    def memory_mb() -> float:
        weighed_by.add(threading.get_ident())
        return weights.pop(0) if len(weights) > 1 else weights[0]

    async def stop() -> None:
        ended.set()

    async def start(*_: object) -> Any:
        return SimpleNamespace(gone=gone, memory_mb=memory_mb, stop=stop)

    async def never_answers(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(recorder, "Chromium", SimpleNamespace(start=start))
    course = _recorder(_Told())
    monkeypatch.setattr(course, "_pages", never_answers)
    async with asyncio.timeout(20):
        with pytest.raises(Trouble, match="1000000 MB, and 2048 are allowed") as trouble:
            await course._browser_life(1)
    assert (trouble.value.what, trouble.value.whole) == ("memory", True)
    assert ended.is_set()
    assert main_thread not in weighed_by, "the loop does not wait for it"
    weights[:] = [1.0]
    gone.set()
    with pytest.raises(Trouble, match="Chromium ended"):
        await course._browser_life(1)


async def test_a_page_that_shows_nothing_is_blank_unless_it_sounds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(recorder, "time", SimpleNamespace(monotonic=lambda: now[0]))
    studio = _Studio()
    sounding = _watch(_Tab(BLANK), studio)
    for second in range(30):
        now[0] += 1
        studio.answer = Health("connected", True, second, second * 0.01, 1)
        await sounding.page(False)
        assert not await sounding.tape_lost()
    silent = _watch(_Tab(BLANK))
    await silent.page(False)
    now[0] += recorder.BLANK_AFTER_S + 1
    assert await silent.page(may_be_blank=True) == BLANK
    now[0] += recorder.BLANK_AFTER_S + 1
    with pytest.raises(Trouble, match="shows nothing"):
        await silent.page(False)


async def test_a_tape_is_lost_after_a_while_without_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(recorder, "time", SimpleNamespace(monotonic=lambda: now[0]))
    studio = _Studio(health=Health("disconnected", True, 1, 0, 1))
    watch = _watch(_Tab(), studio)
    assert not await watch.tape_lost()
    now[0] += recorder.DISCONNECTED_FOR_S + 1
    assert await watch.tape_lost()
    studio.answer = Health("failed", True, 1, 0, 1)
    assert await _watch(_Tab(), studio).tape_lost()
    studio.answer = Health("connected", False, 1, 0, 1)
    with pytest.raises(Trouble) as trouble:
        await _watch(_Tab(), studio).tape_lost()
    assert trouble.value.what == "silent"
