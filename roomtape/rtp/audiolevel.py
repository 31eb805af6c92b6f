"""Owns the audio level that a sender puts into each packet's header extensions (RFC 6464)."""

from __future__ import annotations

from roomtape.rtp.packet import Packet

URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

_MOST_KNOWN = 4096
"""A block of the mid and the level has 256 values; with a counter in it every one is new, and is not worth keeping."""


class AudioLevels:
    """Reads the level under the id that was negotiated for it, in the one-byte and the two-byte form (RFC 8285)."""

    __slots__ = ("_ident", "_known", "_profile")

    def __init__(self, ident: int) -> None:
        self._ident = ident
        self._profile = 0
        self._known: dict[bytes, int | None] = {}

    def of(self, packet: Packet) -> int | None:
        """Return the packet's loudness in -dBov (0 the loudest, 127 silence), None where it is not said.

        The voice activity flag (bit 7) is left out: it says what the sender takes for speech, each in its own way.
        """
        block = packet.block
        if block is None:
            return None
        known = self._known
        if packet.profile != self._profile or len(known) > _MOST_KNOWN:
            self._profile = packet.profile
            known.clear()
        if block in known:
            return known[block]
        value = packet.extensions().get(self._ident)
        level = known[block] = value[0] & 0x7F if value else None
        return level
