"""What becomes of a page that is not opened, in words; what a page's tab tells of itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.async_api import Error
from playwright.async_api import TimeoutError as NotInTime

from roomtape.browser import tab
from roomtape.browser.guardproxy import Problem
from roomtape.browser.job import PageJob
from roomtape.browser.tab import Hung, NotOpened, RecordedTab

JOB = PageJob("rec", "https://a.example/p?authToken=secret", 320, 180, 30, "http://127.0.0.1:9/whip", "t", (), ())


class _Page:
    """A page, its context and the session that looks at it, in one."""

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer
        self.url = "about:blank"
        self.handlers: dict[str, Callable[[Any], Any]] = {}
        self.seen: Any = {"result": {"value": {"shows": False}}}

    def on(self, event: str, handler: Callable[[Any], Any]) -> None:
        self.handlers.setdefault(event, handler)

    async def goto(self, _url: str, **_options: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def send(self, _method: str, _parameters: Any) -> Any:
        if isinstance(self.seen, Exception):
            raise self.seen
        if self.seen is None:
            await asyncio.Event().wait()
        return self.seen

    async def close(self) -> None:
        if self.answer == "never closes":
            await asyncio.Event().wait()


class _Told:
    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def tell(self, what: str, detail: str = "") -> None:
        self.said.append((what, detail))

    refused = tell


def _tab(page: _Page, problem: Problem | None = None) -> tuple[RecordedTab, _Told]:
    told: Any = _Told()
    parts: Any = page
    proxy: Any = SimpleNamespace(problem=lambda url: problem)
    return RecordedTab(parts, parts, parts, JOB, proxy, told), told


@pytest.mark.parametrize(
    ("answer", "problem", "why", "for_good"),
    [
        (SimpleNamespace(status=404, status_text="Not Found"), None, "its server answered 404 Not Found", True),
        (SimpleNamespace(status=503, status_text=""), None, "its server answered 503", False),
        (SimpleNamespace(status=403, status_text="Refused"), Problem("it is private", True), "it is private", True),
        (Error("net::ERR_TUNNEL_CONNECTION_FAILED"), Problem("no such host", False), "no such host", False),
        (Error("Page.goto: net::ERR_CERT_DATE_INVALID at X\nCall log:"), None, "certificate or TLS is not valid", True),
        (Error("Page.goto: net::ERR_INVALID_AUTH_CREDENTIALS at X"), None, "a user name and password", True),
        (Error("Page.goto: Download is starting"), None, "a file to download", True),
        (Error(f"Page.goto: net::ERR_EMPTY_RESPONSE at {JOB.url}"), None, "at https://a.example/p", False),
        (NotInTime("late"), None, "not loaded within 45 s", False),
    ],
)
async def test_why_a_page_is_not_opened(answer: Any, problem: Problem | None, why: str, for_good: bool) -> None:
    with pytest.raises(NotOpened) as raised:
        await _tab(_Page(answer), problem)[0].show()
    assert why in str(raised.value)
    assert "secret" not in str(raised.value)
    assert raised.value.for_good == for_good


async def test_a_page_that_answers_is_open() -> None:
    await _tab(_Page(SimpleNamespace(status=200, status_text="OK")))[0].show()
    await _tab(_Page(None))[0].show()


async def test_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tab, "LOOKED_WITHIN_S", 0.05)
    page = _Page()
    recorded, _ = _tab(page)
    glance = await recorded.look()
    assert glance is not None
    assert not glance.shows
    page.seen = Error("Execution context was destroyed")
    assert await recorded.look() is None
    page.seen = {"result": {"type": "object"}, "exceptionDetails": {}}
    assert await recorded.look() is None
    page.seen = None
    with pytest.raises(Hung):
        await recorded.look()
    monkeypatch.setattr(tab, "LOOKED_WITHIN_S", 30)
    looking = asyncio.create_task(recorded.look())
    await asyncio.sleep(0.01)
    page.handlers["crash"](page)
    assert await asyncio.wait_for(looking, 20) is None, "a page that crashes meanwhile never answers"


async def test_going_elsewhere_is_told_once_a_document() -> None:
    page = _Page()
    recorded, told = _tab(page)
    for url in (
        "https://a.example/p?authToken=secret",
        "https://a.example/p#x",
        "https://b.example/?q",
        "chrome-error://x",
    ):
        page.url = url
        page.handlers["domcontentloaded"](page)
    assert told.said == [("navigated", "https://b.example/")]
    assert recorded.documents == 4
    assert recorded.problem == "what it went to cannot be opened"
    page.url = "https://a.example/"
    assert recorded.problem is None


async def test_crash_windows_and_downloads() -> None:
    page = _Page()
    recorded, told = _tab(page)
    page.handlers["crash"](page)
    page.handlers["close"](page)
    assert recorded.crashed.is_set()
    assert recorded.closed.is_set()
    popup = _Page()
    popup.url = "https://a.example/popup"
    cancelled = asyncio.Event()

    async def cancel() -> None:
        cancelled.set()

    page.handlers["page"](page)
    page.handlers["page"](popup)
    page.handlers["download"](SimpleNamespace(url="https://a.example/f", cancel=cancel))
    await asyncio.wait_for(cancelled.wait(), 20)
    assert [address for address, _ in told.said] == ["https://a.example/popup", "https://a.example/f"]


async def test_closing_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tab, "CLOSED_WITHIN_S", 0.05)
    assert await _tab(_Page())[0].close()
    assert not await _tab(_Page("never closes"))[0].close()
