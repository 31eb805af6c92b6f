"""Owns recordings of pages by a running server: started, their browsers found and killed, their files and manifests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.support import scene
from tests.support.server import Server

START_S = 60.0


@dataclass
class PageRecording:
    """A recording that runs; `starting_s` is how long it took from the request until it was RECORDING."""

    server: Server
    id: str
    session_id: str
    starting_s: float
    done: Any = field(default=None, init=False)

    async def stop(self) -> None:
        await scene.stop(self.server, self.id)

    async def file(self, folder: Path, within_s: float = 60) -> Path:
        """Wait until it is UPLOADED and return its file."""
        self.done = await self.server.until(self.id, "UPLOADED", within_s)
        return await scene.composite(self.server, self.done, folder)

    async def manifest(self) -> dict[str, Any]:
        answer = await self.server.http.get(f"{self.server.prefix}/recordings/{self.id}/manifest")
        answer.raise_for_status()
        return dict(answer.json()["data"])

    def in_file(self, epoch_s: float) -> float:
        """Return where a moment of the wall clock lies in the file, in s."""
        return float(epoch_s - self.done.started_time.timestamp())

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the events of its session with this name."""
        return [e for e in scene.events(self.server, self.session_id) if e["e"] == name]

    async def happens(self, what: str, within_s: float = 20) -> dict[str, Any]:
        """Wait until something of this kind has happened to the page, and return the last such event."""
        async with asyncio.timeout(within_s):
            while not (found := [e for e in self.events("page_happened") if self._is(e, what)]):
                await asyncio.sleep(0.1)
        return found[-1]

    def _is(self, event: dict[str, Any], what: str) -> bool:
        return bool(event["what"] == what and event["recording_id"] == self.id)

    def recorder(self) -> psutil.Process:
        """Return the process that records the page."""
        [found] = scene.processes(self.server, f"roomtape.browser.process {self.server.data_dir / 'pages' / self.id}")
        return found

    def chromium(self, is_one: Callable[[list[str]], bool]) -> list[psutil.Process]:
        """Return the processes of its Chromium whose command line is one of those."""
        return [p for p in self.recorder().children(recursive=True) if is_one(_command(p))]

    def kill_renderer(self) -> None:
        """kill -9 of the renderer that takes the most memory."""
        renderers = self.chromium(lambda line: "--type=renderer" in line)
        max(renderers, key=lambda p: p.memory_info().rss).kill()

    def kill_browser(self) -> None:
        """kill -9 of the whole Chromium, by its first process."""
        first = self.chromium(lambda line: "chromium" in line[0] and not any(a.startswith("--type=") for a in line))
        first[0].kill()


def _command(process: psutil.Process) -> list[str]:
    try:
        # Chromium's processes write all their arguments into the first one.
        return " ".join(process.cmdline()).split() or [""]
    except psutil.Error:
        return [""]


async def record_page(server: Server, url: str, meeting: str | None = None, **body: Any) -> PageRecording:
    """Record a page, in a new meeting if none is given, at 640x360 if nothing else is said; return once it runs."""
    body = {"video_config": {"width": 640, "height": 360}, **body}
    began = time.monotonic()
    answer = await server.kit.recordings.start_recordings(
        server.app_id, **server.ids, meeting_id=meeting or await server.meeting(), url=url, **body
    )
    now = await server.until(answer.data.id, "RECORDING", START_S)
    return PageRecording(server, str(answer.data.id), str(now.session_id), time.monotonic() - began)
