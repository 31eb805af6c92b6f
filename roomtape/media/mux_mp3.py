"""Owns the finished MP3: frames one after the other, behind a frame that says how long it is and where sound begins.

That first frame is Xing's, marked "Info" because the bit rate is constant, with LAME's extension, which tells players
how many samples to leave out at both ends (http://gabriel.mp3-tech.org/mp3infotag.html).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

from roomtape.media import segment_nut
from roomtape.media.encode_mp3 import BIT_RATES, DECODER_DELAY, DELAY, FRAME, GRID

AUDIO_TYPE = "audio/mpeg"
_MONO = 0xC0  # channel mode of the fourth header byte (ISO/IEC 11172-3, 2.4.1.3)
_SIDE_INFORMATION = {1: 17, 2: 32}  # bytes, MPEG-1 (2.4.1.7)
_HAS_FRAMES, _HAS_BYTES, _HAS_PLACES, _HAS_QUALITY = 1, 2, 4, 8
_CONSTANT_RATE = 1


def join(segments: Iterable[Path], out: Path, fps: int, samples: int) -> None:
    """Write the MP3 of `samples` samples from its segments, in order. `out` is overwritten."""
    frames = GRID.packets_of(samples)
    with out.open("wb") as file:
        for path in segments:
            with segment_nut.open_for_reading(path) as source:
                for number, packet in segment_nut.read(source, fps, "MP3", video=False).audio:
                    data = bytes(packet)
                    if number == 0:
                        file.write(bytes(len(data)))  # all frames are of one size: the header's is put here at the end
                        header = data[:4]
                        size = len(data)
                    file.write(data)
        file.seek(0)
        file.write(_info(header, size, frames, samples))


def _info(header: bytes, size: int, frames: int, samples: int) -> bytes:
    """Return the first frame of a file of `frames` frames of `size` bytes each, that one not counted."""
    channels = 1 if header[3] & _MONO == _MONO else 2
    contents = _HAS_FRAMES | _HAS_BYTES | _HAS_PLACES | _HAS_QUALITY
    places = bytes(i * 256 // 100 for i in range(100))
    frame = header + bytes(_SIDE_INFORMATION[channels]) + b"Info"
    frame += struct.pack(">III", contents, frames, (frames + 1) * size) + places + struct.pack(">I", 0)
    padding = frames * FRAME - DELAY - samples + DECODER_DELAY
    frame += b"LAME3.100" + struct.pack(">BBIHHBB", _CONSTANT_RATE, 0, 0, 0, 0, 0, BIT_RATES[channels] // 1000)
    frame += ((DELAY - DECODER_DELAY) << 12 | padding).to_bytes(3) + struct.pack(">BBHI", 0, 0, 0, (frames + 1) * size)
    frame += struct.pack(">H", 0)  # a checksum of all the music, which nobody looks at
    frame += struct.pack(">H", _crc16(frame))
    return frame.ljust(size, b"\0")


def _crc16(data: bytes) -> int:
    """Return the CRC-16 (polynomial 0x8005, reflected) of `data`."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc
