"""Owns reading one `.mjr` file as frames on session time: packets → order → clock → whole frames."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from pathlib import Path

from roomtape.capture.mjr import CHUNK, MjrHeader, MjrReader
from roomtape.capture.values import Frame
from roomtape.rtp import audiolevel, capturetime, orientation
from roomtape.rtp.capturetime import CaptureTimes
from roomtape.rtp.depacketize import h264, opus, vp8, vp9
from roomtape.rtp.mediatime import MediaClock
from roomtape.rtp.packet import parse
from roomtape.rtp.reorder import Ordered, Reorder
from roomtape.rtp.sequence import Unwrapper
from roomtape.rtp.syncerror import SyncMeter

CODECS = {"opus": opus, "vp8": vp8, "vp9": vp9, "h264": h264}

VIDEO_FRAME_US = 33_333
"""How long a video frame is taken to last when no other follows it."""


class TakeFile:
    """One file as a stream of frames in the order they were sent, placed on session time.

    `frames` is the queue of what has been read and placed and not been taken out. Everything in it depends on the
    file's content alone, except that `resolve` places what would otherwise wait for packets to come.
    """

    def __init__(
        self, path: Path, floor_us: int = 0, extension_id: int | None = None, capture_time_id: int | None = None
    ) -> None:
        """`floor_us`: nothing is placed before it (the end of the take before).

        `extension_id`: that of the audio level or the video orientation. Without it or `capture_time_id` the file's
        own header is asked.
        """
        self.mjr = MjrReader(path)
        self.frames: deque[Frame] = deque()
        self.released_us: int | None = None
        self.last_arrival_us: int | None = None
        self.malformed = 0
        self.order = Reorder()
        self.supported = True
        self._floor = floor_us
        self._extension_id = extension_id
        self._capture_time_id = capture_time_id
        self._captured: CaptureTimes | None = None
        self._seq = Unwrapper(16)
        self._ticks = Unwrapper(32)
        self._clock: MediaClock | None = None
        self._depacketizer: opus.Depacketizer | vp8.Depacketizer | vp9.Depacketizer | h264.Depacketizer | None = None
        self._pending: list[Frame] = []

    @property
    def header(self) -> MjrHeader | None:
        return self.mjr.header

    @property
    def dropped(self) -> int:
        """Frames that were not whole."""
        return self._depacketizer.dropped if self._depacketizer else 0

    @property
    def jumps(self) -> int:
        """How often the sender's clock jumped."""
        return self._clock.jumps if self._clock else 0

    @property
    def measured(self) -> SyncMeter:
        """How well what was read has been placed."""
        return self._clock.measured() if self._clock else SyncMeter()

    @property
    def undecided(self) -> bool:
        """Tell whether something has been read that is not in `frames` yet."""
        return bool(self._pending) or self.order.waiting

    def pump(self, max_bytes: int = CHUNK) -> bool:
        """Read and place the next chunk of the file; False at its present end."""
        records = self.mjr.poll(max_bytes)
        if not records:
            return False
        if self._clock is None:
            self._open()
        push, unwrap = self.order.push, self._seq.unwrap
        ordered: list[Ordered] = []
        for arrival_us, data in records:
            packet = parse(data)
            if packet is None:
                self.malformed += 1
                continue
            packet.arrival_us = arrival_us
            ordered += push(unwrap(packet.seq), packet)
        self._take(ordered)
        self.last_arrival_us = records[-1][0]
        return True

    def advance(self, arrival_us: int) -> None:
        """Say that every packet still to come arrived at `arrival_us` or later; places what that decides."""
        ordered = self.order.advance(arrival_us)
        if ordered:
            self._take(ordered)
        if self._clock is not None and self._clock.held:
            self._clock.advance(arrival_us)
            if not self._clock.held:
                self._place_pending()

    def resolve(self) -> None:
        """Place everything read so far, as if no packet were to come; packets that do come are read on."""
        self._take(self.order.flush())
        if self._depacketizer is not None:
            self._pending.extend(self._depacketizer.flush())
        if self._clock is not None:
            self._clock.decide()
            self._place_pending()

    def _open(self) -> None:
        header = self.mjr.header
        assert header is not None
        codec = CODECS.get(header.codec)
        self.supported = codec is not None
        rate = codec.CLOCK_RATE if codec else 48_000
        self._clock = MediaClock(rate, self._floor)
        named = {uri: ident for ident, uri in header.extensions.items()}
        if captured := self._capture_time_id or named.get(capturetime.URI):
            self._captured = CaptureTimes(captured, rate)
        if codec is not None:
            wanted = audiolevel.URI if header.codec == "opus" else orientation.URI
            self._depacketizer = codec.Depacketizer(header.fmtp, self._extension_id or named.get(wanted))

    def _take(self, ordered: list[Ordered]) -> None:
        clock, depacketizer, pending = self._clock, self._depacketizer, self._pending
        if clock is None or depacketizer is None:
            return
        unwrap, push, follow, place = self._ticks.unwrap, depacketizer.push, clock.push, self._place
        captured = self._captured
        for packet, lost in ordered:
            media_time = unwrap(packet.timestamp)
            if captured is not None:
                media_time += captured.missing(packet, media_time)
            packet.media_time = media_time
            if packet.payload:  # padding carries the time of some earlier frame
                if clock.held:
                    clock.foresee(packet.arrival_us, media_time)
                    if not clock.held:
                        self._place_pending()
                follow(packet.arrival_us, media_time)
            frames = push(packet, lost)
            if clock.held or pending:
                pending += frames
                if not clock.held:
                    self._place_pending()
            elif frames:
                place(frames)

    def _place_pending(self) -> None:
        self._place(self._pending)
        self._pending.clear()

    def _place(self, frames: Iterable[Frame]) -> None:
        clock = self._clock
        assert clock is not None
        place, append = clock.place, self.frames.append
        released_us = self.released_us
        for frame in frames:
            time_us = frame.time_us = place(frame.media_time)
            append(frame)
            end_us = time_us + frame.duration_us
            if released_us is None or end_us > released_us:
                self.released_us = released_us = end_us
