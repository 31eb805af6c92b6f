"""The finished files of every codec in a browser: sound to the sample, pictures, seeking, and what a cut one plays."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.async_api import Page

from roomtape.capture.values import Interval
from roomtape.domain.recording import Kind
from roomtape.domain.recording_config import AudioConfig, RecordingConfig, VideoConfig
from roomtape.render import assemble
from roomtape.render.composite_clock import OutputClock
from roomtape.render.job import RenderJob
from tests.support import segmented
from tests.support.chromium import launched

SECONDS = 9
CONFIGS = [
    RecordingConfig(VideoConfig("H264", 320, 180), AudioConfig(export_file=True)),
    RecordingConfig(VideoConfig(export_file=False), AudioConfig("MP3", export_file=True)),
    RecordingConfig(VideoConfig("VP8", 320, 180), AudioConfig(export_file=True)),
    RecordingConfig(VideoConfig("VP9", 320, 180)),
]
DECODE = """async ([url, at]) => {
  const data = await (await fetch(url)).arrayBuffer()
  const sound = await new OfflineAudioContext(2, 48000, 48000).decodeAudioData(data)
  const samples = sound.getChannelData(0)
  return at.map(due => {
    let found = due - 2000
    for (let i = found; i < due + 2000; i++) if (Math.abs(samples[i]) > Math.abs(samples[found])) found = i
    return found
  })
}"""
PLAY = """async ([url, place, rate]) => {
  const player = document.createElement('video')
  player.muted = true
  player.src = url
  const told = name => new Promise(done => player.addEventListener(name, done, {once: true}))
  const over = Promise.race([told('ended'), told('error'), new Promise(done => setTimeout(done, 8000))])
  await Promise.race([told('canplay'), over])
  const answer = {duration: player.duration, width: player.videoWidth}
  if (place) {
    const there = told('seeked')
    player.currentTime = place
    await there
    answer.place = player.currentTime
  }
  player.playbackRate = rate
  await player.play()
  await over
  answer.end = player.currentTime
  return answer
}"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[int]]:
    """Make the files of each configuration; return their folder and at which samples they click."""
    folder = tmp_path_factory.mktemp("files")
    at: list[int] = []
    for number, config in enumerate(CONFIGS):
        clock = OutputClock([Interval(0, SECONDS * 1_000_000)], 30)
        form = assemble.form_of(config)
        sound, at = segmented.click_track(SECONDS)
        (folder / f"{number}").mkdir()
        parts = segmented.write(folder / f"{number}", form, clock.frames, sound)
        job = RenderJob("", Kind.COMPOSITE, config, output_name=f"{number}.{config.extension}")
        assemble.assemble(job, folder, clock, parts, form)
    return folder, at


@pytest.fixture
async def page(files: tuple[Path, list[int]]) -> AsyncIterator[Page]:
    folder, _ = files
    (folder / "index.html").write_text("<!doctype html>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    async with launched() as chromium:
        made = await chromium.new_page()
        await made.goto(f"http://127.0.0.1:{server.server_port}/index.html")
        yield made
    server.shutdown()


async def test_every_file_plays_with_its_sound_to_the_sample(files: tuple[Path, list[int]], page: Page) -> None:
    _, at = files
    for name in ("0.mp4", "0.m4a", "1.mp3", "2.webm", "2.ogg", "3.webm"):
        assert await page.evaluate(DECODE, [name, at]) == at, name
        told = await page.evaluate(PLAY, [name, 7.51, 4])
        assert told["duration"] == pytest.approx(SECONDS, abs=0.034), name
        assert told["width"] == (320 if name.endswith(("mp4", "webm")) else 0), name
        assert told["place"] == pytest.approx(7.51, abs=0.001), name
        assert told["end"] == pytest.approx(SECONDS, abs=0.1), name


async def test_cut_files_play_up_to_the_cut(files: tuple[Path, list[int]], page: Page) -> None:
    folder, _ = files
    for name in ("0.mp4", "3.webm"):
        data = (folder / name).read_bytes()
        media = data.index(b"mdat") if name.endswith("mp4") else 0
        (folder / f"cut-{name}").write_bytes(data[: media + (len(data) - media) // 2])
        told = await page.evaluate(PLAY, [f"cut-{name}", 0, 4])
        assert told["duration"] == pytest.approx(SECONDS, abs=0.034), name
        assert told["end"] > SECONDS / 2 - 1, name
