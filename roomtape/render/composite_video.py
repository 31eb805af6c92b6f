"""Owns what a video track shows at a moment: it is read as far as needed, and decoded only while somebody sees it."""

from __future__ import annotations

from collections import deque
from zlib import crc32

from roomtape.capture.tracks import TrackReader
from roomtape.capture.values import Frame
from roomtape.media.compose import VideoFrame
from roomtape.media.decode_video import CODECS, VideoDecoder

_CHUNK_US = 60_000_000


class VideoFeed:
    """One video track: read as far as needed, decoded only while somebody sees it, from the last keyframe on."""

    def __init__(self, reader: TrackReader) -> None:
        self._reader = reader
        self._decoder: VideoDecoder | None = None
        self._due: deque[Frame] = deque()
        self._skipped: list[Frame] = []
        self._trace: deque[tuple[int, int]] = deque()
        self._before = self._chain = 0
        self.last_us: int | None = None

    def read(self, start_us: int, until_us: int) -> None:
        """Read frames before session time `until_us`; what no moment from `start_us` on needs is thrown away."""
        first = self._reader.next_us()
        while first is not None and first < until_us:
            frames = self._reader.read(min(until_us, first + _CHUNK_US))
            self._due.extend(frames)
            self._remember(frames, start_us)
            self.pass_over(start_us)
            first = self._reader.next_us()
        self._remember([], start_us)

    def digest(self) -> int:
        """Return a number that stands for the frames which make the pictures of what was read for last.

        Those are the frames since the last keyframe before it; 0 without any.
        """
        crc = self._before
        for _, chain in self._trace:
            crc = crc32(chain.to_bytes(4), crc)
        return crc

    def _remember(self, frames: list[Frame], start_us: int) -> None:
        chain, trace = self._chain, self._trace
        for frame in frames:
            place = frame.time_us * 2 + (frame.lost_before > 0)
            chain = crc32(frame.data, crc32(place.to_bytes(9, signed=True), 0 if frame.keyframe else chain))
            trace.append((frame.time_us, chain))
        while trace and trace[0][0] <= start_us:
            self._before = trace.popleft()[1]
        self._chain = chain

    def pass_over(self, t_us: int) -> None:
        """Go on to session time `t_us` without decoding; what the next picture is predicted from is kept."""
        while self._due and self._due[0].time_us <= t_us:
            frame = self._due.popleft()
            if frame.keyframe:
                self._skipped.clear()
            self._skipped.append(frame)
            self.last_us = frame.time_us

    def show(self, t_us: int, hold_us: int) -> tuple[VideoFrame, int] | None:
        """Return the picture at session time `t_us` and its version, None if there is none or it is too old."""
        self.pass_over(t_us)
        if self.last_us is None or t_us - self.last_us >= hold_us:
            return None
        decoder = self._decoder
        if decoder is None:
            # The codec is known only once something of the track has been read.
            codec = self._reader.info.codec
            if codec not in CODECS:
                return None
            decoder = self._decoder = VideoDecoder(codec)
        for frame in self._skipped:
            decoder.decode(frame)
        self._skipped.clear()
        return None if decoder.picture is None else (decoder.picture, decoder.version)
