"""Owns the RTP packet: bytes in, a value with the header's fields out (RFC 3550, RFC 8285)."""

from __future__ import annotations

from struct import Struct

_FIXED = Struct(">BBHII")
_WORDS = Struct(">HH")
_EXTENDED = Struct(">BBHIIHH")
"""The fixed header without CSRCs, and the one of its extensions: nearly all packets of WebRTC begin so."""
ONE_BYTE = 0xBEDE
"""`Packet.profile` of header extensions in the one-byte form (RFC 8285, section 4.2)."""
_TWO_BYTE = 0x100


class Packet:
    """One RTP packet.

    `timestamp` is as on the wire (32 bits), `payload` without padding. Whoever puts packets on a clock fills in
    `arrival_us` (µs since the epoch) and `media_time` (the timestamp unwrapped, in ticks of the clock rate).
    `block` holds the header extensions as they lie in the packet, None without any, in the form that `profile` says.
    """

    __slots__ = (
        "arrival_us",
        "block",
        "marker",
        "media_time",
        "payload",
        "profile",
        "pt",
        "seq",
        "ssrc",
        "timestamp",
    )

    def __init__(
        self,
        seq: int,
        timestamp: int,
        ssrc: int,
        marker: bool,
        pt: int,
        payload: bytes,
        profile: int = 0,
        block: bytes | None = None,
    ) -> None:
        self.seq = seq
        self.timestamp = timestamp
        self.ssrc = ssrc
        self.marker = marker
        self.pt = pt
        self.payload = payload
        self.profile = profile
        self.block = block
        self.arrival_us = 0
        self.media_time = timestamp

    def extensions(self) -> dict[int, bytes]:
        """Return the header extensions by id (RFC 8285, one-byte and two-byte form); a damaged rest is left out."""
        block = self.block
        if block is None:
            return {}
        if self.profile == ONE_BYTE:
            return _one_byte(block)
        if self.profile & 0xFFF0 == _TWO_BYTE << 4:
            return _two_byte(block)
        return {}


def parse(data: bytes) -> Packet | None:
    """Return the packet in `data`, or None if it is not a whole RTP packet of version 2."""
    # Its parts are copied: bytes of this size cost less than memoryviews of them, to make and to use.
    size = len(data)
    if size < 12:
        return None
    if data[0] == 0x90 and size >= 16:
        _, second, seq, timestamp, ssrc, profile, words = _EXTENDED.unpack_from(data)
        start = 16 + (words << 2)
        if start > size:
            return None
        return Packet(seq, timestamp, ssrc, second > 127, second & 0x7F, data[start:], profile, data[16:start])
    first, second, seq, timestamp, ssrc = _FIXED.unpack_from(data)
    if first & 0xC0 != 0x80:
        return None
    start = 12 + ((first & 0x0F) << 2)
    profile = 0
    block = None
    if first & 0x10:
        if start + 4 > size:
            return None
        profile, words = _WORDS.unpack_from(data, start)
        begin = start + 4
        start = begin + (words << 2)
        if start > size:
            return None
        block = data[begin:start]
    if first & 0x20:
        size -= data[-1] or size  # a padding count of zero is malformed (RFC 3550, 5.1)
    if start > size:
        return None
    return Packet(seq, timestamp, ssrc, second > 127, second & 0x7F, data[start:size], profile, block)


def _one_byte(block: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while at < len(block):
        head = block[at]
        if head == 0:  # padding
            at += 1
            continue
        ident, length = head >> 4, (head & 0x0F) + 1
        if ident == 15 or at + 1 + length > len(block):  # 15 ends the block (RFC 8285, 4.2)
            break
        if ident:
            found[ident] = block[at + 1 : at + 1 + length]
        at += 1 + length
    return found


def _two_byte(block: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while at < len(block):
        if block[at] == 0:  # padding
            at += 1
            continue
        if at + 2 > len(block) or at + 2 + block[at + 1] > len(block):
            break
        found[block[at]] = block[at + 2 : at + 2 + block[at + 1]]
        at += 2 + block[at + 1]
    return found
