"""Owns reading MPEG-TS for tests, from the bytes alone: continuity counters, and the ID3 tags of a package in order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ID3_TYPE, VIDEO_TYPE, AUDIO_TYPE = 0x15, 0x1B, 0x0F


@dataclass(frozen=True)
class Frame:
    """An ID3 frame: when (s, on the stream's clock), TXXX or PRIV, its description or owner, and what it holds."""

    at_s: float
    kind: str
    name: str
    data: bytes


class TsReader:
    """Reads segments one after another as one stream; fails where a continuity counter is not the next one."""

    def __init__(self) -> None:
        self.counters: dict[int, int] = {}
        self.types: dict[int, int] = {}
        self.frames: list[Frame] = []
        self.first_s: dict[int, float] = {}
        """By stream type, when its first PES packet is shown."""
        self.last_s: dict[int, float] = {}
        self.program_info = b""
        self._pes: dict[int, bytearray] = {}
        self._pmt: int | None = None

    def read(self, paths: Iterable[Path]) -> TsReader:
        for path in paths:
            self._begin_segment(path.read_bytes())
        return self

    def _begin_segment(self, data: bytes) -> None:
        assert len(data) % 188 == 0
        seen: list[int] = []
        for at in range(0, len(data), 188):
            seen.append(self._packet(data[at : at + 188]))
        assert seen[0] in (0, 0x11)
        assert 0 in seen[:3], "a segment begins with its tables"
        for pid in list(self._pes):
            self._flush(pid)

    def _packet(self, packet: bytes) -> int:
        assert packet[0] == 0x47
        pid, starts = (packet[1] & 0x1F) << 8 | packet[2], packet[1] & 0x40
        payload, counter = packet[3] & 0x10, packet[3] & 0x0F
        before = self.counters.get(pid)
        if before is not None:
            assert counter == (before + 1 if payload else before) % 16, f"pid {pid:#x}: {before} then {counter}"
        self.counters[pid] = counter
        body = packet[4 + (1 + packet[4] if packet[3] & 0x20 else 0) :]
        if not payload:
            return pid
        if pid == 0:
            self._pmt = (body[11] & 0x1F) << 8 | body[12]
        elif pid == self._pmt:
            self._tables(body)
        elif pid in self.types:
            if starts:
                self._flush(pid)
            self._pes.setdefault(pid, bytearray()).extend(body)
        return pid

    def _tables(self, body: bytes) -> None:
        length = (body[2] & 0x0F) << 8 | body[3]
        assert crc_32(body[1 : 4 + length]) == 0, "with its checksum at the end, a section's checksum is 0"
        info = (body[11] & 0x0F) << 8 | body[12]
        self.program_info = body[13 : 13 + info]
        at = 13 + ((body[11] & 0x0F) << 8 | body[12])
        while at < 4 + length - 4:
            self.types[(body[at + 1] & 0x1F) << 8 | body[at + 2]] = body[at]
            at += 5 + ((body[at + 3] & 0x0F) << 8 | body[at + 4])

    def _flush(self, pid: int) -> None:
        pes = bytes(self._pes.pop(pid, b""))
        if not pes:
            return
        assert pes[:3] == b"\0\0\1"
        assert pes[7] & 0x80
        p = pes[9:14]
        pts = (p[0] >> 1 & 7) << 30 | p[1] << 22 | (p[2] >> 1) << 15 | p[3] << 7 | p[4] >> 1
        at_s, kind = pts / 90_000, self.types[pid]
        self.first_s.setdefault(kind, at_s)
        self.last_s[kind] = at_s
        if kind == ID3_TYPE:
            assert pes[3] == 0xBD
            self.frames.append(read_tag(at_s, pes[9 + pes[8] :]))


def crc_32(data: bytes) -> int:
    """CRC-32/MPEG-2, bit by bit."""
    register = [1] * 32
    for byte in data:
        for bit in range(7, -1, -1):
            out = register.pop(0) ^ (byte >> bit & 1)
            register.append(0)
            if out:
                for tap in (0, 1, 2, 4, 5, 7, 8, 10, 11, 12, 16, 22, 23, 26):
                    register[31 - tap] ^= 1
    return int("".join(map(str, register)), 2)


def read_tag(at_s: float, data: bytes) -> Frame:
    """Read a tag of one frame; fails when anything is left over."""
    assert data[:6] == b"ID3\x04\x00\x00"
    assert _size(data[6:10]) == len(data) - 10
    frame = data[10:]
    assert _size(frame[4:8]) == len(frame) - 10
    kind, content = frame[:4].decode(), frame[10:]
    if kind == "TXXX":
        assert content[0] == 3
        content = content[1:]
    name, _, value = content.partition(b"\0")
    return Frame(at_s, kind, name.decode(), value)


def _size(four: bytes) -> int:
    assert all(b < 0x80 for b in four)
    return four[0] << 21 | four[1] << 14 | four[2] << 7 | four[3]
