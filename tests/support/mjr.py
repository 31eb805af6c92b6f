"""Owns made-up captures for tests: RTP packets, `.mjr` files as Janus 1.1.2 writes them, and event logs."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from roomtape.capture.events import Event, dump

Timed = tuple[int, bytes]
"""Arrival in ms after the file's first packet, and the RTP packet."""


def rtp(
    seq: int,
    timestamp: int,
    payload: bytes,
    *,
    marker: bool = False,
    pt: int = 111,
    ssrc: int = 0x1234,
    audio_level: int | None = None,
    padding: int = 0,
    orientation: int | None = None,
    captured_ms: int | None = None,
) -> bytes:
    """One RTP packet; `audio_level` (0 to 127, in -dBov) goes into a one-byte extension with id 1 (RFC 6464), the byte
    `orientation` (3GPP TS 26.114, 7.4.5) into one with id 4, `captured_ms` (abs-capture-time) into one with id 5.
    """
    elements = [bytes([0x10, audio_level])] if audio_level is not None else []
    elements += [bytes([0x40, orientation])] if orientation is not None else []
    elements += [b"\x57" + struct.pack(">Q", (captured_ms << 32) // 1000)] if captured_ms is not None else []
    first = 0x80 | (0x20 if padding else 0) | (0x10 if elements else 0)
    header = struct.pack(
        ">BBHII", first, (0x80 if marker else 0) | pt, seq & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc & 0xFFFFFFFF
    )
    words = (sum(map(len, elements)) + 3) // 4
    extension = struct.pack(f">HH{4 * words}s", 0xBEDE, words, b"".join(elements)) if elements else b""
    tail = bytes(padding - 1) + bytes([padding]) if padding else b""
    return header + extension + payload + tail


def mjr_header(
    codec: str,
    first_us: int,
    *,
    extensions: dict[int, str] | None = None,
    fmtp: str | None = None,
    kind: Literal["audio", "video"] = "audio",
) -> bytes:
    """The magic and the JSON header of a `.mjr` file."""
    info: dict[str, Any] = {"t": kind[0], "c": codec}
    if fmtp is not None:
        info["f"] = fmtp
    if extensions:
        info["x"] = {str(i): uri for i, uri in extensions.items()}
    info |= {"s": first_us - 1000, "u": first_us}
    text = json.dumps(info).encode()
    return b"MJR00002" + struct.pack(">H", len(text)) + text


def mjr_packet(arrival_ms: int, packet: bytes) -> bytes:
    """One packet as it lies in the file."""
    return b"MEET" + struct.pack(">IH", arrival_ms, len(packet)) + packet


def write_mjr(
    path: Path,
    kind: Literal["audio", "video"],
    codec: str,
    first_us: int,
    packets: Iterable[Timed],
    *,
    extensions: dict[int, str] | None = None,
    fmtp: str | None = None,
) -> Path:
    """Write a whole file whose first packet arrived at `first_us` (µs since the epoch)."""
    head = mjr_header(codec, first_us, extensions=extensions, fmtp=fmtp, kind=kind)
    path.write_bytes(head + b"".join(mjr_packet(ms, packet) for ms, packet in packets))
    return path


def write_events(folder: Path, events: Iterable[Event]) -> None:
    """Write the event log of a capture folder."""
    (folder / "events.jsonl").write_bytes(b"".join(map(dump, events)))


def opus_packets(
    payloads: Iterable[bytes],
    *,
    frame_ms: int = 20,
    start_ms: int = 0,
    first_seq: int = 1,
    first_timestamp: int = 0,
    drop: Iterable[int] = (),
    audio_level: int | None = None,
) -> list[Timed]:
    """RTP packets of Opus frames that arrive on time; the frames whose index is in `drop` are lost on the way."""
    lost = set(drop)
    return [
        (
            start_ms + i * frame_ms,
            rtp(first_seq + i, first_timestamp + i * frame_ms * 48, payload, marker=i == 0, audio_level=audio_level),
        )
        for i, payload in enumerate(payloads)
        if i not in lost
    ]


def opus_silence(frame_ms: int = 20) -> bytes:
    """A valid Opus packet: CELT fullband of `frame_ms` (2.5 is not offered), mono, one frame of silence."""
    config = {5: 29, 10: 30, 20: 31}[frame_ms]
    return bytes([config << 3, 0xFF, 0xFE])


def vp8_packets(
    frames: Iterable[bytes],
    *,
    fps: int = 30,
    start_ms: int = 0,
    first_seq: int = 1,
    first_timestamp: int = 0,
    mtu: int = 1100,
    drop: Iterable[int] = (),
) -> list[Timed]:
    """RTP packets (RFC 7741) of VP8 frames; `drop` holds indices of packets that are lost on the way."""
    return _fragmented(frames, _vp8_payloads, 96, fps, start_ms, first_seq, first_timestamp, mtu, set(drop))


def vp9_packets(
    frames: Iterable[bytes],
    *,
    fps: int = 30,
    start_ms: int = 0,
    first_seq: int = 1,
    first_timestamp: int = 0,
    mtu: int = 1100,
    drop: Iterable[int] = (),
) -> list[Timed]:
    """RTP packets (RFC 9628, no layers, 15-bit picture id) of VP9 frames."""
    return _fragmented(frames, _vp9_payloads, 98, fps, start_ms, first_seq, first_timestamp, mtu, set(drop))


def h264_packets(
    units: Iterable[bytes],
    *,
    fps: int = 30,
    start_ms: int = 0,
    first_seq: int = 1,
    first_timestamp: int = 0,
    mtu: int = 1100,
    drop: Iterable[int] = (),
) -> list[Timed]:
    """RTP packets (RFC 6184, packetization mode 1) of H.264 access units in Annex B form."""
    return _fragmented(units, _h264_payloads, 102, fps, start_ms, first_seq, first_timestamp, mtu, set(drop))


def _fragmented(
    frames: Iterable[bytes],
    payloads: Any,
    pt: int,
    fps: int,
    start_ms: int,
    first_seq: int,
    first_timestamp: int,
    mtu: int,
    lost: set[int],
) -> list[Timed]:
    out: list[Timed] = []
    index = 0
    for number, frame in enumerate(frames):
        parts = payloads(frame, number, mtu)
        for part_number, part in enumerate(parts):
            if index not in lost:
                last = part_number == len(parts) - 1
                timestamp = first_timestamp + number * 90_000 // fps
                packet = rtp(first_seq + index, timestamp, part, marker=last, pt=pt)
                out.append((start_ms + number * 1000 // fps, packet))
            index += 1
    return out


def _pieces(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


def _vp8_payloads(frame: bytes, number: int, mtu: int) -> list[bytes]:
    picture = struct.pack(">H", 0x8000 | (number & 0x7FFF))
    return [bytes([0x80 | (0x10 if i == 0 else 0), 0x80]) + picture + p for i, p in enumerate(_pieces(frame, mtu))]


def _vp9_payloads(frame: bytes, number: int, mtu: int) -> list[bytes]:
    pieces = _pieces(frame, mtu)
    # Uncompressed header: frame_marker(2) profile(2) show_existing_frame(1) frame_type(1): key frame 0
    inter = 0x40 if frame[0] & 0x04 else 0
    picture = struct.pack(">H", 0x8000 | (number & 0x7FFF))
    return [
        bytes([0x80 | inter | (0x08 if i == 0 else 0) | (0x04 if i == len(pieces) - 1 else 0)]) + picture + piece
        for i, piece in enumerate(pieces)
    ]


def _h264_payloads(unit: bytes, number: int, mtu: int) -> list[bytes]:
    nals = [n for n in unit.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if n]
    small = [n for n in nals if (n[0] & 0x1F) in (7, 8)]
    out: list[bytes] = []
    if small:
        out.append(bytes([0x78]) + b"".join(struct.pack(">H", len(n)) + n for n in small))
    for nal in nals:
        if nal in small:
            continue
        if len(nal) <= mtu:
            out.append(nal)
            continue
        pieces = _pieces(nal[1:], mtu)
        for i, piece in enumerate(pieces):
            edge = (0x80 if i == 0 else 0) | (0x40 if i == len(pieces) - 1 else 0)
            out.append(bytes([(nal[0] & 0xE0) | 28, edge | (nal[0] & 0x1F)]) + piece)
    return out
