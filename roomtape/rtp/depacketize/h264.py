"""Owns H.264 over RTP (RFC 6184, packetization modes 0 and 1): packets in order → access units in Annex B form."""

from __future__ import annotations

import binascii
from base64 import b64decode

from roomtape.rtp.depacketize.assembly import Assembly

CLOCK_RATE = 90_000

_START = b"\0\0\0\1"
_SLICE, _IDR, _SPS, _PPS, _STAP_A, _FU_A = 1, 5, 7, 8, 24, 28


def parameter_sets(fmtp: str) -> list[bytes]:
    """Return the SPS and PPS of `sprop-parameter-sets` in an fmtp line (RFC 6184, 8.1); damaged ones are left out."""
    for item in fmtp.split(";"):
        name, _, value = item.strip().partition("=")
        if name.strip() == "sprop-parameter-sets":
            found = []
            for text in value.split(","):
                try:
                    found.append(b64decode(text.strip() + "=="))
                except (binascii.Error, ValueError):
                    continue
            return [nal for nal in found if nal]
    return []


def starts_keyframe(payload: bytes) -> bool:
    """Tell whether a part of an IDR picture begins in this payload, or the parameter sets that go before it."""
    kind = payload[0] & 0x1F
    if kind == _STAP_A and len(payload) > 3:
        kind = payload[3] & 0x1F
    elif kind == _FU_A and len(payload) > 1:
        kind = payload[1] & 0x1F if payload[1] & 0x80 else 0
    return kind in (_IDR, _SPS)


class Depacketizer(Assembly):
    """Packets in order → access units. SPS and PPS are kept and put before each IDR picture that comes without.

    `dropped` counts access units that were not whole.
    """

    __slots__ = ("_idr", "_in_unit", "_pps", "_sps", "_unit_pps", "_unit_sps")

    def __init__(self, fmtp: str = "", extension_id: int | None = None) -> None:
        super().__init__(fmtp, extension_id)
        self._sps = b""
        self._pps: dict[bytes, bytes] = {}
        self._idr = False
        self._in_unit = False
        self._unit_sps = False
        self._unit_pps = False
        for nal in parameter_sets(fmtp):
            self._note(nal[0] & 0x1F, nal)

    def _starts(self, payload: bytes) -> bool:
        self._idr = self._in_unit = self._unit_sps = self._unit_pps = False
        kind = payload[0] & 0x1F
        if kind == _STAP_A:
            return len(payload) > 4 and _may_begin(payload[3:])
        if kind == _FU_A:
            if len(payload) < 3 or not payload[1] & 0x80:
                return False
            return (payload[1] & 0x1F) > _IDR or bool(payload[2] & 0x80)
        return _may_begin(payload)

    def _take(self, payload: bytes) -> bool:
        kind = payload[0] & 0x1F
        if kind == _FU_A:
            return self._take_fragment(payload)
        if self._in_unit:
            return False
        if kind == _STAP_A:
            return self._take_aggregate(payload)
        if not 0 < kind < _STAP_A:  # STAP-B, MTAP and FU-B belong to the interleaved mode, which WebRTC never uses
            return False
        self._add(kind, payload)
        return True

    def _take_fragment(self, payload: bytes) -> bool:
        if len(payload) < 3:
            return False
        head = payload[1]
        if bool(head & 0x80) is self._in_unit:
            return False
        if head & 0x80:
            kind = head & 0x1F
            self._idr = self._idr or kind == _IDR
            self._parts.append(_START + bytes([payload[0] & 0xE0 | kind]))
        self._parts.append(payload[2:])
        self._in_unit = not head & 0x40
        return True

    def _take_aggregate(self, payload: bytes) -> bool:
        at = 1
        while at + 2 < len(payload):
            size = payload[at] << 8 | payload[at + 1]
            at += 2
            if not size or at + size > len(payload):
                return False
            self._add(payload[at] & 0x1F, payload[at : at + size])
            at += size
        return at == len(payload)

    def _add(self, kind: int, nal: bytes) -> None:
        self._idr = self._idr or kind == _IDR
        self._note(kind, nal)
        self._parts.append(_START)
        self._parts.append(nal)

    def _note(self, kind: int, nal: bytes) -> None:
        if kind == _SPS:
            self._sps = nal
            self._unit_sps = True
        elif kind == _PPS:
            self._pps[nal[:2]] = nal  # the id lies in the first bits after the header
            self._unit_pps = True

    def _finish(self) -> tuple[bytes, bool] | None:
        if self._in_unit:
            return None
        if self._idr:
            head: list[bytes] = []
            if not self._unit_sps and self._sps:
                head += (_START, self._sps)
            if not self._unit_pps:
                for nal in self._pps.values():
                    head += (_START, nal)
            self._parts[:0] = head
        return b"".join(self._parts), self._idr


def _may_begin(nal: bytes) -> bool:
    """Tell whether an access unit may begin with this NAL unit: no slice, or one with the first macroblock."""
    kind = nal[0] & 0x1F
    return not _SLICE <= kind <= _IDR or (len(nal) > 1 and bool(nal[1] & 0x80))
