"""Owns the capture time that a sender may put into header extensions: it tells of media that the sender itself lost.

Timestamps count the samples that were sent. A browser on a busy machine drops buffers of sound before it counts them,
and all that follows seems to come later and later; only when each sample was captured tells that apart from a network
that has become slower.
"""

from __future__ import annotations

from struct import Struct

from roomtape.rtp.packet import ONE_BYTE, Packet

URI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
"""The extension's value begins with an NTP timestamp of the sender's clock in 64 bits (RFC 5905, section 6)."""

TOLERANCE_MS = 3
"""Capture times are whole milliseconds, and sound cards drift: what is lost comes in buffers of 10 ms."""

_NTP = Struct(">Q")


class CaptureTimes:
    """Follows one stream of `rate` Hz by the packets that say when they were captured, under the id negotiated for it.

    Senders say it about once a second, and as soon as it does not follow from what was said before.
    """

    __slots__ = ("_first", "_head", "_ident", "_missing", "_rate", "_tolerance")

    def __init__(self, ident: int, rate: int) -> None:
        self._ident = ident
        self._head = ident << 4  # identifier and length - 1, RFC 8285 section 4.2
        self._rate = rate
        self._tolerance = rate * TOLERANCE_MS // 1000
        self._first: int | None = None
        self._missing = 0

    def missing(self, packet: Packet, ticks: int) -> int:
        """Return how many ticks of media its sender lost (or had too many of, if negative) before this packet.

        Packets come in order of sending; `ticks` is the packet's unwrapped timestamp.
        """
        block, head = packet.block, self._head
        # Most blocks hold other extensions alone: the search for the byte that would begin ours spares their walk.
        if block is None or (
            packet.profile == ONE_BYTE and not (head < 256 and (head | 7 in block or head | 15 in block))
        ):
            return self._missing
        value = packet.extensions().get(self._ident)
        if value is None or len(value) < _NTP.size:
            return self._missing
        captured = _NTP.unpack_from(value)[0] * self._rate >> 32
        if self._first is None:
            self._first = captured - ticks
        lost = captured - ticks - self._first
        if abs(lost - self._missing) > self._tolerance:
            self._missing = lost
        return self._missing
