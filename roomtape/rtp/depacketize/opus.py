"""Owns Opus over RTP (RFC 7587): a packet is a frame; how long it lasts is in its first bytes (RFC 6716, 3.1)."""

from __future__ import annotations

from collections.abc import Sequence

from roomtape.rtp.audiolevel import AudioLevels
from roomtape.rtp.depacketize.frame import Frame
from roomtape.rtp.packet import Packet

CLOCK_RATE = 48_000

_SILK = (10_000, 20_000, 40_000, 60_000)
_HYBRID = (10_000, 20_000)
_CELT = (2_500, 5_000, 10_000, 20_000)
_FRAME_US = tuple(
    _SILK[config & 3] if config < 12 else _HYBRID[config & 1] if config < 16 else _CELT[config & 3]
    for config in range(32)
)
_LENGTHS = tuple(_FRAME_US[toc >> 3] * (1, 2, 2, 0)[toc & 3] for toc in range(256))
"""How long a packet lasts by its first byte; 0 where the second one has the number of frames."""
_LONGEST_US = 120_000


def duration_us(packet: bytes) -> int:
    """Return how long an Opus packet lasts in µs, 0 if it is malformed."""
    if not packet:
        return 0
    length = _LENGTHS[packet[0]]
    if length:
        return length
    if len(packet) < 2:
        return 0
    length = _FRAME_US[packet[0] >> 3] * (packet[1] & 0x3F)
    return length if length <= _LONGEST_US else 0


class Depacketizer:
    """Packets in order → Opus packets. `dropped` counts frames that could not be delivered.

    `extension_id`: the id of the audio level among the header extensions, None where it is not sent.
    """

    __slots__ = ("_levels", "_lost", "dropped")

    def __init__(self, fmtp: str = "", extension_id: int | None = None) -> None:
        self._levels = AudioLevels(extension_id) if extension_id else None
        self._lost = 0
        self.dropped = 0

    def push(self, packet: Packet, lost: int) -> Sequence[Frame]:
        """Take the next packet, with the number of packets missing directly before it; return whole frames."""
        payload = packet.payload
        if lost:
            self._lost += lost
        length = (_LENGTHS[payload[0]] or duration_us(payload)) if payload else 0
        if not length:
            if payload:
                self.dropped += 1
            return ()
        level = self._levels.of(packet) if self._levels is not None else None
        frame = Frame(0, packet.arrival_us, packet.media_time, payload, True, length, self._lost, level)
        self._lost = 0
        return (frame,)

    def flush(self) -> Sequence[Frame]:
        """Return what is whole when no packet is to come."""
        return ()
