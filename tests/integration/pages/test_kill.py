"""Chromium and the server are killed while a page is recorded: the recording ends UPLOADED and its gap has a name."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from tests.support import detect
from tests.support.pagerecording import record_page
from tests.support.pagesite import Site
from tests.support.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

TONE = 440
SEAM_S = 0.3


async def test_chromium_and_then_the_server_are_killed(server: Server, site: Site, tmp_path: Path) -> None:
    recording = await record_page(server, site.show(identity=3, tone=TONE))
    await asyncio.sleep(2)
    killed = time.time()
    recording.kill_browser()
    back = (await recording.happens("back", 40))["t"] / 1e6
    await asyncio.sleep(2)
    recorder = recording.recorder()
    down = time.time()
    await server.kill()
    await asyncio.sleep(2)
    await server.restart()
    up = time.time()
    assert recording.recorder() == recorder, "it went on without the server"
    await asyncio.sleep(2)
    await recording.stop()
    file = await recording.file(tmp_path)
    manifest = await recording.manifest()

    page = manifest["page"]
    assert [one["what"] for one in page["happened"]] == ["gone"]
    [gap] = [gap for gap in page["gaps"] if gap["cause"] == "gone"]
    print(f"Chromium killed: back after {back - killed:.1f} s, no picture for {gap['to_ms'] - gap['from_ms']} ms")
    assert gap["start_us"] / 1e6 == pytest.approx(killed, abs=1.5)
    assert gap["end_us"] / 1e6 == pytest.approx(back, abs=1.5)
    [away] = manifest["server_down"]
    assert abs(away["start_us"] / 1e6 - down) < 3
    readings = detect.read_counters(file)
    assert {r.identity for r in readings} == {3}
    begin, end = recording.in_file(down), recording.in_file(up)
    meanwhile = [r for r in readings if begin + SEAM_S <= r.t < end - SEAM_S]
    assert len({r.counter for r in meanwhile}) > 8 * (end - begin - 2 * SEAM_S), "the page was recorded all the same"
    assert detect.hole(file, TONE, recording.in_file(back) + 1, detect.duration_s(file)) < 1
    lasts = (recording.done.stopped_time - recording.done.started_time).total_seconds()
    assert detect.duration_s(file) == pytest.approx(lasts, abs=0.2)
    async with asyncio.timeout(10):  # a browser may take its time to end, the file does not wait for it
        while recording.server.data_dir.joinpath("pages", recording.id).exists():
            await asyncio.sleep(0.1)
