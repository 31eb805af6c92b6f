"""Owns the recorder that films a browser: Chromium shows a page on a virtual display, and ffmpeg grabs it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from roomtape.bench.ffmpeg import grab_command
from roomtape.bench.filmedpage import Page
from roomtape.bench.measure import CpuMeter, memory_samples, run, tree
from roomtape.domain.layout import Rect
from roomtape.domain.recording_config import VideoConfig
from roomtape.errors import DestinationError
from roomtape.media.testreading import shown_per_second

SETTLE_S = 2.0
"""After the page plays and before it is filmed: what its start costs is not counted."""
_PLAYS_WITHIN_S, _DISPLAY_WITHIN_S = 60.0, 20.0


@dataclass(frozen=True)
class Grabbed:
    """What filming took: CPU of browser, display and ffmpeg together, and the pictures of a participant that came."""

    file: Path
    cpu_s_per_minute: float
    peak_bytes: int
    shown_per_second: float


def film(folder: Path, page: Page, tile: Rect, video: VideoConfig, seconds: int) -> Grabbed:
    """Film `page` for `seconds` once it plays; `tile` is where a participant's test picture is to be seen.

    Raises DestinationError when a tool is missing or the page does not play.
    """
    folder.mkdir(parents=True)
    output = folder / "browser.mp4"
    with (
        _display(video) as (display, screen),
        _chromium(folder / "profile", page.address, display, video) as chromium,
    ):
        if not page.playing.wait(_PLAYS_WITHIN_S):
            raise DestinationError("Chromium did not play the page's videos; is the machine busy?")
        time.sleep(SETTLE_S)
        roots = (screen, chromium)
        with memory_samples(roots) as samples:
            meter = CpuMeter(lambda: tree(roots))
            filmed = run(grab_command(display, video, seconds, output), seconds * 4 + 30)
            others_s, others_in_s = meter.seconds(), filmed.wall_s
    return Grabbed(
        output,
        # Filming takes a moment longer than what is filmed; the browser goes on playing meanwhile.
        60 * (others_s / others_in_s + filmed.cpu_s / seconds),
        max(samples) + filmed.peak_bytes,
        shown_per_second(output, (tile.x, tile.y, tile.width, tile.height)),
    )


@contextmanager
def _display(video: VideoConfig) -> Iterator[tuple[str, int]]:
    """Run an X server without a screen; yields its display and its pid."""
    told, write = os.pipe()
    words = ("-displayfd", str(write), "-screen", "0", f"{video.width}x{video.height}x24", "-nolisten", "tcp")
    try:
        with _running(["Xvfb", *words], pass_fds=(write,)) as pid:
            os.close(write)
            os.set_blocking(told, False)
            number, deadline = b"", time.monotonic() + _DISPLAY_WITHIN_S
            while not number.endswith(b"\n"):
                if time.monotonic() > deadline or not psutil.pid_exists(pid):
                    raise DestinationError("Xvfb did not start")
                time.sleep(0.05)
                with suppress(BlockingIOError):
                    number += os.read(told, 16)
            yield f":{number.decode().strip()}", pid
    finally:
        os.close(told)


@contextmanager
def _chromium(profile: Path, address: str, display: str, video: VideoConfig) -> Iterator[int]:
    words = [
        *("chromium", "--kiosk", f"--window-size={video.width},{video.height}", "--window-position=0,0"),
        *("--no-first-run", "--no-default-browser-check", "--test-type", "--disable-extensions", "--disable-sync"),
        *("--disable-background-networking", "--disable-component-update", "--force-device-scale-factor=1"),
        *(
            "--autoplay-policy=no-user-gesture-required",
            "--disable-gpu",
            "--disable-breakpad",
            f"--user-data-dir={profile}",
        ),
        *(("--no-sandbox",) if os.geteuid() == 0 else ()),
        address,
    ]
    with _running(words, env=os.environ | {"DISPLAY": display}) as pid:
        yield pid


@contextmanager
def _running(words: Sequence[str], env: dict[str, str] | None = None, pass_fds: Sequence[int] = ()) -> Iterator[int]:
    """Run a program; at the end it is killed with everything that it has started."""
    try:
        child = subprocess.Popen(
            words, env=env, pass_fds=pass_fds, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except OSError as error:
        raise DestinationError(
            f"{words[0]} cannot be started: {error.strerror}; `scripts/setup bench` installs it"
        ) from error
    try:
        yield child.pid
    finally:
        for pid in reversed(tree([child.pid])):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        child.wait()
