"""Owns cutting encoded frames into RTP payloads: VP8 (RFC 7741), VP9 (RFC 9628), H.264 (RFC 6184).

No picture ids are written (both VP8 and VP9 allow that), so that the payloads of a loop never change.
"""

from __future__ import annotations

import re
import struct

MAX_PAYLOAD = 1200

_START_CODE = re.compile(rb"\x00\x00\x00?\x01")
_STAP_A, _FU_A = 24, 28


def vp8(frame: bytes) -> list[bytes]:
    """Return payloads with the one-octet descriptor of RFC 7741, section 4.2: S marks the frame's first."""
    pieces = _pieces(frame, MAX_PAYLOAD - 1)
    return [(b"\x10" if i == 0 else b"\x00") + piece for i, piece in enumerate(pieces)]


def vp9(frame: bytes, keyframe: bool, width: int, height: int) -> list[bytes]:
    """Return payloads with the non-flexible descriptor of RFC 9628, section 4.2, without picture id and layers.

    A keyframe's first payload carries the scalability structure (one layer, its size, no picture group).
    """
    structure = struct.pack("!BHH", 0b0001_0000, width, height) if keyframe else b""
    pieces = _pieces(frame, MAX_PAYLOAD - 1 - len(structure))
    payloads = []
    for i, piece in enumerate(pieces):
        first, last = i == 0, i == len(pieces) - 1
        flags = (0 if keyframe else 0x40) | (0x08 if first else 0) | (0x04 if last else 0)
        extra = structure if first else b""
        payloads.append(bytes([flags | (0x02 if extra else 0)]) + extra + piece)
    return payloads


def h264(unit: bytes) -> list[bytes]:
    """Return payloads of an access unit in Annex B form (packetization-mode 1).

    Parameter sets that lie before a slice go with one another in a STAP-A, large NAL units in FU-As.
    """
    nals = [nal for nal in _START_CODE.split(unit) if nal]
    payloads: list[bytes] = []
    small: list[bytes] = []
    for nal in nals:
        if sum(len(n) + 2 for n in small) + len(nal) + 3 <= MAX_PAYLOAD:
            small.append(nal)
            continue
        payloads += _aggregate(small)
        small = []
        payloads += _fragments(nal) if len(nal) > MAX_PAYLOAD else [nal]
    return payloads + _aggregate(small)


def _aggregate(nals: list[bytes]) -> list[bytes]:
    if len(nals) < 2:
        return nals
    importance = max(nal[0] & 0x60 for nal in nals)
    return [bytes([importance | _STAP_A]) + b"".join(struct.pack("!H", len(nal)) + nal for nal in nals)]


def _fragments(nal: bytes) -> list[bytes]:
    indicator, kind = nal[0] & 0x60 | _FU_A, nal[0] & 0x1F
    pieces = _pieces(nal[1:], MAX_PAYLOAD - 2)
    last = len(pieces) - 1
    return [
        bytes([indicator, kind | (0x80 if i == 0 else 0) | (0x40 if i == last else 0)]) + piece
        for i, piece in enumerate(pieces)
    ]


def _pieces(data: bytes, size: int) -> list[bytes]:
    """Cut `data` into equal parts no larger than `size`."""
    count = max(1, -(-len(data) // size))
    step = -(-len(data) // count)
    return [data[i : i + step] for i in range(0, len(data), step)]
