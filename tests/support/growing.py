"""Owns playing a finished capture again as it grew: events when they happened, packets through Janus's buffer."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path

BUFFER = 4096
"""Janus writes through stdio: only whole buffers come to the disk while a take runs."""


@dataclass
class _File:
    name: str
    data: bytes
    marks: list[tuple[int, int]]  # (arrival in µs, end in the file)
    stop_us: int


class Growing:
    """Copies the capture `whole` to `live`, which has to be empty, up to a moment of its session time.

    The log has each event `late_us` after it happened.
    """

    def __init__(self, whole: Path, live: Path, late_us: int = 0) -> None:
        self._live = live
        self._late_us = late_us
        live.mkdir(parents=True, exist_ok=True)
        lines = (whole / "events.jsonl").read_bytes().splitlines(keepends=True)
        self._events = [(json.loads(line), line) for line in lines]
        stops = {e["base"]: e["t"] for e, _ in self._events if e["e"] == "take_stopped"}
        self._files = [_file(p, stops[p.name.rsplit("-", 2)[0]]) for p in sorted(whole.glob("*.mjr"))]
        self.end_us = max(e["t"] for e, _ in self._events) + late_us

    def until(self, now_us: int) -> None:
        """Let everything be there that is there at `now_us`."""
        for file in self._files:
            arrived = max((end for at, end in file.marks if at <= now_us), default=0)
            size = len(file.data) if now_us >= file.stop_us else arrived // BUFFER * BUFFER
            (self._live / file.name).write_bytes(file.data[:size])
        late_us = self._late_us
        (self._live / "events.jsonl").write_bytes(
            b"".join(line for e, line in self._events if e["t"] <= now_us - late_us)
        )


def _file(path: Path, stop_us: int) -> _File:
    data = path.read_bytes()
    at = 10 + int.from_bytes(data[8:10], "big")
    first_us = json.loads(data[10:at])["u"]
    marks = []
    while at < len(data):
        _, ms, length = struct.unpack_from(">4sIH", data, at)
        at += 10 + length
        marks.append((first_us + ms * 1000, at))
    return _File(path.name, data, marks, stop_us)
