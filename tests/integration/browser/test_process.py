"""A page's recorder, alone with a page and a WHIP endpoint: what arrives is decoded, and nothing keeps it from it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
import pytest

from roomtape.browser.confinement import base, named
from roomtape.browser.job import PageJob
from tests.support.countedpage import loudest_hz, numbers, page
from tests.support.pagerecorder import recording_page
from tests.support.webserver import WebServer, content, serving
from tests.support.whip_sink import WhipSink, serve


def _job(site: WebServer, whip: str, recording: str, path: str = "/") -> PageJob:
    url, own = site.url(f"{path}?authToken=secret"), (f"127.0.0.1:{site.port}",)
    return PageJob(recording, url, 640, 360, 30, f"{whip}/whip", "token", (), own)


async def test_what_a_page_shows_arrives_whatever_dies(tmp_path: Path) -> None:
    start, ballast = "/?authToken=secret", "window.ballast = new Uint8Array(150e6).fill(7);"
    pages = {start: content(page(440, ballast), "text/html"), "/next": content(page(880), "text/html")}
    sink = WhipSink(token="token")
    async with (
        serving(pages) as site,
        serve(sink) as whip,
        recording_page(tmp_path, _job(site, whip, "dies")) as recorder,
    ):
        assert (await recorder.until("published")).detail == "0"
        assert (await recorder.until("begin")).detail == "load"
        await asyncio.sleep(2)
        first = sink.publications[0]
        shown = await asyncio.to_thread(numbers, first.of("h264"))
        assert shown == sorted(shown)
        assert await asyncio.to_thread(loudest_hz, first.of("opus")) == pytest.approx(440, abs=20)

        elsewhere = "setTimeout(() => { location = '/next'; }, 500);"
        pages[start] = content(page(440, elsewhere), "text/html")
        recorder.largest_page().kill()
        await recorder.until("crashed")
        await recorder.until("back")
        assert len(sink.publications) == 1, "the tape goes on"
        assert (await recorder.until("navigated")).detail == site.url("/next")
        before = len(first.of("h264"))
        await asyncio.sleep(1.5)
        assert len(first.of("h264")) > before
        assert await asyncio.to_thread(loudest_hz, first.of("opus")) == pytest.approx(880, abs=20)

        recorder.browser().kill()
        await recorder.until("gone", within_s=15)
        await recorder.until("published", 2)
        await recorder.until("back", 2)
        await asyncio.sleep(1.5)
        again = await asyncio.to_thread(numbers, sink.publications[1].of("h264"))
        assert len(set(again)) > 5
        family = recorder.family()
        assert await recorder.end() < 6
    assert recorder.whats.count("begin") == 1
    assert [p.deleted for p in sink.publications][1:] == [True]
    _, alive = psutil.wait_procs(family, timeout=2)
    assert not alive
    assert not list(base().glob(f"{named('dies')}*"))
    assert recorder.process.returncode == 0
