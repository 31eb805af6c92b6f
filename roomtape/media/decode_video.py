"""Owns the decoding of one video track: encoded frames in, the picture to show out, whatever happens on the way."""

from __future__ import annotations

import av
from av.codec.context import Flags

from roomtape.capture.values import Frame
from roomtape.errors import RenderError

CODECS = frozenset({"vp8", "vp9", "h264"})
HOLD_AFTER_LOSS_US = 2_000_000
"""A picture predicted from a lost one is smeared: the last good one stays until a keyframe repairs it. A sender that
sends no keyframe is shown again after this time: a smeared picture tells more than a frozen one."""


class VideoDecoder:
    """Decodes one track. `picture` is what to show now (None before the first keyframe); `version` counts its changes.

    Nothing a sender sends makes it raise: what cannot be decoded, or only with blocks made up, leaves the picture as it
    is, and is counted in `damaged`. (Of VP8 and VP9 a frame with wrong bytes that still make sense cannot be told.)
    """

    def __init__(self, codec: str) -> None:
        """Raise RenderError for a codec that cannot be decoded."""
        if codec not in CODECS:
            raise RenderError(f"video of codec {codec!r} cannot be decoded; known are {', '.join(sorted(CODECS))}")
        self.picture: av.VideoFrame | None = None
        self.version = 0
        self.damaged = 0
        self._codec = codec
        self._context = self._open()
        self._started = False
        self._hold_until_us: int | None = None

    def decode(self, frame: Frame) -> None:
        """Take the next frame of the track, in order."""
        if frame.keyframe:
            if not self._started or self._hold_until_us is not None:
                self._context.flush_buffers()
            self._started, self._hold_until_us = True, None
        elif not self._started:
            return
        elif frame.lost_before and self._hold_until_us is None:
            self._hold_until_us = frame.time_us + HOLD_AFTER_LOSS_US
        pictures = _decoded(self._context, frame.data)
        if pictures is None:
            self.damaged += 1
            self._hold_until_us = self._hold_until_us or frame.time_us + HOLD_AFTER_LOSS_US
        elif pictures and (self._hold_until_us is None or frame.time_us >= self._hold_until_us):
            self.picture = pictures[-1]
            self.version += 1

    def takes(self, keyframe: Frame) -> bool:
        """Tell whether a keyframe is whole, so that nothing before it is needed. Changes nothing."""
        return bool(_decoded(self._open(), keyframe.data))

    def _open(self) -> av.VideoCodecContext:
        context = av.CodecContext.create(self._codec, "r")
        assert isinstance(context, av.VideoCodecContext)
        # One thread costs the least CPU and has no delay of its own; the tiles of a picture are the parallelism.
        context.thread_count = 1
        # WebRTC sends no reordered frames (RFC 7742, constrained baseline): each access unit gives its picture at once.
        context.flags |= int(Flags.low_delay)
        return context


def _decoded(context: av.VideoCodecContext, data: bytes) -> list[av.VideoFrame] | None:
    """Return the pictures of a frame, None if it is damaged."""
    try:
        pictures = context.decode(av.Packet(data))
    except av.FFmpegError:
        return None
    return None if pictures and pictures[-1].is_corrupt else pictures
