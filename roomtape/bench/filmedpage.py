"""Owns the pages that the filmed browser shows: participants in tiles, from files or from a meeting."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from roomtape.domain.layout import Rect

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Page:
    """A page that is served on loopback; `playing` is set when it says that all its videos play."""

    address: str
    playing: threading.Event


@contextmanager
def of_files(inputs: Sequence[Path], tiles: Sequence[Rect]) -> Iterator[Page]:
    """Serve a page that plays `inputs`, pairs (audio, video) of a participant, from memory."""
    page = (_HERE / "files.html").read_text().replace("TILES", json.dumps(_places(tiles)))
    with _served(page, [path.read_bytes() for path in inputs]) as served:
        yield served


@contextmanager
def of_meeting(server: str, script: str, token: str, tiles: Sequence[Rect]) -> Iterator[Page]:
    """Serve a page that joins a meeting with the official SDK, `script` on `server`, and shows everybody who sends.

    With "" for a `token` it takes the one in its address, `authToken`, as a recorded page is given it.
    """
    given = {"tiles": _places(tiles), "server": server, "token": token}
    page = (_HERE / "meeting.html").read_text().replace("GIVEN", json.dumps(given)).replace("SCRIPT", server + script)
    with _served(page, []) as served:
        yield served


def _places(tiles: Sequence[Rect]) -> list[list[int]]:
    return [[tile.x, tile.y, tile.width, tile.height] for tile in tiles]


@contextmanager
def _served(page: str, media: list[bytes]) -> Iterator[Page]:
    playing = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, page.encode(), media, playing))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Page(f"http://127.0.0.1:{server.server_port}/", playing)
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
        name = self.path.partition("?")[0].removeprefix("/")
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
