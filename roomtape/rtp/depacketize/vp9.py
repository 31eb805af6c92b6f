"""Owns VP9 over RTP (RFC 9628): packets in order → whole pictures with all their layer frames."""

from __future__ import annotations

from roomtape.rtp.depacketize.assembly import Assembly

CLOCK_RATE = 90_000


def _descriptor_size(payload: bytes) -> int:
    """Return the length of the payload descriptor (RFC 9628, 4.2), 0 if there is no whole one."""
    size = len(payload)
    first = payload[0]
    at = 1
    try:
        if first & 0x80:  # I: picture id
            at += 2 if payload[at] & 0x80 else 1
        if first & 0x20:  # L: layer indices, and TL0PICIDX unless in flexible mode
            at += 1 if first & 0x10 else 2
        if first & 0x50 == 0x50:  # P and F: up to three reference indices, N says that another follows
            while payload[at] & 1:
                at += 1
            at += 1
        if first & 0x02:  # V: scalability structure
            at = _skip_structure(payload, at)
    except IndexError:
        return 0
    return at if at < size else 0


def _skip_structure(payload: bytes, at: int) -> int:
    flags = payload[at]
    at += 1
    if flags & 0x10:  # Y: a width and a height for each of N_S + 1 spatial layers
        at += 4 * ((flags >> 5) + 1)
    if flags & 0x08:  # G: picture group
        pictures = payload[at]
        at += 1
        for _ in range(pictures):
            at += 1 + ((payload[at] >> 2) & 3)
    return at


def _superframe_index(sizes: list[int]) -> bytes:
    """Return the index that ends a superframe (VP9 bitstream specification, annex B), which decoders split it by."""
    width = max(1, (max(sizes).bit_length() + 7) // 8)
    mark = bytes([0xC0 | (width - 1) << 3 | (len(sizes) - 1)])
    return mark + b"".join(size.to_bytes(width, "little") for size in sizes) + mark


def starts_keyframe(payload: bytes) -> bool:
    """Tell whether a picture begins in this payload that refers to none before it (P clear, B set)."""
    return payload[0] & 0x48 == 0x08


class Depacketizer(Assembly):
    """Packets in order → VP9 pictures; several layer frames of one picture become a superframe.

    `dropped` counts pictures that were not whole.
    """

    __slots__ = ("_key", "_layer_open", "_sizes")

    def __init__(self, fmtp: str = "", extension_id: int | None = None) -> None:
        super().__init__(fmtp, extension_id)
        self._key = False
        self._sizes: list[int] = []
        self._layer_open = False

    def _starts(self, payload: bytes) -> bool:
        self._sizes = []
        self._layer_open = False
        self._key = not payload[0] & 0x40  # P clear: predicted from no other picture
        if payload[0] & 0x20 and len(payload) > 3:  # the picture begins with its lowest spatial layer
            at = 1 if not payload[0] & 0x80 else 3 if payload[1] & 0x80 else 2
            if at < len(payload) and payload[at] & 0x0E:
                return False
        return bool(payload[0] & 0x08)  # B: start of a layer frame

    def _take(self, payload: bytes) -> bool:
        first = payload[0]
        size = _descriptor_size(payload)
        if not size or bool(first & 0x08) is self._layer_open:
            return False
        if first & 0x08:
            self._sizes.append(0)
        self._layer_open = not first & 0x04  # E: end of the layer frame
        self._sizes[-1] += len(payload) - size
        self._parts.append(payload[size:])
        return True

    def _finish(self) -> tuple[bytes, bool] | None:
        if self._layer_open:
            return None
        if 1 < len(self._sizes) <= 8:
            self._parts.append(_superframe_index(self._sizes))
        return b"".join(self._parts), self._key
