"""Owns what every depacketizer gives: a whole encoded frame that is not yet placed on session time."""

from __future__ import annotations


class EncodedFrame:
    """One whole frame. `media_time` in ticks, `arrival_us` of its last packet, `duration_us` 0 if only the next tells.

    `lost_before` counts the packets missing since the frame delivered before it.
    """

    __slots__ = ("arrival_us", "data", "duration_us", "keyframe", "lost_before", "media_time")

    def __init__(
        self, media_time: int, arrival_us: int, data: bytes, keyframe: bool, duration_us: int, lost_before: int
    ) -> None:
        self.media_time = media_time
        self.arrival_us = arrival_us
        self.data = data
        self.keyframe = keyframe
        self.duration_us = duration_us
        self.lost_before = lost_before
