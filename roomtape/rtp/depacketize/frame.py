"""Owns what every depacketizer gives: a whole encoded frame that is not yet placed on session time."""

from __future__ import annotations


class EncodedFrame:
    """One whole frame. `media_time` in ticks, `arrival_us` of its last packet, `duration_us` 0 if only the next tells.

    `lost_before` counts the packets missing since the frame delivered before it. `level` and `rotation` are what the
    header extensions say (rtp/audiolevel.py, rtp/orientation.py).
    """

    __slots__ = ("arrival_us", "data", "duration_us", "keyframe", "level", "lost_before", "media_time", "rotation")

    def __init__(
        self,
        media_time: int,
        arrival_us: int,
        data: bytes,
        keyframe: bool,
        duration_us: int,
        lost_before: int,
        level: int | None = None,
        rotation: int = 0,
    ) -> None:
        self.media_time = media_time
        self.arrival_us = arrival_us
        self.data = data
        self.keyframe = keyframe
        self.duration_us = duration_us
        self.lost_before = lost_before
        self.level = level
        self.rotation = rotation
