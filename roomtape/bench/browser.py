"""Owns the recorder that films a browser: Chromium shows the meeting on a virtual display, and ffmpeg grabs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil

from roomtape.bench.ffmpeg import grab_command
from roomtape.bench.measure import CpuMeter, memory_bytes, run, tree
from roomtape.domain.layout import Rect
from roomtape.domain.recording_config import VideoConfig
from roomtape.errors import DestinationError
from roomtape.media.testreading import shown_per_second

SETTLE_S = 2.0
"""After the page plays and before it is filmed: what its start costs is not counted."""
_PLAYS_WITHIN_S, _DISPLAY_WITHIN_S = 60.0, 20.0
_SAMPLE_S = 2.0
_PAGE = Path(__file__).with_name("browser.html")


@dataclass(frozen=True)
class Grabbed:
    """What filming took: CPU of browser, display and ffmpeg together, and the pictures of a participant that came."""

    file: Path
    cpu_s_per_minute: float
    peak_bytes: int
    shown_per_second: float


def grab(folder: Path, inputs: Sequence[Path], tiles: Sequence[Rect], video: VideoConfig, seconds: int) -> Grabbed:
    """Film a page that plays `inputs`, pairs (audio, video) of a participant, in `tiles`, for `seconds`.

    Raises DestinationError when a tool is missing or the page does not play.
    """
    folder.mkdir(parents=True)
    output = folder / "browser.mp4"
    playing = threading.Event()
    with (
        _display(video) as (display, screen),
        _served(inputs, tiles, playing) as address,
        _chromium(folder / "profile", address, display, video) as chromium,
    ):
        if not playing.wait(_PLAYS_WITHIN_S):
            raise DestinationError("Chromium did not play the page's videos; is the machine busy?")
        time.sleep(SETTLE_S)
        roots = (screen, chromium)
        with _memory(roots) as samples:
            meter = CpuMeter(lambda: tree(roots))
            filmed = run(grab_command(display, video, seconds, output), seconds * 4 + 30)
            others_s, others_in_s = meter.seconds(), filmed.wall_s
    tile = tiles[0]
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


@contextmanager
def _served(inputs: Sequence[Path], tiles: Sequence[Rect], playing: threading.Event) -> Iterator[str]:
    """Serve the page and its media on loopback; `playing` is set when the page says that all videos play."""
    places = [[tile.x, tile.y, tile.width, tile.height] for tile in tiles]
    page = _PAGE.read_text().replace("TILES", json.dumps(places)).encode()
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(_Handler, page, [path.read_bytes() for path in inputs], playing)
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    """`/` is the page, `/N` the N-th file; a POST says that everything plays."""

    def __init__(self, page: bytes, media: list[bytes], playing: threading.Event, *args: object) -> None:
        self._page, self._media, self._playing = page, media, playing
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        name = self.path.removeprefix("/")
        if name == "":
            self._answer(200, "text/html; charset=utf-8", self._page)
        elif name.isdigit() and int(name) < len(self._media):
            self._answer(200, "video/webm", self._media[int(name)])
        else:
            self._answer(404, "text/plain", b"")

    def do_POST(self) -> None:
        self._playing.set()
        self._answer(204, "text/plain", b"")

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the terminal shows what is being measured."""


@contextmanager
def _memory(roots: Sequence[int]) -> Iterator[list[int]]:
    """Sample what the processes below `roots` have in memory now and then; yields the samples, at least one."""
    samples = [memory_bytes(tree(roots))]
    over = threading.Event()

    def sample() -> None:
        while not over.wait(_SAMPLE_S):
            samples.append(memory_bytes(tree(roots)))

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()
