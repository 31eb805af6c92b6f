"""Owns writing simulated streams into `.mjr` files as Janus 1.1.2 would record them, without any network."""

from __future__ import annotations

import json
import random
from pathlib import Path
from struct import Struct

from roomtape.simulate.stream import AUDIO_LEVEL_EXTENSION, RtpStream

JITTER_US = 8_000
"""Packets arrive up to this much after they were sent; never so much that they would overtake each other."""

_PACKET = Struct(">4sIH")
_AUDIO_LEVEL = {str(AUDIO_LEVEL_EXTENSION): "urn:ietf:params:rtp-hdrext:ssrc-audio-level"}


def write_mjr(path: Path, stream: RtpStream, codec: str, first_us: int, seconds: float) -> int:
    """Write what `stream` sends in `seconds`, the first packet arriving at `first_us` (µs since the Unix epoch).

    Arrival times have a jitter that is the same every time. Returns the number of packets. The format is that of
    docs/capture-log.md; sequence numbers and timestamps begin near zero, as Janus rewrites them.
    """
    stream.sequence, stream.origin = 1, 0
    header = {"t": stream.kind[0], "c": codec, "s": first_us - 1000, "u": first_us}
    if stream.extension:
        header["x"] = _AUDIO_LEVEL
    text = json.dumps(header).encode()
    jitter = random.Random(codec)
    count, begin_us = 0, stream.due_us
    with path.open("wb") as out:
        out.write(b"MJR00002" + len(text).to_bytes(2, "big") + text)
        while (at_us := stream.due_us - begin_us) < seconds * 1_000_000:
            late_us = jitter.randrange(JITTER_US) if count else 0
            for packet in stream.next_packets():
                out.write(_PACKET.pack(b"MEET", int(at_us + late_us) // 1000, len(packet)) + packet)
                count += 1
    return count
