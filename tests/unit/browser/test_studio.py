"""The studio: its page is answered by routing alone, its offer goes through us, and a refusal is told as such."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Error

from roomtape.browser import studio
from roomtape.browser.job import PageJob
from roomtape.browser.studio import ADDRESS, Health, Studio
from roomtape.browser.whip import WhipRefused

JOB = PageJob("rec", "http://a.example/", 640, 360, 30, "http://127.0.0.1:9/whip", "t", (), ())


class _Whip:
    def __init__(self, refused: WhipRefused | None = None) -> None:
        self.refused = refused
        self.said: list[str] = []
        self.peer_id = "peer-1"

    async def publish(self, offer: str) -> str:
        self.said.append(offer)
        if self.refused is not None:
            raise self.refused
        return "m=video\na=rtpmap:96 VP8/90000\n"

    async def leave(self) -> None:
        self.said.append("leave")


class _Page:
    """Plays the page's part: `publish` calls what Python exposed, as Playwright does."""

    def __init__(self) -> None:
        self.called: list[tuple[str, Any]] = []
        self.studio: Studio
        self.hangs = False

    async def evaluate(self, expression: str, argument: Any) -> Any:
        found = re.search(r"=> (\w+)\(", expression)
        assert found is not None
        self.called.append((found[1], argument))
        if self.hangs:
            await asyncio.Event().wait()
        if found[1] == "publish":
            try:
                await self.studio._offered("offer")
            except WhipRefused as error:
                raise Error(str(error)) from error
        if found[1] == "health":
            return {"state": "connected", "captured": True, "bytes": 1, "energy": 0.5, "frames": 3}
        return None


def _studio(whip: _Whip) -> tuple[Studio, _Page]:
    page = _Page()
    parts: Any = whip
    made = Studio(parts, JOB, parts)
    made._page = page  # type: ignore[assignment]
    page.studio = made
    return made, page


async def test_it_publishes_anew_in_place_of_what_was_before() -> None:
    whip = _Whip()
    made, page = _studio(whip)
    await made.capture()
    assert await made.publish() == "peer-1"
    await made.show(True)
    assert whip.said == ["leave", "offer"]
    names = [name for name, _ in page.called]
    assert names == ["capture", "publish", "show"]
    text = studio._PAGE.read_text("utf-8")
    assert all(re.search(rf"function {name}\(", text) for name in [*names, "health"]), "the page has what is called"
    assert "x-google-start-bitrate" in await made._offered("offer")
    assert await made.health() == Health("connected", True, 1, 0.5, 3)


async def test_a_refusal_comes_through_and_leaves_nothing() -> None:
    refused = WhipRefused("the server answered 403", True)
    whip = _Whip(refused)
    with pytest.raises(WhipRefused) as raised:
        await _studio(whip)[0].publish()
    assert raised.value is refused
    assert whip.said[-1] == "leave"


async def test_a_browser_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio, "ASKED_WITHIN_S", 0.05)
    made, page = _studio(_Whip())
    page.hangs = True
    with pytest.raises(TimeoutError):
        await made.health()


@pytest.mark.parametrize(("url", "done"), [(ADDRESS, "fulfil"), (f"{ADDRESS}x", "abort"), ("http://a/", "abort")])
async def test_only_its_own_page_is_answered(url: str, done: str) -> None:
    said: list[str] = []

    class Route:
        class request:  # noqa: N801
            pass

        async def fulfill(self, body: str, content_type: str) -> None:
            said.append("fulfil")
            assert "getDisplayMedia" in body
            assert content_type == "text/html"

        async def abort(self) -> None:
            said.append("abort")

    Route.request.url = url  # type: ignore[attr-defined]
    await studio._answer(Route())  # type: ignore[arg-type]
    assert said == [done]
