"""A page's recorder, alone with a page and a WHIP endpoint: what arrives is decoded, and nothing keeps it from it."""

from __future__ import annotations

import asyncio
import os
import signal
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
    ballast = "window.ballast = new Uint8Array(300e6).fill(7);"
    pages = {"/?authToken=secret": content(page(440, ballast), "text/html"), "/next": content(page(880), "text/html")}
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

        page_process = recorder.largest_page()
        page_process.kill()
        await recorder.until("crashed")
        await recorder.until("back")
        assert len(sink.publications) == 1, "the tape goes on"
        before = len(first.of("h264"))
        await asyncio.sleep(1)
        assert len(first.of("h264")) > before

        browser = recorder.browser()
        browser.kill()
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


async def test_a_killed_recorder_takes_its_browser_along(tmp_path: Path) -> None:
    sink = WhipSink()
    more = "setTimeout(() => { location = '/next'; }, 1000);"
    pages = {"/?authToken=secret": content(page(440, more), "text/html"), "/next": content(page(880), "text/html")}
    async with serving(pages) as site, serve(sink) as whip:
        async with recording_page(tmp_path, _job(site, whip, "killed")) as recorder:
            await recorder.until("navigated")
            assert recorder.details("navigated") == [site.url("/next")]
            await asyncio.sleep(2)
            assert await asyncio.to_thread(loudest_hz, sink.publications[0].of("opus")) == pytest.approx(880, abs=20)
            family = recorder.family()
            os.kill(recorder.process.pid, signal.SIGKILL)
            await recorder.process.wait()
        _, alive = await asyncio.to_thread(psutil.wait_procs, family, 5)
        assert not alive
