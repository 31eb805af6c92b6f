"""Owns naming the gaps of a track: stretches without media inside its peer's presence, each with its cause."""

from __future__ import annotations

from dataclasses import dataclass, field

from roomtape.capture.events import MediaKind
from roomtape.capture.troubles import Trouble
from roomtape.capture.values import Gap, GapCause

AUDIO_US = 60_000
"""Shortest hole of an audio track that counts when packets are missing: three frames of 20 ms."""

DTX_US = 400_000
"""With nothing to say, an Opus sender sends one packet in 400 ms; holes of that length are its silence."""

VIDEO_US = 1_000_000
"""Shortest hole of a video track that counts: screen shares send as little as one picture a second."""

Span = tuple[int, int | None]


@dataclass(frozen=True, slots=True)
class Hole:
    """Where one frame ended and the next one began, with `lost` packets missing in between."""

    start_us: int
    end_us: int
    lost: int


@dataclass(frozen=True)
class Circumstances:
    """What the event log knows about the time around a track's holes; ends that are open are None.

    `vanished`: from the last media of a peer that was given up for want of packets to its leaving. `troubles`: of the
    page that the track brings.
    """

    takes: list[Span]
    muted: list[Span]
    paused: list[Span]
    down: list[Span]
    vanished: list[Span] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)


def matters(kind: MediaKind, length_us: int, lost: int) -> bool:
    """Tell whether a hole of this length counts as a gap."""
    if kind == "video":
        return length_us > VIDEO_US
    return length_us > (AUDIO_US if lost else DTX_US + AUDIO_US)


def name_gaps(kind: MediaKind, holes: list[Hole], around: Circumstances) -> list[Gap]:
    """Return the gaps that the holes make: split where no take was running, each part with its cause."""
    gaps = []
    for hole in holes:
        for start, end, captured in _split(hole, around.takes):
            lost = hole.lost if captured else 0
            if captured and not matters(kind, end - start, lost):
                continue
            if not captured and end - start <= AUDIO_US:
                continue
            gaps.append(Gap(start, end, _cause(start, end, captured, lost, around), lost))
    return gaps


def _split(hole: Hole, takes: list[Span]) -> list[tuple[int, int, bool]]:
    """Cut a hole where takes begin and end; each part says whether a take was running."""
    parts: list[tuple[int, int, bool]] = []
    at = hole.start_us
    for start, end in sorted(takes, key=lambda span: span[0]):
        stop = hole.end_us if end is None else min(end, hole.end_us)
        if stop <= at:
            continue
        if start >= hole.end_us:
            break
        if start > at:
            parts.append((at, start, False))
            at = start
        parts.append((at, stop, True))
        at = stop
    if at < hole.end_us:
        parts.append((at, hole.end_us, False))
    return parts


def _cause(start: int, end: int, captured: bool, lost: int, around: Circumstances) -> GapCause:
    trouble = _trouble(start, end, around.troubles)
    if not captured:
        if _covered(start, end, around.down):
            return GapCause.SERVER_DOWN
        return GapCause.PAUSED if _covered(start, end, around.paused) else trouble or GapCause.NOT_CAPTURED
    if trouble is not None:
        return trouble
    if _covered(start, end, around.muted):
        return GapCause.MUTED
    if lost or _covered(start, end, around.vanished):
        return GapCause.NETWORK
    if _covered(start, end, around.down):
        return GapCause.SERVER_DOWN
    return GapCause.SENDER_STOPPED


def _trouble(start: int, end: int, troubles: list[Trouble]) -> GapCause | None:
    """Return the trouble that was there for most of the stretch, however short: it is noticed after it began."""
    longest, found = 0, None
    for trouble in troubles:
        length = min(end, end if trouble.end_us is None else trouble.end_us) - max(start, trouble.start_us)
        if trouble.cause is not None and length > longest:
            longest, found = length, trouble.cause
    return found


def _covered(start: int, end: int, spans: list[Span]) -> bool:
    """Tell whether the spans cover more than half of the stretch."""
    total = sum(
        max(0, min(end, end if stop is None else stop) - max(start, begin)) for begin, stop in spans if begin < end
    )
    return 2 * total > end - start
