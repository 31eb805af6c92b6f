"""Owns VP8 over RTP (RFC 7741): packets in order → whole frames."""

from __future__ import annotations

from roomtape.rtp.depacketize.assembly import Assembly

CLOCK_RATE = 90_000


def _descriptor_size(payload: bytes) -> int:
    """Return the length of the payload descriptor (RFC 7741, 4.2), 0 if there is no whole one."""
    size = len(payload)
    if not payload[0] & 0x80:
        at = 1
    else:
        if size < 2:
            return 0
        flags = payload[1]
        at = 2
        if flags & 0x80:  # I: picture id, of one byte or two
            if at >= size:
                return 0
            at += 2 if payload[at] & 0x80 else 1
        if flags & 0x40:  # L
            at += 1
        if flags & 0x30:  # T or K
            at += 1
    return at if at < size else 0


def starts_keyframe(payload: bytes) -> bool:
    """Tell whether a keyframe begins in this payload."""
    size = _descriptor_size(payload)
    return size > 0 and payload[0] & 0x17 == 0x10 and not payload[size] & 1


class Depacketizer(Assembly):
    """Packets in order → VP8 frames. `dropped` counts frames that were not whole."""

    __slots__ = ()

    def _starts(self, payload: bytes) -> bool:
        return payload[0] & 0x17 == 0x10  # S set, partition 0

    def _take(self, payload: bytes) -> bool:
        size = _descriptor_size(payload)
        if not size:
            return False
        self._parts.append(payload[size:])
        return True

    def _finish(self) -> tuple[bytes, bool] | None:
        data = b"".join(self._parts)
        return data, not data[0] & 1  # inverse key frame flag (RFC 6386, 9.1)
