"""Owns H.264 encoding for the composite: closed groups of pictures, the same parameter sets in every segment."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
from av.codec.context import Flags
from av.container import OutputContainer
from av.video.stream import VideoStream

from roomtape.media.compose import MATRIX_BT601, MATRIX_BT709, RANGE_LIMITED

REORDER = 2
"""Frames by which decoding order runs ahead of showing order: x264's B-pyramid, which `veryfast` uses."""
OPTIONS = {"preset": "veryfast", "crf": "23", "profile": "high"}
PAGE = {"crf": "20"}
"""What is different for a page, which is looked at closely: its small letters have 38 dB then, as in VP8 and VP9, where
`OPTIONS` alone give them 36, for 1.4 times the bytes and no more CPU (docs/decisions/0016)."""
# A fixed number, because x264's output depends on it: the same capture gives the same file on every machine. Two
# let one core encode while the other decodes, for 1 % more CPU than one thread.
THREADS = 2
_BT709 = 1  # AVCOL_PRI_BT709, AVCOL_TRC_BT709: what cameras and screens deliver, whichever the matrix


def open_stream(
    container: OutputContainer, width: int, height: int, fps: int, group: int, page: bool = False
) -> VideoStream:
    """Add an H.264 stream whose frames carry pts in ticks of 1/fps; at most `group` frames from keyframe to keyframe.

    A new stream begins with an IDR picture and refers to nothing before it. `page`: its letters have to be
    read, and its colours are BT.709's.
    """
    options = OPTIONS | (PAGE if page else {}) | vectors(width, _processor())
    stream = container.add_stream("libx264", fps, options=options)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    context = stream.codec_context
    context.time_base = Fraction(1, fps)
    context.gop_size = group
    context.thread_count = THREADS
    context.colorspace, context.color_range = MATRIX_BT709 if page else MATRIX_BT601, RANGE_LIMITED
    context.color_primaries = context.color_trc = _BT709
    context.flags |= int(Flags.global_header) | int(Flags.closed_gop)
    return stream


def vectors(width: int, processor: str) -> dict[str, str]:
    """Return the options for pictures of `width` on a machine with the capabilities that `processor` lists.

    Where half a row is no whole number of 64 bytes, x264's AVX-512 code takes memory into account that nobody has
    written: of fifty runs at 360x640 one gave other packets, in each of six tries, and at 960x540 every second one.
    With AVX2 none did (it takes 3 % more CPU), and none at widths of 128, 640, 1280 and 1920.
    """
    if width % 128 == 0 or "avx512" not in processor:
        return {}
    return {"x264-params": "asm=MMX2,SSE2Fast,SSSE3,SSE4.2,LZCNT,AVX,FMA3,BMI2,AVX2"}


@lru_cache(maxsize=1)
def _processor() -> str:
    try:
        return Path("/proc/cpuinfo").read_text()
    except OSError:
        return ""


def encode(stream: VideoStream, frame: av.VideoFrame | None, tick: int = 0) -> list[av.Packet[VideoStream]]:
    """Encode the picture of `tick`; None ends the stream and gives what is left."""
    if frame is not None:
        frame.pts, frame.time_base = tick, stream.codec_context.time_base
    return stream.encode(frame)
