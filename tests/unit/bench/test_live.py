from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from roomtape.bench import live
from roomtape.bench.meeting import Meeting
from roomtape.bench.plan import Plan
from roomtape.errors import DestinationError
from roomtape.recordings import work
from roomtape.render.job import PROGRESS
from roomtape.simulate.participant import Media
from roomtape.simulate.rest import MeetingAccess

ACCESS = MeetingAccess("http://h", "account", "app", "m", "token")


class Server:
    """A server whose renders keep up as long as there are at most `capacity` of them."""

    def __init__(self, folder: Path, capacity: int) -> None:
        self.folder, self.capacity = folder, capacity
        self.rows: dict[str, dict[str, Any]] = {}
        self.settings: Mapping[str, str] = {}
        self.short_ms = 0

    def handle(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": self._answer(request)})

    def _answer(self, request: httpx.Request) -> dict[str, Any]:
        name = request.url.path.split("/")[2:3]
        if request.method == "POST":
            assert json.loads(request.content)["allow_multiple_recordings"]
            self._add(f"r{len(self.rows)}")
            return list(self.rows.values())[-1]
        row = self.rows[name[0]]
        if request.url.path.endswith("/manifest"):
            length = 60_000 - self.short_ms
            tracks = [{"captured": {"lost_packets": 0}}, {"captured": {"lost_packets": 2}}]
            return {"files": [{"role": "composite", "duration_ms": length}], "tracks": tracks}
        if request.method == "PUT":
            started = datetime.fromisoformat(row["started_time"])
            row |= {"status": "UPLOADED", "stopped_time": (started + timedelta(seconds=60)).isoformat()}
        return row

    def _add(self, name: str) -> None:
        started = datetime.now(UTC) - timedelta(seconds=30)
        self.rows[name] = {"id": name, "status": "RECORDING", "started_time": started.isoformat()}
        behind_ms = 3000 if len(self.rows) <= self.capacity else 20_000
        for each in self.rows:
            folder = work.folder(self.folder, each)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / PROGRESS).write_text(json.dumps({"rendered_ms": 30_000 - behind_ms}))


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server(tmp_path / "data", 3)

    @asynccontextmanager
    async def held(folder: Path, media: Sequence[Media], settings: Mapping[str, str]) -> AsyncIterator[Meeting]:
        assert len(media) == live.PEOPLE
        made.settings = settings
        async with httpx.AsyncClient(transport=httpx.MockTransport(made.handle), base_url="http://h") as api:
            yield Meeting(ACCESS, api, 1, made.folder)

    monkeypatch.setattr(live, "held", held)
    return made


def told(tmp_path: Path, most: int) -> dict[str, float]:
    figures = live.measure(tmp_path / "bench", Plan(most_live=most, live_s=0.01), lambda _: None)
    return {f.name: f.ours.median for f in figures}


def test_recordings_are_added_until_renders_fall_behind(tmp_path: Path, server: Server) -> None:
    found = told(tmp_path, 8)
    assert (found["live_kept"], found["live_beyond"], found["live_lost"]) == (3, 4, 8)
    assert 3000 <= found["live_lag"] < 4000
    assert server.settings == {"ROOMTAPE_RENDER_PROCESSES": "8"}, "each has a process of its own"


def test_no_more_are_started_than_the_plan_says(tmp_path: Path, server: Server) -> None:
    found = told(tmp_path, 2)
    assert (found["live_kept"], found["live_beyond"]) == (2, 2)


def test_a_recording_that_is_too_short_is_no_figure(tmp_path: Path, server: Server) -> None:
    server.short_ms = 500
    with pytest.raises(DestinationError, match="not delivered whole"):
        told(tmp_path, 1)
