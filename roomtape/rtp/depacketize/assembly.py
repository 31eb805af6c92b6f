"""Owns putting a video frame together from packets that share a timestamp; the codecs say where a frame begins."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from roomtape.rtp.depacketize.frame import Frame
from roomtape.rtp.orientation import Orientation
from roomtape.rtp.packet import Packet


class Assembly(ABC):
    """Collects the pieces of one frame after another and gives whole ones only.

    A frame ends with the packet that has the marker, or where the timestamp changes with nothing missing. A codec
    derives from it and offers `_take` (append the packet's pieces to `_parts`) and `_finish` (make the frame's bytes).
    `extension_id`: the id of the video orientation among the header extensions, None where it is not sent.
    """

    __slots__ = (
        "_arrival_us",
        "_broken",
        "_lost",
        "_media_time",
        "_open",
        "_orientation",
        "_parts",
        "dropped",
    )

    def __init__(self, fmtp: str = "", extension_id: int | None = None) -> None:
        self._orientation = Orientation(extension_id) if extension_id else None
        self._parts: list[bytes] = []
        self._media_time = 0
        self._arrival_us = 0
        self._open = False
        self._broken = False
        self._lost = 0
        self.dropped = 0

    def push(self, packet: Packet, lost: int) -> Sequence[Frame]:
        """Take the next packet, with the number of packets missing directly before it; return whole frames."""
        if lost:
            self._lost += lost
        if not packet.payload:  # padding that probes the bandwidth
            if lost:
                self._broken = True
            return ()
        before: Frame | None = None
        if not self._open or packet.media_time != self._media_time:
            if self._open:
                before = self._end(whole=not lost)
            self._begin(packet)
            if not self._starts(packet.payload):
                self._broken = True
        elif lost:
            self._broken = True
        if not self._broken and not self._take(packet.payload):
            self._broken = True
        self._arrival_us = packet.arrival_us
        if self._orientation is not None:
            self._orientation.follow(packet)
        if not packet.marker:
            return () if before is None else (before,)
        frame = self._end(whole=True)
        if before is None:
            return () if frame is None else (frame,)
        return (before,) if frame is None else (before, frame)

    def flush(self) -> Sequence[Frame]:
        """Return what is whole when no packet is to come: nothing, since a frame without its end may lack the rest."""
        if self._open:
            self._end(whole=False)
        return ()

    def _begin(self, packet: Packet) -> None:
        self._open = True
        self._broken = False
        self._media_time = packet.media_time
        self._parts = []

    def _end(self, whole: bool) -> Frame | None:
        self._open = False
        made = self._finish() if whole and not self._broken and self._parts else None
        self._parts = []
        if made is None:
            self.dropped += 1
            return None
        data, keyframe = made
        turned = self._orientation.rotation if self._orientation is not None else 0
        frame = Frame(0, self._arrival_us, self._media_time, data, keyframe, 0, self._lost, None, turned)
        self._lost = 0
        return frame

    @abstractmethod
    def _starts(self, payload: bytes) -> bool:
        """Tell whether this payload begins a frame."""

    @abstractmethod
    def _take(self, payload: bytes) -> bool:
        """Add the payload to the frame; False if it is malformed."""

    @abstractmethod
    def _finish(self) -> tuple[bytes, bool] | None:
        """Return the frame's bytes and whether it is a keyframe; None if it cannot be decoded."""
