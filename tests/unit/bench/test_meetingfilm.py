from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from roomtape.bench import browser, meetingfilm
from roomtape.bench.browser import Grabbed
from roomtape.bench.filmedpage import Page
from roomtape.bench.meeting import Meeting
from roomtape.bench.plan import Plan
from roomtape.domain.layout import Rect
from roomtape.simulate.participant import Media
from roomtape.simulate.rest import MeetingAccess


def test_the_browser_joins_the_meeting_of_those_who_send(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    access = MeetingAccess("http://h", "account", "app", "meeting", "secret")

    @asynccontextmanager
    async def held(folder: Path, media: Sequence[Media]) -> AsyncIterator[Meeting]:
        assert folder.is_dir()
        assert [m.identity for m in media] == [0, 1, 2, 3]
        async with httpx.AsyncClient() as api:
            yield Meeting(access, api, 1, folder)

    async def tokens_for(given: MeetingAccess, count: int, preset: str) -> list[str]:
        assert (given, preset) == (access, "recorder_preset_v2"), "nobody sees it"
        return ["token"] * count

    def film(folder: Path, page: Page, tile: Rect, *rest: Any) -> Grabbed:
        text = httpx.get(page.address).text
        assert '"token": "token"' in text
        assert 'src="http://h/assets/@cloudflare/realtimekit@' in text
        assert rest[1] == 7
        return Grabbed(folder / "film", 1, 2, 3)

    monkeypatch.setattr(meetingfilm, "held", held)
    monkeypatch.setattr(meetingfilm, "tokens_for", tokens_for)
    monkeypatch.setattr(browser, "film", film)
    found = meetingfilm.film(tmp_path / "m", 4, Plan(browser_s=7))
    assert found == Grabbed(tmp_path / "m" / "film" / "film", 1, 2, 3)
