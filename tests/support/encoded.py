"""Owns small encoded pictures for tests: a moving ramp, so that frames differ and decode to what went in."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Literal

import av
import numpy as np

VideoCodec = Literal["vp8", "vp9", "h264"]

_ENCODERS: dict[VideoCodec, tuple[str, dict[str, str]]] = {
    "vp8": ("libvpx", {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "b": "2M"}),
    "vp9": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "b": "2M"}),
    "h264": ("libx264", {"preset": "ultrafast", "tune": "zerolatency", "crf": "10"}),
}


@cache
def encoded_video(
    codec: VideoCodec, frames: int = 30, width: int = 320, height: int = 240, gop: int = 30
) -> tuple[bytes, ...]:
    """Return `frames` encoded frames (H.264 in Annex B form), a keyframe every `gop`; noise makes them span packets."""
    name, options = _ENCODERS[codec]
    context = av.CodecContext.create(name, "w")
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base = Fraction(1, 30)
    context.gop_size = gop
    context.max_b_frames = 0
    context.options = options
    noise = np.random.RandomState(1)
    out: list[bytes] = []
    for number in range(frames):
        picture = noise.randint(0, 60, (height, width, 3), dtype=np.uint8)
        picture[:, : width * (number + 1) // frames] += 150
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
        frame.pts = number
        out += [bytes(packet) for packet in context.encode(frame)]
    return (*out, *(bytes(packet) for packet in context.encode(None)))


def decoded(codec: str, frames: list[bytes]) -> list[np.ndarray]:
    """Decode frames and return their luma planes."""
    context = av.CodecContext.create(codec, "r")
    pictures = [f for data in frames for f in context.decode(av.Packet(data))] + list(context.decode(None))
    return [p.to_ndarray(format="gray") for p in pictures]
