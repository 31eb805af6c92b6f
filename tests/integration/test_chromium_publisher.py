"""The browser page that other tests publish with: what it sends is decoded, without Roomtape in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Error

from tests.support.arrivals import pictures, samples
from tests.support.chromium import Chromium, chromium
from tests.support.detect import read_code
from tests.support.whip_sink import WhipSink, serve

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Chromium]:
    async with chromium() as running:
        yield running


async def test_two_pages_publish_what_they_were_told(browser: Chromium) -> None:
    sink = WhipSink(token="good")
    async with serve(sink) as url:
        one = await browser.publish(url, "good", tone=440, video="vp8", identity=5)
        two = await browser.publish(url, "good", tone=700, video="vp9", identity=6)
        await asyncio.sleep(3)
        assert await one.never_reconnected()
        assert await two.never_reconnected()
        flashes, beeps = await one.flashes(), await one.beeps()
        assert any(entry["type"] == "outbound-rtp" for entry in await two.stats())
        await one.stop()
        await two.stop()
    assert [p.deleted for p in sink.publications] == [True, True]
    for publication, tone, codec, identity in zip(sink.publications, (440, 700), ("vp8", "vp9"), (5, 6), strict=True):
        sound = samples(publication.of("opus"))
        spectrum = np.abs(np.fft.rfft(sound[48_000:96_000]))
        assert np.argmax(spectrum[:2_000]) == tone
        shown = [read_code(luma, (0, 0, luma.shape[1], luma.shape[0])) for _, luma in pictures(publication.of(codec))]
        assert {code[0] for code in shown if code} == {identity}
        counters = [code[1] for code in shown if code]
        assert counters == sorted(counters)
        assert counters[-1] - counters[0] > 45
    assert [b - a for a, b in pairwise(beeps)] == [1_000_000] * (len(beeps) - 1)
    # A page that is starved for a moment draws late; it must not draw at another second.
    assert all(abs(flash - beep) < 150_000 for flash, beep in zip(flashes, beeps, strict=False))


async def test_muted_is_silent(browser: Chromium) -> None:
    sink = WhipSink()
    async with serve(sink) as url:
        me = await browser.publish(url, "any", video=None)
        await asyncio.sleep(1)
        await me.mute()
        await asyncio.sleep(0.3)
        publication = sink.publications[0]
        before = len(publication.of("opus"))
        await asyncio.sleep(1)
        after = len(publication.of("opus"))
        await me.unmute()
        await asyncio.sleep(0.5)
        await me.stop()
    sound = samples(publication.of("opus"))
    quiet = sound[(before + 5) * 960 : after * 960]
    assert len(quiet) > 30_000
    assert np.abs(quiet).max() < 1e-3
    assert np.abs(sound[-10_000:]).max() > 0.05


async def test_a_refusal_is_told(browser: Chromium) -> None:
    async with serve(WhipSink(token="good")) as url:
        with pytest.raises(Error, match="WHIP answered 401"):
            await browser.publish(url, "bad", video=None)
