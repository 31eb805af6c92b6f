"""Owns VP8 encoding for the composite: groups of pictures that stand alone, every packet one picture that is shown."""

from __future__ import annotations

from fractions import Fraction

import av
from av.container import OutputContainer
from av.video.stream import VideoStream

from roomtape.media.compose import MATRIX_BT601, RANGE_LIMITED

REORDER = 0
"""Pictures are shown in the order in which they are decoded."""
# No lookahead and no alternate references: such a picture is not shown, and reaches across what stands alone here. A
# negative speed is fixed; a positive one follows the machine's load, and no two renders would be alike.
OPTIONS = {
    "deadline": "realtime",
    "cpu-used": "-4",
    "lag-in-frames": "0",
    "auto-alt-ref": "0",
    "crf": "28",
    "qmin": "4",
    "qmax": "48",
    "static-thresh": "1",
}
# libvpx' threads wait for one another by spinning: on a busy machine two of them took up to six times the CPU of one.
THREADS = 1
PAGE: dict[str, str] = {}
_BITS_PER_PIXEL = 0.1
"""Ceiling of the bit rate at 30 frames a second; what `crf` asks for usually stays far below it."""


def open_stream(
    container: OutputContainer, width: int, height: int, fps: int, group: int, page: bool = False
) -> VideoStream:
    """Add a VP8 stream whose frames carry pts in ticks of 1/fps; at most `group` frames from keyframe to keyframe.

    A new stream begins with a keyframe and refers to nothing before it. `page` makes no difference: `OPTIONS` are good
    enough for its letters, and VP8 knows no colours but BT.601's (RFC 6386, 9.2).
    """
    stream = container.add_stream("libvpx", fps, options=OPTIONS)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.bit_rate = max(200_000, int(width * height * fps * _BITS_PER_PIXEL))
    context = stream.codec_context
    context.time_base = Fraction(1, fps)
    context.gop_size = group
    context.thread_count = THREADS
    context.colorspace, context.color_range = MATRIX_BT601, RANGE_LIMITED
    return stream


def encode(stream: VideoStream, frame: av.VideoFrame | None, tick: int = 0) -> list[av.Packet[VideoStream]]:
    """Encode the picture of `tick`; None ends the stream and gives what is left."""
    if frame is not None:
        frame.pts, frame.time_base = tick, stream.codec_context.time_base
    return stream.encode(frame)
