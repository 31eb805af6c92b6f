"""Owns reading Janus's `.mjr` files: whole packets with their arrival time, also of a growing, torn or foreign file.

Layout (Janus 1.1.2, src/record.c): the magic `MJR00002`, a 16-bit length and a JSON header, then packets, each
`MEET`, 32 bits of arrival (ms after the first packet), a 16-bit length and the RTP packet; all big-endian. The older
`MJR00001` has `MEETECHO` and no arrival time in front of each packet: it is made up from the RTP timestamps.

A disk that was full leaves a packet torn in the middle of a file, with whole ones after it. Such a tear is found by
what begins inside the packet or where none begins; reading goes on at the next place that looks like a packet.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from struct import Struct
from typing import Any

from roomtape.rtp.sequence import Unwrapper

CHUNK = 256 * 1024
"""Bytes read at once; a packet takes at most 65,545."""

_TIMED = Struct(">4sIH")
_UNTIMED = Struct(">8sH")
_TIMESTAMP = Struct(">4xI")
_MARK = b"MEET"
_MAGIC_BYTES = 8
"""A file of just those is of a track that sent nothing."""
_FORESEEN = 11
"""Bytes by which a packet is known for one: mark, arrival, length, and RTP's first byte."""
_SHORTEST, _LONGEST = 12, 2048
"""Bytes of an RTP packet in a WebRTC capture: its fixed header, and more than an Ethernet frame holds."""
_FURTHEST_MS = 7 * 24 * 3600 * 1000
"""Nobody is silent in a meeting for longer: an arrival further ahead is made of other bytes."""
_TOLD = 3
"""Tears that `damage` tells one by one; of more it gives the number."""
_KINDS = {"a": "audio", "v": "video", "d": "data"}
_LONGEST_HEADER = 10 + 0xFFFF
_AUDIO_RATE, _VIDEO_RATE = 48_000, 90_000


Record = tuple[int, bytes]
"""A packet as it lies in the file: when it arrived (µs since the epoch), and the packet."""


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
    """Reads what is new in a file at each `poll`, never past its last whole packet, never raising for its content.

    Which packets it gives depends on the bytes alone, not on how the file grew while it was read.
    """

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
        self._last_ms = 0
        self._tear: int | None = None
        self._tears: list[tuple[int, int]] = []

    @property
    def position(self) -> int:
        """Bytes read, up to the end of the last whole packet."""
        return self._at if self._tear is None else self._tear

    @property
    def at_end(self) -> bool:
        """Tell whether the last `poll` came to the end of what was whole then."""
        return not self._more

    @property
    def fault(self) -> str | None:
        """What is wrong with the file for good, as in `damage`, but not that its end is missing."""
        return "; ".join(self._faults()) or None

    @property
    def damage(self) -> str | None:
        """What is wrong with the file, in words and with the byte where it begins; None if it is whole.

        A file that is still being written usually ends in the middle of a packet: ask when it is finished.
        """
        found = self._faults()
        if not self._fault and self._size not in (0, _MAGIC_BYTES):  # Janus writes the magic before there is a packet
            if self.header is None:
                found.append(f"ends within its header, at byte {self._size}")
            elif self._tear is None and self._at < self._size:
                left = self._size - self._at
                found.append(f"ends in the middle of a packet that begins at byte {self._at} ({left} bytes left)")
        return "; ".join(found) or None

    def _faults(self) -> list[str]:
        found = [f"has a torn packet at byte {at}: {size} bytes were passed over" for at, size in self._tears[:_TOLD]]
        if len(self._tears) > _TOLD:
            found.append(f"has {len(self._tears) - _TOLD} more torn packets after it, up to byte {self._tears[-1][0]}")
        if self._tear is not None:
            found.append(f"has no packet where one should begin, at byte {self._tear}")
        if self._fault:
            found.append(self._fault)
        return found

    def poll(self, max_bytes: int = CHUNK) -> list[Record]:
        """Return the whole packets among the next `max_bytes` (at least 128 KiB are taken), [] at the end.

        `at_end` tells whether more lies there now.
        """
        self._more = False
        if self._fault:
            return []
        while True:
            data = self._read_on(max(max_bytes, 2 * (_LONGEST_HEADER + 1)))
            start = 0
            if data and self.header is None:
                start = self._parse_header(data)
                if self.header is None:
                    return []
            records, used = self._parse_timed(data, start) if self._timed else self._parse_untimed(data, start)
            self._at += used
            if records or not used or self._tear is None:  # a long tear is searched to its end at once
                break
        self._more = self._fault is None and bool(records) and self._at < self._size
        return records

    def leap_to_end(self) -> None:
        """Go on at the file's present end, which may lie within a packet: the next one is looked for from there."""
        self._at = self._tear = self._size

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
        magic = data[:_MAGIC_BYTES]
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
        origin = self._at - start
        size = len(data)
        at_end = origin + size >= self._size
        at = start
        while True:
            if self._tear is not None:
                found, at = self._next_packet(data, at, size)
                if not found:
                    break
                self._tears.append((self._tear, origin + at - self._tear))
                self._tear = None
            if at + 10 > size:
                break
            mark, ms, length = unpack(data, at)
            if mark != _MARK or ms - self._last_ms > _FURTHEST_MS:
                self._tear = origin + at
                at += mark == _MARK
                continue
            end = at + 10 + length
            if data.find(_MARK, at + 4, end + 3) >= 0:  # of a torn packet the next one begins before its end
                found, inner = self._next_packet(data, at + 4, min(end + 3, size))
                if found:
                    self._tear = origin + at
                    at = inner
                    continue
                if found is None:
                    break
            if end > size or (end + 3 > size and not at_end):
                break
            records.append((base + ms * 1000, data[at + 10 : end]))
            self._last_ms = ms
            at = end
        return records, at - start

    def _next_packet(self, data: bytes, start: int, end: int) -> tuple[bool | None, int]:
        """Return True and where the next packet begins in [start, end); or, if there is none, False and how far that is
        certain; None and where one may begin of which too little is there yet.
        """
        at = start
        while True:
            at = data.find(_MARK, at, end)
            if at < 0:
                return False, max(start, end - 3)
            if at + _FORESEEN > len(data):
                return None, at
            _, ms, length = _TIMED.unpack_from(data, at)
            likely = 0 <= ms - self._last_ms <= _FURTHEST_MS and _SHORTEST <= length <= _LONGEST
            if likely and data[at + 10] & 0xC0 == 0x80:
                return True, at
            at += 1

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
            records.append((self._made_up_arrival(packet), packet))
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
