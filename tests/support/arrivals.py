"""Owns decoding what a WHIP sink received: samples and pictures, each with its time of arrival."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import av
import numpy as np
from aiortc.codecs import h264_depayload
from aiortc.codecs.vpx import vp8_depayload
from numpy.typing import NDArray

from tests.support.whip_sink import Arrival


def step(a: Arrival, b: Arrival) -> int:
    """Return by how much the sequence number grew, modulo 2^16."""
    return (b.packet.sequence_number - a.packet.sequence_number) & 0xFFFF


def gaps(arrivals: Sequence[Arrival]) -> list[int]:
    """Return every step of the sequence numbers that is not one."""
    return [step(a, b) for a, b in pairwise(arrivals) if step(a, b) != 1]


def samples(arrivals: Sequence[Arrival]) -> NDArray[np.float32]:
    """Decode Opus packets, one after another, to mono at 48 kHz."""
    codec = av.CodecContext.create("libopus", "r")
    codec.sample_rate, codec.layout = 48_000, "mono"
    resampler = av.AudioResampler("fltp", "mono", 48_000)
    blocks = []
    for arrival in arrivals:
        for frame in codec.decode(av.Packet(arrival.packet.payload)):
            blocks += [f.to_ndarray()[0] for f in resampler.resample(frame)]
    return np.concatenate(blocks).astype(np.float32)


def pictures(arrivals: Sequence[Arrival]) -> list[tuple[int, NDArray[np.uint8]]]:
    """Decode the frames of one video codec: (arrival of the frame's last packet in µs, luma)."""
    codec = arrivals[0].codec
    strip = {"vp8": vp8_depayload, "vp9": _vp9_depayload, "h264": h264_depayload}[codec]
    frames: dict[int, bytes] = {}
    came: dict[int, int] = {}
    for arrival in arrivals:
        stamp = arrival.packet.timestamp
        frames[stamp] = frames.get(stamp, b"") + strip(arrival.packet.payload)
        came[stamp] = arrival.time_us
    decoder = av.CodecContext.create(codec, "r")
    decoder.thread_count = 1
    shown = []
    for number, data in enumerate(frames.values()):
        packet = av.Packet(data)
        packet.pts = number
        shown += decoder.decode(packet)
    shown += decoder.decode(None)
    times = list(came.values())
    return [(times[f.pts or 0], f.to_ndarray(format="gray")) for f in shown]


def _vp9_depayload(payload: bytes) -> bytes:
    """Skip the payload descriptor of RFC 9628, section 4.2."""
    flags, at = payload[0], 1
    picture_id, inter, layers, flexible, structure = (bool(flags & bit) for bit in (0x80, 0x40, 0x20, 0x10, 0x02))
    if picture_id:
        at += 2 if payload[at] & 0x80 else 1
    if layers:
        at += 1 if flexible else 2
    while flexible and inter:
        at += 1
        if not payload[at - 1] & 1:
            break
    if structure:
        head, at = payload[at], at + 1
        if head & 0x10:
            at += 4 * ((head >> 5) + 1)
        if head & 0x08:
            groups, at = payload[at], at + 1
            for _ in range(groups):
                at += 1 + ((payload[at] >> 2) & 3)
    return payload[at:]
