"""Owns the stream process: `python -m roomtape.render.rtmp WORK_DIR` sends a live render's segments to an RTMP server.

It is told where on standard input, one JSON line: `url` (with the stream key, which therefore is in no list of
processes), `port` (on this machine, through which the server is reached) and `first` (the segment to begin with, unless
there are newer ones). It tells how it gets on in JSON lines on standard output: `{"live": true}` once the server takes
the stream, `{"next": segment, "sent_ms": media sent so far}` about once a second, `{"skipped": segments}` when
more was waiting than may. One process is one connection. Exit codes: 0 all was sent; 1 the connection is lost, and
`{"error": …}` says why.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from roomtape.domain.rtmp import parse
from roomtape.render.child import die_with
from roomtape.render.job import PROGRESS, RenderJob, RenderResult
from roomtape.render.segments import SECONDS

if TYPE_CHECKING:
    from roomtape.media.push_flv import FlvPush

ENDED, LOST = 0, 1
MOST_WAITING = 2
"""Whole segments that may wait to be sent. With the one that is being sent, nobody sees the meeting later than that."""
LATE_S = 0.5
"""Packets later than this are not hurried up: the render paused or was slow, and what follows is later by as much."""
EARLY_S = 1.5
"""Packets due later than this come after segments that were left out; they are sent at once."""

_POLL_S = 0.05  # short, because a render removes its segments soon after the last one
_LOOK_S = 0.5
_TELL_S = 1.0
_FOLDERS = "segments-*"  # composite.SEGMENTS and the fingerprint of the form

Tell = Callable[[dict[str, Any]], None]


def main(arguments: list[str] | None = None) -> int:
    """Stream one work folder and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m roomtape.render.rtmp")
    parser.add_argument("work", type=Path)
    parser.add_argument("--parent", type=int, help="pid of the process without which this one shall not live")
    given = parser.parse_args(arguments)
    if given.parent is not None:
        die_with(given.parent)
    # Here, because the server uses this module's names, and needs none of FFmpeg for it.
    from roomtape.media import push_flv

    order = json.loads(sys.stdin.readline())
    push_flv.complain_on_stderr()
    push = push_flv.FlvPush(parse(order["url"]), order["port"], RenderJob.read(given.work).config.video.fps)
    follower = Follower(given.work, order["first"])
    follower.start()
    try:
        stream(push, follower, _tell)
    except push_flv.LostConnection as error:
        _tell({"error": error.strerror or str(error)})
        os._exit(LOST)  # the connection's thread may be waiting for the server for ever
    return ENDED


def newest(work: Path) -> int | None:
    """Return the newest whole segment of the live render in `work`, None while there is none."""
    folder = _folder(work)
    if folder is None:
        return None
    return max((int(path.stem.removeprefix("seg-")) for path in folder.glob("seg-*.nut")), default=None)


def whole(work: Path, index: int) -> bool:
    """Tell whether segment `index` of the live render in `work` is whole."""
    folder = _folder(work)
    return folder is not None and (folder / _name(index)).exists()


def over(work: Path, following: int) -> bool:
    """Tell whether no segment `following` or later will ever be there."""
    if not work.is_dir() or RenderResult.read(work) is not None:
        return True
    try:
        total_ms = json.loads((work / PROGRESS).read_bytes())["total_ms"]
    except (OSError, ValueError, KeyError):
        return False
    return total_ms is not None and following * SECONDS * 1000 >= total_ms


def stream(push: FlvPush, follower: Follower, tell: Tell) -> None:
    """Send what `follower` finds at the pace of the recording's clock. Raises LostConnection."""
    pace = _Pace()
    packets, sent_ms, told_at = 0, 0, 0.0
    while (segment := follower.next()) is not None:
        index, data, skipped = segment
        if skipped:
            tell({"skipped": skipped})
        for at_s, packet in push.packets(data):
            pace.wait(at_s)
            push.send(packet)
            packets += 1
            if packets == 2 * push.QUEUE:
                tell({"live": True})
            if time.monotonic() - told_at >= _TELL_S:
                told_at = time.monotonic()
                within_ms = round(at_s * 1000) - index * SECONDS * 1000
                tell({"next": index, "sent_ms": sent_ms + min(max(within_ms, 0), SECONDS * 1000)})
        sent_ms += SECONDS * 1000
        tell({"next": index + 1, "sent_ms": sent_ms})
    push.close()


class _Pace:
    """Holds packets back until they are due."""

    def __init__(self) -> None:
        self._zero: float | None = None

    def wait(self, at_s: float) -> None:
        now = time.monotonic()
        if self._zero is None or not -EARLY_S <= now - (self._zero + at_s) <= LATE_S:
            self._zero = now - at_s
        if (left := self._zero + at_s - now) > 0:
            time.sleep(left)


class Follower(threading.Thread):
    """Takes each segment into memory when it is whole: sending may be slow, and the render removes them in the end."""

    def __init__(self, work: Path, first: int) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._first = first
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._skipped = 0
        self._ended = False
        self._changed = threading.Condition()

    def next(self) -> tuple[int, bytes, int] | None:
        """Return the next segment's index, its bytes, and how many were left out before it; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended)
            if not self._waiting:
                return None
            index, data = self._waiting.popleft()
            skipped, self._skipped = self._skipped, 0
            return index, data, skipped

    def run(self) -> None:
        index = self._begin()
        while index is not None and (data := self._read(index)) is not None:
            self._add(index, data)
            index += 1
        with self._changed:
            self._ended = True
            self._changed.notify()

    def _begin(self) -> int | None:
        while not whole(self._work, self._first):
            if over(self._work, self._first):
                return None
            time.sleep(_LOOK_S)
        return newest(self._work)

    def _read(self, index: int) -> bytes | None:
        """Wait for a segment; None when there will be none."""
        looked = time.monotonic()
        while True:
            folder = _folder(self._work)
            try:
                if folder is not None:
                    return (folder / _name(index)).read_bytes()
            except FileNotFoundError:
                pass
            if time.monotonic() - looked >= _LOOK_S:
                looked = time.monotonic()
                if over(self._work, index):
                    return None
            time.sleep(_POLL_S)

    def _add(self, index: int, data: bytes) -> None:
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                self._skipped += len(self._waiting)
                self._waiting.clear()
            self._waiting.append((index, data))
            self._changed.notify()


def _name(index: int) -> str:
    return f"seg-{index:06}.nut"  # segments.Segments.path


def _folder(work: Path) -> Path | None:
    """Return the folder that the render writes to now; another version of Roomtape may have left one of its own."""
    try:
        return max(work.glob(_FOLDERS), key=lambda folder: folder.stat().st_mtime_ns, default=None)
    except FileNotFoundError:  # removed meanwhile
        return None


def _tell(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    sys.exit(main())
