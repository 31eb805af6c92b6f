"""Owns one simulated RTP stream: which packet is due when, its header, and what was sent.

Media lie in a loop of units (an Opus packet, a video frame) of equal length. The RTP clock runs through the loop
without end, also while nothing is sent, as that of a browser does.
"""

from __future__ import annotations

import random
import struct
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from roomtape.media.testsignal import BEEP_PACKETS, PACKET_SAMPLES, SAMPLE_RATE, AudioLoop, VideoLoop
from roomtape.simulate import packetize

HISTORY = 512
"""Packets kept for answering NACKs."""

AUDIO_LEVEL_EXTENSION = 2
VIDEO_CLOCK = 90_000
_HEADER = struct.Struct("!BBHII")


@dataclass
class Sent:
    """Counters of a stream; `dropped` packets were made and then kept off the wire."""

    packets: int = 0
    octets: int = 0
    dropped: int = 0
    nacked: int = 0
    keyframe_requests: int = 0


@dataclass
class RtpStream:
    """Makes the packets of one m-line.

    `units` are the loop's units as bodies ready for the wire (header extension and payload), `rate` how many of them
    are due in a second, `starts` which of them can be decoded by themselves. `dropping` makes packets and returns none.
    """

    kind: str
    payload_type: int
    clock_rate: int
    units: Sequence[Sequence[bytes]]
    rate: int
    starts: Sequence[bool]
    extension: bool = False
    muted_unit: Sequence[bytes] = ()

    ssrc: int = field(default_factory=lambda: random.randrange(1, 1 << 32))
    sequence: int = field(default_factory=lambda: random.randrange(1 << 15))
    origin: int = field(default_factory=lambda: random.randrange(1 << 32))
    position: int = 0
    muted: bool = False
    dropping: bool = False
    sent: Sent = field(default_factory=Sent)
    history: deque[tuple[int, bytes]] = field(default_factory=lambda: deque(maxlen=HISTORY))
    _paused: bool = False
    _waiting_for_start: bool = False

    @property
    def due_us(self) -> float:
        """When the next unit is due, in µs after the loop's first."""
        return self.position * 1_000_000 / self.rate

    @property
    def timestamp(self) -> int:
        """The RTP timestamp of the next unit."""
        return (self.origin + self.position * self.clock_rate // self.rate) & 0xFFFFFFFF

    @property
    def at_second(self) -> bool:
        """Tell whether the next unit begins a second, and so carries the beep or the flash."""
        return self.position % self.rate == 0

    def pause(self) -> None:
        """Make no packets from now on."""
        self._paused = True

    def resume(self) -> None:
        """Make packets again, from the next unit on that can be decoded by itself."""
        if self._paused:
            self.resynchronize()
        self._paused = False

    def resynchronize(self) -> None:
        """Go on with the next unit that can be decoded by itself."""
        self._waiting_for_start = True

    def next_packets(self) -> list[bytes]:
        """Return the packets of the unit that is due, none while paused or dropping, and step on to the next."""
        index = self.position % len(self.units)
        timestamp = self.timestamp
        self.position += 1
        if self._waiting_for_start and self.starts[index]:
            self._waiting_for_start = False
        if self._paused or self._waiting_for_start:
            return []
        bodies = self.muted_unit if self.muted else self.units[index]
        packets = []
        for i, body in enumerate(bodies):
            # RFC 3550, 5.1; the marker ends a video frame (RFC 7741, 6184), and is not set for Opus in mid-talk.
            marker = 0x80 if self.kind == "video" and i == len(bodies) - 1 else 0
            first = 0x90 if self.extension else 0x80
            head = _HEADER.pack(first, marker | self.payload_type, self.sequence, timestamp, self.ssrc)
            packets.append(head + body)
            self.sequence = (self.sequence + 1) & 0xFFFF
        if self.dropping:
            self.sent.dropped += len(packets)
            return []
        header = 20 if self.extension else 12
        for packet in packets:
            self.sent.octets += len(packet) - header
            self.history.append((int.from_bytes(packet[2:4], "big"), packet))
        self.sent.packets += len(packets)
        return packets

    def again(self, sequences: Sequence[int]) -> list[bytes]:
        """Return the packets of a NACK that are still kept; packets that were dropped are not."""
        wanted = set(sequences)
        self.sent.nacked += len(wanted)
        return [packet for sequence, packet in self.history if sequence in wanted]


def audio_stream(loop: AudioLoop, payload_type: int) -> RtpStream:
    """Return an Opus stream (RFC 7587) with the audio level of each packet (RFC 6464)."""
    rate = SAMPLE_RATE // PACKET_SAMPLES
    return RtpStream(
        kind="audio",
        payload_type=payload_type,
        clock_rate=SAMPLE_RATE,
        units=_audio_bodies(loop),
        rate=rate,
        # A beep is whole or is not sent: one that begins in its middle would be none that anybody knows of.
        starts=[not 0 < n % rate < BEEP_PACKETS for n in range(len(loop.packets))],
        extension=True,
        muted_unit=[_with_level(loop.silence, 127, voice=False)],
    )


def video_stream(loop: VideoLoop, payload_type: int) -> RtpStream:
    """Return the stream of a video loop."""
    return RtpStream(
        kind="video",
        payload_type=payload_type,
        clock_rate=VIDEO_CLOCK,
        units=_video_bodies(loop),
        rate=loop.fps,
        starts=loop.keyframes,
    )


def _with_level(packet: bytes, level: int, *, voice: bool) -> bytes:
    """Prefix a one-byte-header extension block (RFC 8285, 4.2) with the level; padded to one word."""
    element = bytes([AUDIO_LEVEL_EXTENSION << 4, (0x80 if voice else 0) | level, 0, 0])
    return b"\xbe\xde\x00\x01" + element + packet


@lru_cache(maxsize=256)
def _audio_bodies(loop: AudioLoop) -> tuple[tuple[bytes, ...], ...]:
    return tuple((_with_level(p, level, voice=True),) for p, level in zip(loop.packets, loop.levels, strict=True))


@lru_cache(maxsize=64)
def _video_bodies(loop: VideoLoop) -> tuple[tuple[bytes, ...], ...]:
    units = []
    for frame, keyframe in zip(loop.frames, loop.keyframes, strict=True):
        if loop.codec == "vp8":
            units.append(tuple(packetize.vp8(frame)))
        elif loop.codec == "vp9":
            units.append(tuple(packetize.vp9(frame, keyframe, loop.width, loop.height)))
        else:
            units.append(tuple(packetize.h264(frame)))
    return tuple(units)
