"""Owns VP9 encoding for the composite: groups of pictures that stand alone, every packet one picture that is shown."""

from __future__ import annotations

from fractions import Fraction

import av
from av.container import OutputContainer
from av.video.stream import VideoStream

from roomtape.media.compose import MATRIX_BT601, MATRIX_BT709, RANGE_LIMITED

REORDER = 0
"""Pictures are shown in the order in which they are decoded."""
# No lookahead and no alternate references: such a picture is not shown, and reaches across what stands alone here.
OPTIONS = {
    "deadline": "realtime",
    "cpu-used": "8",
    "lag-in-frames": "0",
    "auto-alt-ref": "0",
    "tile-columns": "1",
    "crf": "36",
    "b": "0",
    "aq-mode": "0",
}
# A second thread finishes a little sooner for a quarter more CPU.
THREADS = 1
PAGE: dict[str, str] = {}


def open_stream(
    container: OutputContainer, width: int, height: int, fps: int, group: int, page: bool = False
) -> VideoStream:
    """Add a VP9 stream whose frames carry pts in ticks of 1/fps; at most `group` frames from keyframe to keyframe.

    A new stream begins with a keyframe and refers to nothing before it. `page`: its colours are BT.709's; `OPTIONS` are
    good enough for its letters.
    """
    stream = container.add_stream("libvpx-vp9", fps, options=OPTIONS)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    context = stream.codec_context
    context.time_base = Fraction(1, fps)
    context.gop_size = group
    context.thread_count = THREADS
    context.colorspace, context.color_range = MATRIX_BT709 if page else MATRIX_BT601, RANGE_LIMITED
    return stream


def encode(stream: VideoStream, frame: av.VideoFrame | None, tick: int = 0) -> list[av.Packet[VideoStream]]:
    """Encode the picture of `tick`; None ends the stream and gives what is left."""
    if frame is not None:
        frame.pts, frame.time_base = tick, stream.codec_context.time_base
    return stream.encode(frame)
