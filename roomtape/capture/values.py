"""Owns the values that reading a capture log gives: tracks, frames, gaps and intervals, all on one clock.

Every time is session time: wall-clock microseconds since the Unix epoch, jitter removed (see rtp/mediatime.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from roomtape.capture.events import MediaKind, StreamKind
from roomtape.rtp.depacketize.frame import Frame as Frame


@dataclass(frozen=True, order=True)
class TrackKey:
    """One m-line of one peer; all its takes together are one track."""

    peer_id: str
    mindex: int


@dataclass(frozen=True)
class TrackInfo:
    """What a track is: `codec` in lower case (opus, vp8, vp9, h264), `clock_rate` in Hz."""

    key: TrackKey
    kind: MediaKind
    source: StreamKind
    codec: str
    clock_rate: int


class GapCause(StrEnum):
    """Why a stretch of a track has no media."""

    NETWORK = "network"  # packets were sent (sequence numbers are missing) or stopped without a word
    MUTED = "muted"
    SENDER_STOPPED = "sender_stopped"  # silence on the wire with no packet missing after it
    PAUSED = "paused"
    NOT_CAPTURED = "not_captured"  # no take was running
    SERVER_DOWN = "server_down"
    # Of a recorded page:
    CRASHED = "crashed"
    HUNG = "hung"
    BLANK = "blank"
    GONE = "gone"  # its browser
    MEMORY = "memory"  # it took more than it may


@dataclass(frozen=True)
class Gap:
    """No media from `start_us` to `end_us`; `lost` packets are missing by their sequence numbers."""

    start_us: int
    end_us: int
    cause: GapCause
    lost: int = 0


@dataclass(frozen=True)
class Interval:
    """A stretch of session time, `end_us` excluded."""

    start_us: int
    end_us: int

    @property
    def duration_us(self) -> int:
        return self.end_us - self.start_us


@dataclass(frozen=True)
class PeerSpan:
    """A peer's presence; `left_us` None while it is there. `name` is the one it came with.

    `away` are the stretches, (left, came back) in µs, of a peer that was given up and came back under the same id.
    """

    peer_id: str
    participant_id: str
    custom_participant_id: str | None
    name: str
    picture: str | None
    hidden: bool
    joined_us: int
    left_us: int | None
    away: tuple[tuple[int, int], ...] = ()

    def present_at(self, t_us: int) -> bool:
        """Tell whether the peer was there at a moment."""
        if t_us < self.joined_us or (self.left_us is not None and t_us >= self.left_us):
            return False
        return not any(left <= t_us < back for left, back in self.away)


@dataclass(frozen=True)
class TrackStats:
    """What lies on disk of a track. `lost` packets never came in time, `late` came after they were given up.

    `frames` are whole frames and `dropped` those that were not whole; `bytes` counts the media in whole frames.
    `first_us` is when the first frame begins, `last_us` when the last one ends; None without frames. `damage` says in
    words what is wrong with the files.
    """

    packets: int
    lost: int
    late: int
    duplicates: int
    frames: int
    dropped: int
    bytes: int
    first_us: int | None
    last_us: int | None
    damage: tuple[str, ...]


@dataclass(frozen=True)
class SyncError:
    """How far a track's media lie from where they should, as known afterwards: by the least network delay around them.

    Judged once for each second with media (rtp/syncerror.py): the error that 95 percent of the seconds do not exceed,
    and the greatest, in ms with a resolution of 0.1; None without media. `drift_ppm`: by how much the sender's clock is
    faster than the SFU's, None for less than a minute without a jump. `jumps`: how often the sender's clock jumped or
    stood still, or its path became suddenly slower, so that media were placed anew.
    """

    p95_ms: float | None
    max_ms: float | None
    drift_ppm: float | None
    jumps: int
