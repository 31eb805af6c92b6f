from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from roomtape.bench import page
from roomtape.bench.figure import Figure
from roomtape.bench.measure import Usage
from roomtape.bench.plan import Plan
from roomtape.errors import DestinationError
from roomtape.simulate.participant import Media


class Meeting:
    """A meeting whose server records what it is asked; its page plays as soon as it is recorded."""

    def __init__(self, folder: Path, server_pid: int) -> None:
        self.access = SimpleNamespace(url="http://h")
        self.api, self.folder, self.server_pid = None, folder, server_pid
        self.asked: list[str] = []

    async def start(self, **more: Any) -> str:
        name = "page" if "url" in more else "composite"
        self.asked.append(f"start {name}")
        if "url" in more:
            told = httpx.get(f"{more['url']}?authToken=t&config=%7B%7D").text
            assert '"token": ""' in told, "the page is given its own"
            httpx.post(f"{more['url']}playing")
        return name

    async def stop(self, recording_id: str) -> None:
        self.asked.append(f"stop {recording_id}")


@contextmanager
def below(pid_words: Sequence[str]) -> Iterator[int]:
    """A process that has started another one with these words in its command line; yields its id."""
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()', *{list(pid_words)!r}])"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as parent:
        try:
            yield parent.pid
        finally:
            assert parent.stdin is not None
            parent.stdin.close()


def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: Sequence[str]) -> tuple[list[Figure], list[str]]:
    asked: list[str] = []

    @asynccontextmanager
    async def held(folder: Path, media: Sequence[Media], settings: Mapping[str, str]) -> AsyncIterator[Meeting]:
        assert len(media) == page.PEOPLE
        assert settings["ROOMTAPE_PAGE_ALLOW"] == "127.0.0.1"
        (folder / "capture" / "session").mkdir(parents=True)
        with below(words) as pid:
            meeting = Meeting(folder, pid)
            yield meeting
        asked.extend(meeting.asked)

    async def until(api: object, recording_id: str, status: str, within_s: float) -> dict[str, Any]:
        return {}

    def run(command: Sequence[str], timeout_s: float) -> Usage:
        recording_id = command[command.index("--recording") + 1]
        asked.append(f"render {recording_id}")
        return Usage(1, {"composite": 2.0, "page": 1.0}[recording_id], 64 << 20)

    monkeypatch.setattr(page, "held", held)
    monkeypatch.setattr(page, "until", until)
    monkeypatch.setattr(page, "run", run)
    monkeypatch.setattr(page, "SETTLE_S", 0)
    monkeypatch.setattr(page, "sdk_script", lambda: "/assets/sdk.js")
    monkeypatch.setattr(page, "probe", lambda path: SimpleNamespace(end_us=30_000_000))
    monkeypatch.setattr(page, "shown_per_second", lambda path, tile: 30.0 if path.stem == "composite" else 20.0)
    return page.measure(tmp_path / "page", Plan(page_s=1), lambda _: None), asked


def test_both_are_recorded_one_after_the_other_and_rendered_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures, asked = measured(tmp_path, monkeypatch, ["roomtape.browser.process"])
    assert asked == [
        *("start composite", "stop composite", "start page", "stop page"),
        *("render composite", "render page"),
    ]
    cpu, browser, memory, shown = figures
    assert cpu.runs[0] == (pytest.approx(browser.runs[0][0] + 2), 4)
    assert memory.runs[0][0] > memory.runs[0][1] == 64
    assert shown.runs == ((20, 30),)


def test_without_a_recorder_there_is_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DestinationError, match=r"no process of roomtape\.browser\.process"):
        measured(tmp_path, monkeypatch, ["something.else"])
