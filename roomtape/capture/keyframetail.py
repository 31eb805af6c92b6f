"""Owns seeing from a growing video file when a keyframe is needed: packets were lost, or the last one is long ago."""

from __future__ import annotations

from pathlib import Path

from roomtape.capture.mjr import CHUNK, MjrReader
from roomtape.rtp.depacketize import h264, vp8, vp9
from roomtape.rtp.packet import parse
from roomtape.rtp.reorder import Reorder
from roomtape.rtp.sequence import Unwrapper

EVERY_US = 15_000_000
"""A keyframe is due this long after the last one. What is lost then is asked for again in time for one in 20 s."""

FIRST_US = 1_000_000
"""The SFU asks for one itself when a capture begins; it is due again when none has come by then."""

_CODECS = {"vp8": vp8, "vp9": vp9, "h264": h264}


class KeyframeTail:
    """Follows the packets that come to `path` from now on. Times are those of their arrival.

    A file that is large already is entered at its end. A packet counts as lost when the reader of the capture gives it
    up (rtp/reorder.py), so that what NACKs have brought back in time costs no keyframe.
    """

    def __init__(self, path: Path) -> None:
        self._reader = MjrReader(path)
        self._order = Reorder()
        self._seq = Unwrapper(16)
        self._entered = False
        self._due_us: int | None = None
        self._newest_us = 0
        self.lost = False
        """Whether packets were lost and no keyframe has begun since."""

    @property
    def due(self) -> bool:
        """Tell whether a keyframe should be asked for, by what has arrived up to now."""
        return self._due_us is not None and self._newest_us >= self._due_us

    def poll(self) -> bool:
        """Read what is new, which is cheap when nothing is; tell whether something was."""
        records = self._reader.poll()
        if records and not self._entered:
            self._entered = True
            if not self._reader.at_end:
                self._reader.leap_to_end()
                return False
        header = self._reader.header
        codec = _CODECS.get(header.codec) if header else None
        if codec is None:
            return False
        came = bool(records)
        while records:
            if self._due_us is None:
                self._due_us = records[0][0] + FIRST_US
            for arrival_us, data in records:
                packet = parse(data)
                if packet is None:
                    continue
                packet.arrival_us = arrival_us
                for ordered, missing in self._order.push(self._seq.unwrap(packet.seq), packet):
                    if missing:
                        self.lost, self._due_us = True, 0
                    if ordered.payload and codec.starts_keyframe(ordered.payload):
                        self.lost, self._due_us = False, ordered.arrival_us + EVERY_US
            self._newest_us = records[-1][0]
            records = [] if self._reader.at_end else self._reader.poll(CHUNK)
        return came
