"""Owns reading Janus's `.mjr` files: whole packets with their arrival time, also of a growing, torn or foreign file.

Layout (Janus 1.1.2, src/record.c): the magic `MJR00002`, a 16-bit length and a JSON header, then packets, each
`MEET`, 32 bits of arrival (ms after the first packet), a 16-bit length and the RTP packet; all big-endian. The older
`MJR00001` has `MEETECHO` and no arrival time in front of each packet: it is made up from the RTP timestamps.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from struct import Struct
from typing import Any, NamedTuple

from roomtape.rtp.sequence import Unwrapper

CHUNK = 256 * 1024
"""Bytes read at once; a packet takes at most 65,545."""

_TIMED = Struct(">4sIH")
_UNTIMED = Struct(">8sH")
_TIMESTAMP = Struct(">4xI")
_KINDS = {"a": "audio", "v": "video", "d": "data"}
_LONGEST_HEADER = 10 + 0xFFFF
_AUDIO_RATE, _VIDEO_RATE = 48_000, 90_000


class Record(NamedTuple):
    """A packet as it lies in the file; `arrival_us` in µs since the epoch."""

    arrival_us: int
    payload: bytes


@dataclass(frozen=True)
class MjrHeader:
    """The file's own header. `first_us` is when its first packet arrived (µs since the epoch)."""

    kind: str
    codec: str
    created_us: int
    first_us: int
    extensions: dict[int, str] = field(default_factory=dict)
    fmtp: str = ""


class MjrReader:
    """Reads what is new in a file at each `poll`, never past its last whole packet, never raising for its content."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header: MjrHeader | None = None
        self._at = 0
        self._size = 0
        self._fault: str | None = None
        self._timed = True
        self._more = True
        self._ticks = Unwrapper(32)
        self._first_ticks: int | None = None

    @property
    def position(self) -> int:
        """Bytes read, up to the end of the last whole packet."""
        return self._at

    @property
    def at_end(self) -> bool:
        """Tell whether the last `poll` came to the end of what was whole then."""
        return not self._more

    @property
    def fault(self) -> str | None:
        """What is wrong with the file for good, as in `damage`, but not that its end is missing."""
        return self._fault

    @property
    def damage(self) -> str | None:
        """What is wrong with the file, in words and with the byte where it begins; None if it is whole.

        A file that is still being written usually ends in the middle of a packet: ask when it is finished.
        """
        if self._fault:
            return self._fault
        if not self._size:
            return None  # Janus opens the file before there is a packet
        if self.header is None:
            return f"ends within its header, at byte {self._size}"
        if self._at < self._size:
            return f"ends in the middle of a packet that begins at byte {self._at} ({self._size - self._at} bytes left)"
        return None

    def poll(self, max_bytes: int = CHUNK) -> list[Record]:
        """Return the whole packets among the next `max_bytes` (at least 128 KiB are taken), [] at the end.

        `at_end` tells whether more lies there now.
        """
        self._more = False
        if self._fault:
            return []
        data = self._read_on(max(max_bytes, 2 * (_LONGEST_HEADER + 1)))
        start = 0
        if data and self.header is None:
            start = self._parse_header(data)
            if self.header is None:
                return []
        records, used = self._parse_timed(data, start) if self._timed else self._parse_untimed(data, start)
        self._at += used
        self._more = self._fault is None and bool(records) and self._at < self._size
        return records

    def _read_on(self, count: int) -> bytes:
        # The file is not kept open: a long session has more files than a process may have descriptors.
        try:
            self._size = self.path.stat().st_size
            if self._at >= self._size:
                return b""
            with self.path.open("rb", buffering=0) as file:
                return os.pread(file.fileno(), count, self._at)
        except FileNotFoundError:
            return b""
        except OSError as error:
            self._fault = f"cannot be read at byte {self._at}: {error.strerror}"
            return b""

    def _parse_header(self, data: bytes) -> int:
        """Set `header` if it is whole; return its length."""
        magic = data[:8]
        if not (b"MJR00002".startswith(magic) or b"MJR00001".startswith(magic)):
            self._fault = "is no .mjr file of Janus: it does not begin with MJR00002 at byte 0"
            return 0
        if len(data) < 10:
            return 0
        end = 10 + int.from_bytes(data[8:10], "big")
        if len(data) < end:
            return 0
        try:
            self.header = _header(json.loads(data[10:end]))
        except (ValueError, TypeError, AttributeError, KeyError):
            self._fault = "has a damaged header at byte 10"
            return 0
        self._timed = magic == b"MJR00002"
        self._at += end
        return end

    def _parse_timed(self, data: bytes, start: int) -> tuple[list[Record], int]:
        records: list[Record] = []
        if self.header is None:
            return records, 0
        base = self.header.first_us
        unpack = _TIMED.unpack_from
        size = len(data)
        at = start
        while at + 10 <= size:
            mark, ms, length = unpack(data, at)
            if mark != b"MEET":
                self._fault = f"has no packet where one should begin, at byte {self._at + at - start}"
                break
            end = at + 10 + length
            if end > size:
                break
            records.append(Record(base + ms * 1000, data[at + 10 : end]))
            at = end
        return records, at - start

    def _parse_untimed(self, data: bytes, start: int) -> tuple[list[Record], int]:
        records: list[Record] = []
        size = len(data)
        at = start
        while at + 10 <= size:
            mark, length = _UNTIMED.unpack_from(data, at)
            if mark != b"MEETECHO":
                self._fault = f"has no packet where one should begin, at byte {self._at + at - start}"
                break
            end = at + 10 + length
            if end > size:
                break
            packet = data[at + 10 : end]
            records.append(Record(self._made_up_arrival(packet), packet))
            at = end
        return records, at - start

    def _made_up_arrival(self, packet: bytes) -> int:
        header = self.header
        assert header is not None
        if len(packet) < 12:
            return header.first_us
        (timestamp,) = _TIMESTAMP.unpack_from(packet)
        ticks = self._ticks.unwrap(timestamp)
        if self._first_ticks is None:
            self._first_ticks = ticks
        rate = _VIDEO_RATE if header.kind == "video" else _AUDIO_RATE
        return header.first_us + (ticks - self._first_ticks) * 1_000_000 // rate


def _header(body: dict[str, Any]) -> MjrHeader:
    created = int(body.get("s", 0))
    extensions = {int(key): str(uri) for key, uri in body.get("x", {}).items()}
    return MjrHeader(
        kind=_KINDS[body["t"]],
        codec=str(body["c"]).lower(),
        created_us=created,
        first_us=int(body.get("u", created)),
        extensions=extensions,
        fmtp=str(body.get("f", "")),
    )
