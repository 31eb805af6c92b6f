"""Owns what a finished MPEG-TS file still lacks to be a segment of a stream: counters that go on, and a pointer to ID3.

Sources: ISO/IEC 13818-1, 2.4.3.3 (continuity_counter), 2.4.4.8 (PMT), 2.6.58 (metadata_pointer_descriptor); "Timed
Metadata for HTTP Live Streaming", section 2.3.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_PACKET, _SYNC = 188, 0x47
_PMT_TABLE, _PROGRAM_INFO = 2, 10  # table_id; where in the section program_info_length is
_ID3 = b"\xff\xffID3 \xffID3 \x00\x1f"
"""Application format and metadata format are told by identifiers; service 0; no locator, carried in this stream."""
_POINTER = 0x25

Packets = NDArray[np.uint8]


@dataclass
class Counters:
    """The next continuity counter of each PID, from one segment to the next."""

    following: dict[int, int] = field(default_factory=dict)


def finish(path: Path, counters: Counters) -> None:
    """Let the counters in the file, which begin at 0, go on from `counters`, and its tables point to the ID3."""
    packets = np.fromfile(path, dtype=np.uint8).reshape(-1, _PACKET)
    assert (packets[:, 0] == _SYNC).all()
    pids = ((packets[:, 1].astype(np.uint16) & 0x1F) << 8 | packets[:, 2]).astype(np.uint16)
    _point_to_id3(packets, pids)
    _count_on(packets, pids, counters)
    packets.tofile(path)


def _count_on(packets: Packets, pids: NDArray[np.uint16], counters: Counters) -> None:
    paid = (packets[:, 3] & 0x10) != 0  # packets without payload do not count
    for pid in np.unique(pids):
        mine = pids == pid
        shift = counters.following.get(int(pid), 0)
        low = packets[mine, 3]
        packets[mine, 3] = (low & 0xF0) | ((low + shift) & 0x0F)
        counters.following[int(pid)] = (shift + int((mine & paid).sum())) % 16


def _point_to_id3(packets: Packets, pids: NDArray[np.uint16]) -> None:
    """Put the descriptor by which players find the metadata into the program's own loop; FFmpeg writes the stream's."""
    pat = packets[np.flatnonzero(pids == 0)[0]]
    mine = pids == ((int(pat[15]) & 0x1F) << 8 | int(pat[16]))
    for index in np.flatnonzero(mine):
        start = 5 + int(packets[index, 4])
        packets[index, start:] = np.frombuffer(_pointed(packets[index, start:].tobytes()), np.uint8)


@lru_cache(maxsize=4)  # it is the same one again and again
def _pointed(section: bytes) -> bytes:
    """Return the PMT with the descriptor in front of its program's others; the room for it is that of the stuffing."""
    assert section[0] == _PMT_TABLE
    end = 3 + ((section[1] & 0x0F) << 8 | section[2])
    descriptor = bytes((_POINTER, len(_ID3) + 2)) + _ID3 + section[3:5]
    held = ((section[_PROGRAM_INFO] & 0x0F) << 8 | section[_PROGRAM_INFO + 1]) + len(descriptor)
    body = section[:_PROGRAM_INFO] + (0xF000 | held).to_bytes(2, "big") + descriptor + section[12 : end - 4]
    length = len(body) - 3 + 4
    body = body[:1] + (0xB000 | length).to_bytes(2, "big") + body[3:]
    whole = body + _crc(body).to_bytes(4, "big")
    assert len(whole) <= len(section)
    return whole.ljust(len(section), b"\xff")


def _crc(data: bytes) -> int:
    """CRC-32 of ISO/IEC 13818-1, annex A: no reflection, no final inversion."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc
