"""Three pages are recorded at once: one crashes, one leaves, one only sounds; each file is what its page did."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.support import detect
from tests.support.pagerecording import PageRecording, record_page
from tests.support.pagesite import Site
from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

AWAY_MS = 8000
GROUND = (0x20, 0x40, 0x60)
ABOUT = partial(pytest.approx, rel=0.15)
"""Chromium plays the sound of a page that has no time up to a tenth faster to catch up, and leaves some of it out."""
BLOCK = detect.RATE // 20
LOUD = 0.02
"""Mean of a block of 50 ms; the page's tone has 0.06."""


async def test_each_page_is_recorded_as_it_was(server: Server, site: Site, tmp_path: Path) -> None:
    elsewhere = site.show("elsewhere", identity=4, tone=1320)
    crashing, leaving, sounding = await asyncio.gather(
        record_page(server, site.show(identity=1, tone=440, heavy=300)),
        record_page(server, site.show(identity=2, tone=880, away=AWAY_MS, to=elsewhere)),
        record_page(server, site.show(tone=660)),
    )
    all_three = (crashing, leaving, sounding)
    print("RECORDING after", [f"{one.starting_s:.1f} s" for one in all_three])
    await asyncio.sleep(2)
    killed = time.time()
    crashing.kill_renderer()
    back = (await crashing.happens("back", 40))["t"] / 1e6
    await leaving.happens("navigated", 40)
    await asyncio.sleep(4)
    for one in all_three:
        await one.stop()
    files = [await one.file(tmp_path) for one in all_three]
    for one, file in zip(all_three, files, strict=True):
        assert detect.duration_s(file) == pytest.approx(_lasts(one), abs=0.2)
    await _check_crashed(crashing, files[0], killed, back)
    await _check_left(leaving, files[1])
    await _check_sound(sounding, files[2])


def _lasts(recording: PageRecording) -> float:
    return float((recording.done.stopped_time - recording.done.started_time).total_seconds())


def _pitch(file: Path, begin: float, end: float) -> float:
    """Return the strongest frequency below 1500 Hz, where the beeps are not."""
    samples = detect.sound(file).samples[round(begin * detect.RATE) : round(end * detect.RATE)]
    spectrum = np.abs(np.fft.rfft(samples))[: round(1500 * len(samples) / detect.RATE)]
    return float(spectrum.argmax() * detect.RATE / len(samples))


async def _check_crashed(recording: PageRecording, file: Path, killed: float, back: float) -> None:
    page = (await recording.manifest())["page"]
    [trouble] = page["happened"]
    assert trouble["what"] == "crashed"
    assert abs(trouble["at_us"] / 1e6 - killed) < 3
    assert abs(trouble["back_us"] / 1e6 - back) < 0.01
    # A machine that is busy may be late with pictures at other times too, which are gaps of another cause; one that is
    # not has the page back within the second from which on a gap of a picture counts.
    gaps = [gap for gap in page["gaps"] if gap["cause"] == "crashed"]
    print(f"crashed: back after {back - killed:.1f} s, no picture for {[g['to_ms'] - g['from_ms'] for g in gaps]} ms")
    assert len(gaps) == 1 if back - killed > 2 else len(gaps) <= 1
    for gap in gaps:
        assert gap["start_us"] / 1e6 == pytest.approx(killed, abs=1.5)
        assert gap["end_us"] / 1e6 == pytest.approx(back, abs=1.5)
    readings = detect.read_counters(file)
    assert {r.identity for r in readings} == {1}, "the last picture stays meanwhile, and nothing else is ever shown"
    at, again = recording.in_file(killed), recording.in_file(back)
    for begin, end in ((0, at), (again + 0.5, detect.duration_s(file))):
        assert len({r.counter for r in readings if begin <= r.t < end}) > 5
    assert _pitch(file, 0, at) == ABOUT(440)
    assert _pitch(file, again + 1, detect.duration_s(file)) == ABOUT(440)


async def _check_left(recording: PageRecording, file: Path) -> None:
    page = (await recording.manifest())["page"]
    [trouble] = page["happened"]
    assert trouble["what"] == "navigated"
    assert trouble["detail"].endswith("/elsewhere.html"), "without query"
    readings = detect.read_counters(file)
    first, second = ([r.t for r in readings if r.identity == identity] for identity in (2, 4))
    assert max(first) < min(second)
    assert _pitch(file, 0, max(first) - 0.3) == ABOUT(880)
    assert _pitch(file, min(second) + 1, detect.duration_s(file)) == ABOUT(1320)


async def _check_sound(recording: PageRecording, file: Path) -> None:
    page = (await recording.manifest())["page"]
    assert page["happened"] == [], "a page that only sounds is not blank"
    ends = detect.durations(file)
    samples = detect.sound(file).samples
    heard = np.abs(samples[: len(samples) // BLOCK * BLOCK]).reshape(-1, BLOCK).mean(axis=1) > LOUD
    assert _pitch(file, 0, ends["audio"]) == ABOUT(660)
    print(f"sounding: heard for {heard.mean():.0%} of {ends['audio']:.2f} s")
    assert heard.mean() > 0.6
    for t in np.linspace(0.1, ends["video"] - 0.1, 5):
        assert np.abs(detect.frame_at(file, float(t)).astype(int) - GROUND).max() < 12
