"""Owns what a video track shows at a moment: it is read as far as needed, and decoded only while somebody sees it."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple
from zlib import crc32

from roomtape.capture.tracks import TrackReader
from roomtape.capture.values import Frame
from roomtape.media.compose import VideoFrame
from roomtape.media.decode_video import CODECS, VideoDecoder

_CHUNK_US = 10_000_000
_TICK_US = 33_000
"""What is damaged so shortly before the first moment of a segment counts for that segment: nobody saw it before."""
_FEW = 4
"""So many frames are sooner decoded than it is found out whether they can be left out."""


class Shown(NamedTuple):
    """A picture, its version (another number for another picture), and by how many degrees it is to be turned."""

    picture: VideoFrame
    version: int
    rotation: int


class VideoFeed:
    """One video track: read as far as needed, decoded only while somebody sees it, from the last keyframe on.

    A keyframe that turns out to be damaged leaves the picture before it standing; so that whoever enters the track
    there shows the same, the frames since the keyframe before it are kept too.
    """

    def __init__(self, reader: TrackReader) -> None:
        self._reader = reader
        self._decoder: VideoDecoder | None = None
        self._due: deque[Frame] = deque()
        self._skipped: list[Frame] = []
        self._older: list[Frame] = []
        self._count_after_us = 0
        self._damaged = 0
        self._trace: deque[tuple[int, int]] = deque()
        self._before = self._chain = 0
        self._rotation = 0
        self.last_us: int | None = None

    def read(self, start_us: int, until_us: int) -> None:
        """Read frames before session time `until_us`; what no moment from `start_us` on needs is thrown away."""
        self._count_after_us = start_us - _TICK_US
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
            place = (frame.time_us * 2 + (frame.lost_before > 0)) * 4 + frame.rotation // 90
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
                self._older, self._skipped = self._skipped, []
            self._skipped.append(frame)
            self.last_us = frame.time_us

    def take_damaged(self) -> int:
        """Return how many frames, of the moments read for, could not be decoded since this was asked last."""
        found, self._damaged = self._damaged, 0
        return found

    def next_keyframe_us(self) -> int | None:
        """Return when the next keyframe comes, None if there is none in what was read."""
        return next((frame.time_us for frame in self._due if frame.keyframe), None)

    def show(self, t_us: int, hold_us: int | None = None) -> Shown | None:
        """Return what is to be seen at session time `t_us`, None if there is nothing or it is older than `hold_us`."""
        self.pass_over(t_us)
        if self.last_us is None or (hold_us is not None and t_us - self.last_us >= hold_us):
            return None
        decoder = self._decoder
        if decoder is None:
            # The codec is known only once something of the track has been read.
            codec = self._reader.info.codec
            if codec not in CODECS:
                return None
            decoder = self._decoder = VideoDecoder(codec)
        if self._skipped:
            self._decode(decoder)
        return None if decoder.picture is None else Shown(decoder.picture, decoder.version, self._rotation)

    def _decode(self, decoder: VideoDecoder) -> None:
        """Decode what was passed over, from the last keyframe on if it is whole."""
        if len(self._older) <= _FEW or not decoder.takes(self._skipped[0]):
            self._skipped[:0] = self._older
        for frame in self._skipped:
            damaged, version = decoder.damaged, decoder.version
            decoder.decode(frame)
            if decoder.version != version:
                self._rotation = frame.rotation
            if frame.time_us > self._count_after_us:
                self._damaged += decoder.damaged - damaged
        self._skipped.clear()
        self._older = []
