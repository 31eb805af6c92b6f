"""Owns a made-up capture of hours, written in seconds: one sender who beeps and flashes, by a clock that is wrong."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from roomtape.capture.events import PeerJoined, PeerLeft, TakeStarted, TakeStopped, TrackPublished
from roomtape.media.testsignal import audio_loop, video_loop
from tests.support.meeting import EPOCH_US, write_meeting
from tests.support.mjr import mjr_header, vp8_packets

BEAT_S = 1.2
"""A beep and a flash in so many seconds of the sender's clock: 20 packets of 60 ms, 6 pictures."""
LEVEL_ID = 1
_PACKETS, _PICTURES = 20, 6
_LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"


def truth_s(beat: float, ppm: float) -> float:
    """Return when a beat is, in true seconds after the capture's start."""
    return beat * BEAT_S / (1 + ppm / 1e6)


def write_long(folder: Path, hours: float, ppm: float, jitter_ms: int = 15, levels: bool = True) -> None:
    """Write a capture and its recording "rec", both from EPOCH_US on. The sender's clock is fast by `ppm`.

    Sound in packets of 60 ms: beeps, with silence in between; five pictures a second in VP8, a keyframe at each beat.
    Each packet comes up to `jitter_ms` late. With `levels` the packets say how loud they are.
    """
    beats = round(hours * 3600 / BEAT_S)
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "ann-1-audio-0.mjr", "audio", _sound(beats, ppm, jitter_ms))
    _write(folder / "ann-1-video-1.mjr", "video", _pictures(beats, ppm, jitter_ms))
    end_us = EPOCH_US + round(truth_s(beats, ppm) * 1e6)
    level_id = LEVEL_ID if levels else None
    write_meeting(
        folder,
        [
            PeerJoined(EPOCH_US - 100_000, "ann", "participant-ann", "user-ann", "Ann"),
            TrackPublished(EPOCH_US - 90_000, "ann", 0, "audio", "peer", "opus", audio_level_id=level_id),
            TrackPublished(EPOCH_US - 90_000, "ann", 1, "video", "peer", "vp8"),
            TakeStarted(EPOCH_US - 80_000, "ann", "ann-1"),
            TakeStopped(end_us, "ann", "ann-1"),
            PeerLeft(end_us, "ann", "left"),
        ],
        0,
        truth_s(beats, ppm),
    )


def _write(path: Path, kind: Literal["audio", "video"], records: Iterator[bytes]) -> None:
    with path.open("wb") as file:
        file.write(mjr_header("opus" if kind == "audio" else "vp8", EPOCH_US, kind=kind))
        file.writelines(records)


def _record(arrival_s: float, late_ms: int, packet: bytes) -> bytes:
    return b"MEET" + struct.pack(">IH", int(arrival_s * 1000) + late_ms, len(packet)) + packet


def _sound(beats: int, ppm: float, jitter_ms: int) -> Iterator[bytes]:
    loop = audio_loop(2000)
    chance = random.Random(1)
    loud, still = (struct.pack(">HHBBxx", 0xBEDE, 1, 0x10 * LEVEL_ID, level) for level in (10, 127))
    beat = [loud + _joined(*loop.packets[:3])] + [still + _joined(*[loop.silence] * 3)] * (_PACKETS - 1)
    for i in range(beats * _PACKETS):
        head = struct.pack(">BBHII", 0x90, 111, (i + 1) & 0xFFFF, i * 2880 & 0xFFFFFFFF, 7)
        yield _record(truth_s(i / _PACKETS, ppm), chance.randrange(jitter_ms) if i else 0, head + beat[i % _PACKETS])


def _joined(*packets: bytes) -> bytes:
    """Return one packet of several with one frame each (RFC 6716, 3.2.5: code 3, with lengths)."""
    frames = [packet[1:] for packet in packets]
    lengths = b"".join(
        bytes([n]) if n < 252 else bytes([252 + n % 4, (n - 252 - n % 4) // 4]) for n in map(len, frames[:-1])
    )
    return bytes([packets[0][0] | 3, 0x80 | len(frames)]) + lengths + b"".join(frames)


def _pictures(beats: int, ppm: float, jitter_ms: int) -> Iterator[bytes]:
    loop = video_loop("vp8", 96, 54, _PICTURES, 1, identity=1, bitrate=50_000)
    frames = [[packet for _, packet in vp8_packets([frame])] for frame in loop.frames]
    chance, seq = random.Random(2), 0
    step = round(BEAT_S * 90_000) // _PICTURES
    for i in range(beats * _PICTURES):
        late = chance.randrange(jitter_ms) if i else 0
        for packet in frames[i % _PICTURES]:
            seq += 1
            place = struct.pack(">HI", seq & 0xFFFF, i * step & 0xFFFFFFFF)
            yield _record(truth_s(i / _PICTURES, ppm), late, packet[:2] + place + packet[8:])
